"""Which column of a file is which field."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ads.services.imports.formats import (
    ENDS,
    EVERYWHERE,
    IMPRESSIONS,
    LONGER,
    MAPPED,
    STARTS,
    Format,
    bare,
    normal,
    perhaps,
)
from ads.services.imports.plan import FIELDS, Plan
from ads.services.imports.reading import refuse_too_wide
from ads.services.imports.refusals import REFUSED_IN, ImportRefused

#: "Time of day (ad account time zone)"; hours of the viewers' own timezones are no hours.
_IN_BRACKETS = re.compile(r" \((?!viewer)[^()]*\)$", re.IGNORECASE)
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
    #: The hour of the day, or the day and the hour.
    hour: int | None = None
    timezone: int | None = None
    #: The other end of the period that a row covers, where its date is one.
    ends: int | None = None
    #: Is the date the one end of a period whose other end no column has?
    is_start_alone: bool = False
    impressions: int | None = None

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
    refuse_too_wide(len(header), line)
    places = {field: _place(field, header, plan, format_) for field in FIELDS}
    if places["date"] is None:
        places["date"] = _place("starts", header, plan, format_)
    if places["date"] in (places["hour"], places["occurred_at"]):
        places["date"] = None
    if plan.platform is None:
        places["reference"] = places["account"] = None
    amount = places["amount"]
    if amount is None:
        raise _missing("amount", header, format_)
    if places["campaign"] is None and places["reference"] is None:
        raise _missing("campaign", header, format_)
    if places["external_id"] is None:
        _check_totals(places, header, plan, format_)
    else:
        _check_entries(places, header, plan, format_)
    del places["amount"]
    names = [normal(name) for name in header]
    ends, is_alone = _other_end(names, places["date"])
    return Columns(
        width=len(header),
        amount=amount,
        **places,
        ends=ends,
        is_start_alone=is_alone and places["external_id"] is None,
        impressions=next((i for i, name in enumerate(names) if name in IMPRESSIONS), None),
    )


def _other_end(names: Sequence[str], date: int | None) -> tuple[int | None, bool]:
    """Where the other end of a row's period is, and whether the date is an end without one.

    A column of days covers its day, whatever the report covers.
    """
    name = "" if date is None else names[date]
    if name not in STARTS | ENDS:
        return None, name in LONGER
    others = ENDS if name in STARTS else STARTS
    other = next((i for i, each in enumerate(names) if each in others and i != date), None)
    return other, other is None


def _check_totals(
    places: dict[str, int | None], header: Sequence[str], plan: Plan, format_: Format
) -> None:
    if REFUSED_IN in header:
        raise ImportRefused(
            "These are the refused rows of an import. A day total replaces the one reported "
            "before for its campaign and day, so these rows alone would replace the others: "
            "correct them in the whole file, and import that again."
        )
    if places["date"] is None and places["hour"] is None:
        raise _missing("date", header, format_)
    for field in ("description", "occurred_at"):
        if field in plan.mapping:
            raise ImportRefused(
                f"Without an external_id the rows are day totals, which have no {field}. "
                "Leave it out, or map the column that has each entry's own id "
                "(--map external_id=… in the command)."
            )


def _check_entries(
    places: dict[str, int | None], header: Sequence[str], plan: Plan, format_: Format
) -> None:
    if "hour" in plan.mapping:
        raise ImportRefused(
            "Rows with an external_id are entries, which have no hour. Map the column with each "
            "entry's time instead (--map occurred_at=… in the command)."
        )
    places["hour"] = None
    if places["date"] is None and places["occurred_at"] is None:
        raise _missing("date", header, format_)


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
        return _only(field, named, header)
    places: dict[str, list[int]] = {}
    for i, name in enumerate(header):
        places.setdefault(normal(name), []).append(i)
        if field == "amount" and (alone := bare(name)) != normal(name):
            places.setdefault(alone, []).append(i)
    for wanted in map(normal, format_.called(field)):
        if named := places.get(wanted, []):
            plain = [i for i in named if normal(header[i]) == wanted]
            return _only(field, plain or named, header)
    for i, name in enumerate(header):
        if _IN_BRACKETS.sub("", name).casefold() in EVERYWHERE.get(field, ()):
            return i
    return None


def _only(field: str, named: Sequence[int], header: Sequence[str]) -> int:
    if len(named) == 1:
        return named[0]
    names = dict.fromkeys(header[i] for i in named)
    if len(names) == 1:
        twice = ", ".join(str(i + 1) for i in named)
        raise ImportRefused(
            f'Columns {twice} have one name, "{header[named[0]]}"; give each its own.'
        )
    several = " or ".join(f'"{name[:_LONGEST_SHOWN]}"' for name in names)
    raise ImportRefused(
        f"The {field} may be in the column {several}. Choose one (--map {field}=… in the command)."
    )


def _missing(field: str, header: Sequence[str], format_: Format) -> ImportRefused:
    called = " or ".join(f'"{name}"' for name in format_.called(field)[:2])
    remedy = format_.remedies.get(field)
    maybe = perhaps(header) if format_ is MAPPED else ""
    or_say = "or choose one of these" if remedy else "Choose one of these"
    return ImportRefused(
        f"There is no column {called}. {_there_is(header)} {f'{remedy}, ' if remedy else ''}"
        f"{or_say} (--map {field}=… in the command).{f' {maybe}' if maybe else ''}"
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
