"""What a question is: its figures, its answers, and whether it has been answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ads.models import Campaign
from ads.services.imports.refusals import ImportRefused

#: Rows that are listed; the rest are counted.
SHOWN: Final = 100

#: The option of the command for each question that is answered by more than a yes.
_OPTIONS: Final = {"overlap": "--on-overlap", "left_out": "--left-out"}

_TITLES: Final = {
    "overlap": "Overlap: other sources have reported these days",
    "finer": "Finer than a campaign",
    "lowered": "Lower than on record",
    "left_out": "Left out by this file",
    "starts": "Paused campaigns would start",
}


@dataclass(frozen=True, slots=True)
class Question:
    """Something about a file that a person decides before it is recorded."""

    #: A code of :data:`ads.services.imports.plan.ANSWERS`.
    code: str
    #: The figures in a sentence or two.
    text: str
    #: What each answer does.
    choices: Mapping[str, str]
    #: What is confirmed: text, or the ids of campaigns. As JSON.
    figures: str | list[int]
    #: A table of the figures: the names of its columns, the last ``numbers`` of which are numbers,
    #: and the first of its ``count`` rows.
    columns: tuple[str, ...] = ()
    numbers: int = 0
    rows: Sequence[Sequence[str]] = ()
    count: int = 0
    #: Whether it arises depends on the answers to others, so it may be left open at first.
    depends: bool = False

    @property
    def title(self) -> str:
        return _TITLES[self.code]

    def option(self, answer: str) -> str:
        """How the command is given this answer: "--on-overlap add", "--accept finer"."""
        return f"{_OPTIONS.get(self.code, '--accept')} {answer.replace('accept', self.code)}"

    @property
    def options(self) -> str:
        """How the command is given an answer: "--on-overlap add, replace or skip"."""
        if self.code not in _OPTIONS:
            return f"{'perhaps ' if self.depends else ''}--accept {self.code}"
        *others, last = self.choices
        return f"{_OPTIONS[self.code]} {' or '.join([*filter(None, [', '.join(others)]), last])}"

    def is_answered(self, answers: Mapping[str, str], seen: Mapping[str, Any] | None) -> bool:
        """Do these answers count? Where figures were ``seen``, by code, only if they are the same.

        Fewer campaigns may start than were seen.
        """
        if answers.get(self.code) not in self.choices:
            return False
        if seen is None:
            return True
        before = seen.get(self.code)
        if isinstance(self.figures, list):
            return set(self.figures) <= set(before or ())
        return self.figures == before

    def as_dict(self, answers: Mapping[str, str]) -> dict[str, Any]:
        """As it is stored with an import, with its answer if it has one."""
        return {
            "code": self.code,
            "title": self.title,
            "text": self.text,
            "choices": list(self.choices.items()),  # in order, which JSON's objects are not
            "figures": self.figures,
            "columns": self.columns,
            "numbers": self.numbers,
            "rows": self.rows,
            "count": self.count,
            "depends": self.depends,
            "answer": answers.get(self.code),
        }


class Unanswered(ImportRefused):
    """The file raises ``questions`` that nobody has answered; nothing was recorded."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions
        asked = " ".join(
            f"{each.title}: {each.text} ({each.options} in the command)" for each in questions
        )
        super().__init__(f"Nothing was recorded, because there is something to decide. {asked}")


def unanswered(
    questions: Iterable[Question], answers: Mapping[str, str], seen: Mapping[str, Any] | None = None
) -> list[Question]:
    return [each for each in questions if not each.is_answered(answers, seen)]


def named(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    return {pk: (name, brand) for pk, (name, brand, _) in with_currency(ids).items()}


def with_currency(ids: Iterable[int]) -> dict[int, tuple[str, str, str]]:
    """The names of these campaigns and of their brands, and the brands' currencies."""
    rows = Campaign.objects.filter(pk__in=set(ids)).values_list(
        "pk", "name", "brand__name", "brand__currency"
    )
    return {pk: (name, brand, currency) for pk, name, brand, currency in rows}


def days(number: int) -> str:
    """ "1 campaign-day", "2,000 campaign-days"."""
    return f"{number:,} campaign-day{'' if number == 1 else 's'}"
