"""Recording what an account answered: what cannot be recorded never stops the rest."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Self

import structlog
from django.db import OperationalError

from ads.models.spend import Kind
from ads.rules.money import sums_by_currency
from ads.services.errors import Overlap
from ads.services.isolation import isolate
from ads.services.ledger import Answer, DayTotal, record
from ads.services.lock_waits import is_in_the_way

logger = structlog.stdlib.get_logger(__name__)

#: Day totals that are recorded in one transaction.
CHUNK: Final = 2000

#: Sentences about single campaigns that are shown.
SHOWN: Final = 5

#: What to do where another source has reported the same campaigns and days.
_OVERLAP: Final = (
    "Another source has reported some of the same days, which are not counted twice. To count this "
    "account's, undo the other's import, or stop reading it there; otherwise stop reading this "
    "account here."
)

#: A day total, and the brand of its campaign; None: unmatched.
Row = tuple[DayTotal, int | None]


@dataclass(slots=True)
class Outcome:
    #: Day totals that moved the ledger, and by how much in each currency.
    recorded: int = 0
    spend: dict[str, Decimal] = field(default_factory=dict)
    #: Day totals of unmatched campaigns; they are kept.
    waiting: int = 0
    #: Campaigns that stopped, or came back, on what was learned.
    switched: int = 0
    #: Sentences about what could not be recorded.
    problems: list[str] = field(default_factory=list)
    #: Something was kept locked by another session: it is to be asked for again.
    is_locked: bool = False

    def __iadd__(self, other: "Outcome") -> Self:
        self.recorded += other.recorded
        self.spend = sums_by_currency([*self.spend.items(), *other.spend.items()])
        self.waiting += other.waiting
        self.switched += other.switched
        self.problems += [one for one in other.problems if one not in self.problems]
        self.is_locked |= other.is_locked
        return self


def record_rows(rows: Sequence[Row], *, source: str, now: datetime) -> Outcome:
    """Record these and enforce, in chunks; a chunk that fails is halved, down to single totals."""
    outcome = Outcome()
    # One day that cannot be recorded must not keep its campaign from being stopped for what it
    # spends today.
    done, failed = isolate(
        rows, lambda chunk: _around_locks(chunk, source, now, outcome), size=CHUNK, what="Recording"
    )
    overlaps: list[str] = []
    problems = [f"{_named(total)} could not be recorded; see the log." for total, _ in failed]
    for (total, _), answer in (pair for pairs in done for pair in pairs):
        if answer.outcome == "recorded":
            outcome.recorded += 1
            moved = [(answer.currency or "", answer.difference or Decimal(0))]
            moved += [(owner.currency, amount) for owner, amount in answer.elsewhere]
            outcome.spend = sums_by_currency([*outcome.spend.items(), *moved])
        elif answer.outcome == "waiting":
            outcome.waiting += 1
        elif answer.error:
            if isinstance(answer.error, Overlap):
                overlaps.append(f"{answer.error.figures}.")
            else:
                reason = f"{answer.field} {answer.value}: {answer.reason}"
                problems.append(f"{_named(total)} is refused: {reason}")
    outcome.problems += problems[:SHOWN]
    if overlaps:
        outcome.problems += [_OVERLAP, *overlaps[:SHOWN]]
    if (left := max(len(problems) - SHOWN, 0) + max(len(overlaps) - SHOWN, 0)) > 0:
        outcome.problems.append(f"{left:,} more day totals are not recorded.")
    return outcome


def _around_locks(
    rows: Sequence[Row], source: str, now: datetime, outcome: Outcome
) -> list[tuple[Row, Answer]]:
    """Record them together; if a lock is in the way brand by brand, without those locked."""
    try:
        return _record(rows, source, now, outcome)
    except OperationalError as error:
        if not is_in_the_way(error):
            raise
    by_brand: dict[int | None, list[Row]] = defaultdict(list)
    for row in rows:
        by_brand[row[1]].append(row)
    recorded: list[tuple[Row, Answer]] = []
    for theirs in by_brand.values():
        try:
            recorded += _record(theirs, source, now, outcome)
        except OperationalError as error:
            if not is_in_the_way(error):
                raise
            outcome.is_locked = True
            logger.warning("Totals are asked for again", source=source, error=str(error))
            outcome.problems.append(f"{error} Its totals are asked for again.")
    return recorded


def _record(
    rows: Sequence[Row], source: str, now: datetime, outcome: Outcome
) -> list[tuple[Row, Answer]]:
    totals = [total for total, _ in rows]
    recorded = record(totals, source=source, now=now, kind=Kind.DAY_TOTAL, keep_good=True)
    outcome.switched += recorded.enforced.switched
    return list(zip(rows, recorded.answers, strict=True))


def _named(total: DayTotal) -> str:
    given = total.campaign
    return f"The total of campaign {given} on {total.date}"
