"""What the services refuse, with the field and the values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ads.rules.money import format_sums

Sums = Mapping[str, Decimal]


class _Refusal(ValueError):
    def __init__(self, field: str, value: object, reason: str, text: str | None = None) -> None:
        refused = "" if value is None else f"{_shown(value)} is refused: "
        super().__init__(text or f"{field}: {refused}{reason}")
        self.field = field
        self.value = value
        self.reason = reason


class InvalidSpend(_Refusal):
    """Spend that cannot be recorded: ``field``, ``value``, and the ``reason`` with its remedy."""


class ReportedOtherwise(InvalidSpend):
    """A day that its source has reported in another way, so that it would count twice."""


class Overlap(InvalidSpend):
    """Day totals of campaigns and days that other sources have reported; nobody said which count.

    ``where`` names the campaigns and days, ``amount`` is what ``source`` reports for them, and
    ``on_record`` what counts already, by source; ``figures`` says all of that without a remedy.
    Sums are by currency; of one campaign there is one.
    """

    def __init__(
        self, where: str, *, source: str, amount: Sums, on_record: Mapping[str, Sums]
    ) -> None:
        known = " and ".join(f"{format_sums(sums)} by {other}" for other, sums in on_record.items())
        self.figures = (
            f"{where}: source {source} reports {format_sums(amount)}, and on record is {known}"
        )
        super().__init__(
            "on_overlap",
            None,
            f"{self.figures}. Nothing was recorded. Choose add (it is other money), replace "
            f"(source {source} speaks for these days from now on, and what is on record is taken "
            "back) or skip.",
        )
        self.where = where
        self.source = source
        self.amount = amount
        self.on_record = dict(on_record)


class InvalidReference(_Refusal):
    """A platform ID that a campaign cannot have: ``field``, ``value`` and ``reason``."""


class SpendConflict(_Refusal):
    """An external ID was used again with other content: ``field`` and both values.

    Nothing was changed. ``recorded`` is None for a sender that may not know.
    """

    def __init__(
        self, *, source: str, external_id: str, field: str, recorded: Any, offered: Any
    ) -> None:
        before = "other content" if recorded is None else f"{field} {_shown(recorded)}"
        super().__init__(
            field,
            offered,
            f"its external id was already used with {before}. {_REMEDY}",
            f"external_id: {_shown(external_id)} of source {_shown(source)} was already used "
            f"with {before}, now it comes with {_shown(offered)}. {_REMEDY}",
        )
        self.source = source
        self.external_id = external_id
        self.recorded = recorded
        self.offered = offered

    def without_recorded(self) -> "SpendConflict":
        """The same for a sender that may not know what was recorded."""
        return SpendConflict(
            source=self.source,
            external_id=self.external_id,
            field=self.field,
            recorded=None,
            offered=self.offered,
        )


class RecordedAndUndone(SpendConflict):
    """An external ID that is on record and was undone as part of a batch; sent again."""

    def __init__(self, *, source: str, external_id: str, undo: int | None) -> None:
        reason = (
            f"it is on record and was undone with its batch: undo batch {undo} to count it again, "
            "or give it another id."
            if undo
            else "it is on record, but its match was undone and it was discarded: give it another "
            "id to count it."
        )
        _Refusal.__init__(self, "external_id", external_id, reason)
        self.source = source
        self.external_id = external_id
        self.recorded, self.offered = None, external_id


_REMEDY = (
    "Nothing was changed. Send the entry as it was, give it an id of its own, "
    "or record a correction."
)

#: Characters of a value that an answer repeats.
LONGEST_SHOWN = 80


def shown_value(value: object) -> str | None:
    """A value as an answer repeats it, cut to :data:`LONGEST_SHOWN` characters; None for None.

    Always text that can be encoded, whatever was sent.
    """
    if value is None or isinstance(value, str):
        return value and _cut(value)
    if isinstance(value, list | dict | tuple):  # of any size and depth
        return f"a {type(value).__name__}"
    if isinstance(value, int) and value.bit_length() > 4 * LONGEST_SHOWN:
        return f"an integer of {value.bit_length()} bits"
    return _cut(str(value))


def _shown(value: object) -> str:
    return _cut(repr(value)) if isinstance(value, str) else str(shown_value(value))


def _cut(text: str) -> str:
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    return text.encode(errors="backslashreplace").decode()
