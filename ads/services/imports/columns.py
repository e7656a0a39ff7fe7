"""Which column of a file is which field."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ads.services.imports.errors import ImportRefused
from ads.services.imports.plan import FIELDS, Plan

_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields stand in a row (from 0); None: the file does not have it."""

    width: int
    amount: int
    campaign: int
    date: int | None
    description: int | None
    external_id: int | None
    occurred_at: int | None

    @property
    def are_entries(self) -> bool:
        """Do the rows have an id each? Otherwise they are day totals."""
        return self.external_id is not None


def find(header: Sequence[str], plan: Plan) -> Columns:
    """Find the fields in the header: where the plan maps them, else by name in any case.

    Raises:
        ImportRefused: a column is missing or named twice; says what is there and how to map it.
    """
    places = {field: _place(field, header, plan) for field in FIELDS}
    amount, campaign = places["amount"], places["campaign"]
    if amount is None:
        raise _missing("amount", header)
    if campaign is None:
        raise _missing("campaign", header)
    if places["external_id"] is None:
        if places["date"] is None:
            raise _missing("date", header)
        for field in ("description", "occurred_at"):
            if field in plan.mapping:
                raise ImportRefused(
                    f"Without an external_id the rows are day totals, which have no {field}. "
                    "Leave it out, or name the column with each entry's own id: "
                    "--map external_id=…"
                )
    elif places["date"] is None and places["occurred_at"] is None:
        raise _missing("date", header)
    return Columns(
        width=len(header),
        amount=amount,
        campaign=campaign,
        date=places["date"],
        description=places["description"],
        external_id=places["external_id"],
        occurred_at=places["occurred_at"],
    )


def _place(field: str, header: Sequence[str], plan: Plan) -> int | None:
    if field in plan.mapping:
        wanted = plan.mapping[field].strip()
        named = [i for i, name in enumerate(header) if name == wanted]
        if not named:
            close = difflib.get_close_matches(wanted, header, n=1)
            perhaps = f' Did you mean "{close[0]}"?' if close else ""
            raise ImportRefused(
                f'There is no column "{wanted}" for {field}.{perhaps} {_there_is(header)}'
            )
    else:
        named = [i for i, name in enumerate(header) if name.casefold() == field]
    if len(named) > 1:
        twice = ", ".join(str(i + 1) for i in named)
        raise ImportRefused(
            f'Columns {twice} are both called "{header[named[0]]}"; give each its own name.'
        )
    return named[0] if named else None


def _missing(field: str, header: Sequence[str]) -> ImportRefused:
    return ImportRefused(
        f'There is no column "{field}". {_there_is(header)} '
        f"Say which of them it is: --map {field}=…"
    )


def _there_is(header: Sequence[str]) -> str:
    counted = Counter(name for name in header if name)
    names = ", ".join(f'"{name}"' for name in list(counted)[:_SHOWN])
    more = f" and {len(counted) - _SHOWN} more" if len(counted) > _SHOWN else ""
    hint = " Are they separated by something else? See --delimiter." if len(header) == 1 else ""
    return f"The file has {names or 'only unnamed columns'}{more}.{hint}"
