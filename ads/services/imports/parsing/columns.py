"""Which column of a file is which field."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ads.services.imports.currency import split_name
from ads.services.imports.formats import Format
from ads.services.imports.plan import FIELDS, Plan
from ads.services.imports.refusals import MOST_COLUMNS, REFUSED_IN, ImportRefused

_SHOWN = 30
_LONGEST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Columns:
    """The place of each field in a row (from 0); None: the file does not have it."""

    width: int
    amount: int
    #: The campaign's name or id; in files of a platform its name, optional beside a ``reference``.
    campaign: int | None
    date: int | None
    description: int | None = None
    external_id: int | None = None
    occurred_at: int | None = None
    reference: int | None = None
    account: int | None = None
    currency: int | None = None
    #: The last day that a row covers, where that may be later than its date.
    ends: int | None = None

    @property
    def are_entries(self) -> bool:
        """Do the rows have an id each? Otherwise they are day totals."""
        return self.external_id is not None


def find(header: Sequence[str], plan: Plan, format_: Format, line: int) -> Columns:
    """Find the fields in the header: as the plan maps them, else by the format's names.

    ``line`` is the header's line in the file.

    Raises:
        ImportRefused: a column is missing or named twice; with the columns there are, and the
            remedy.
    """
    if len(header) > MOST_COLUMNS:
        raise ImportRefused(
            f"Line {line}: the header has {len(header):,} columns, more than the "
            f"{MOST_COLUMNS:,} allowed. Is this another kind of file, or is the delimiter wrong?"
        )
    places = {field: _place(field, header, plan, format_) for field in (*FIELDS, "ends")}
    if plan.platform is None:
        places["reference"] = places["account"] = None
    amount = places["amount"]
    if amount is None:
        raise _missing("amount", header, format_)
    if places["campaign"] is None and places["reference"] is None:
        raise _missing("campaign", header, format_)
    if places["external_id"] is None:
        if REFUSED_IN in header:
            raise ImportRefused(
                "These are the refused rows of an import. A day total replaces the one reported "
                "before for its campaign and day, so these rows alone would replace the others: "
                "correct them in the whole file, and import that again."
            )
        if places["date"] is None:
            raise _missing("date", header, format_)
        for field in ("description", "occurred_at"):
            if field in plan.mapping:
                raise ImportRefused(
                    f"Without an external_id the rows are day totals, which have no {field}. "
                    "Leave it out, or map the column that has each entry's own id "
                    "(--map external_id=… in the command)."
                )
    elif places["date"] is None and places["occurred_at"] is None:
        raise _missing("date", header, format_)
    if places["date"] is not None and header[places["date"]].casefold() == "day":
        places["ends"] = None  # each row covers that day, whatever the report covers
    del places["amount"]
    return Columns(width=len(header), amount=amount, **places)


def _place(field: str, header: Sequence[str], plan: Plan, format_: Format) -> int | None:
    if field in plan.mapping:
        wanted = plan.mapping[field].strip()
        named = [i for i, name in enumerate(header) if name == wanted]
        if not named:
            close = difflib.get_close_matches(wanted, header[:_SHOWN], n=1)
            perhaps = f' Did you mean "{close[0]}"?' if close else ""
            raise ImportRefused(
                f'There is no column "{wanted}" for {field}.{perhaps} {_there_is(header)}'
            )
        return _only(named, header)
    for wanted in format_.names.get(field, ()):
        named = [i for i, name in enumerate(header) if name.casefold() == wanted.casefold()]
        if not named and field == "amount":
            bare = [split_name(name) for name in header]
            named = [i for i, each in enumerate(bare) if each[0].casefold() == wanted.casefold()]
        if named:
            return _only(named, header)
    return None


def _only(named: Sequence[int], header: Sequence[str]) -> int:
    if len(named) > 1:
        twice = ", ".join(str(i + 1) for i in named)
        raise ImportRefused(
            f'Columns {twice} are both called "{header[named[0]]}"; give each its own name.'
        )
    return named[0]


def _missing(field: str, header: Sequence[str], format_: Format) -> ImportRefused:
    called = " or ".join(f'"{name}"' for name in format_.names[field][:2])
    remedy = format_.remedies.get(field)
    or_say = "or choose one of these" if remedy else "Choose one of these"
    return ImportRefused(
        f"There is no column {called}. {_there_is(header)} {f'{remedy}, ' if remedy else ''}"
        f"{or_say} (--map {field}=… in the command)."
    )


def _there_is(header: Sequence[str]) -> str:
    counted = Counter(name[:_LONGEST_SHOWN] for name in header if name)
    names = ", ".join(f'"{name}"' for name in list(counted)[:_SHOWN])
    more = f" and {len(counted) - _SHOWN} more" if len(counted) > _SHOWN else ""
    hint = (
        " Is the delimiter another one? (See --delimiter in the command.)"
        if len(header) == 1
        else ""
    )
    return f"The file has {names or 'only unnamed columns'}{more}.{hint}"
