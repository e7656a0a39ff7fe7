"""Writing down which daily budgets platforms are to be told, as a state: one row for each place.

Nothing is told here. What is wanted is worked out anew each minute from budgets, allowances, the
day and what was last seen there, so nobody has to say when one of them changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from ads.models import BudgetCap, PlatformAccount, PlatformCampaign
from ads.models.platforms import OrderState
from ads.rules.caps import budget_there, is_ours
from ads.services import locks, orders, restored
from ads.services.caps.wanted import Wanted, capped_campaigns, wanted

OPEN: Final = (OrderState.PENDING, OrderState.UNKNOWN)

#: After this time a platform that refused is asked once more.
AGAIN: Final = timedelta(days=1)

#: What a platform shows may be older than what it has confirmed, by this at most.
LAG: Final = timedelta(minutes=2)

#: A look may find what was there before this long after it was changed.
BEHIND: Final = timedelta(minutes=10)

#: Rows with which a budget of ours may be on the platform.
MAY_BE_OURS: Final = Q(set_amount__isnull=False) | ~Q(told_amounts=[])

#: The code and words of caps that are not restored.
NOT_SET: Final = "not_set"
_NOT_SET: Final = "Nothing is set in this account any more. Set it there by hand."

#: Campaigns that are decided on at once.
_CHUNK: Final = 2000

_COLUMNS: Final = [
    "campaign", "original", "amount", "set_amount", "state", "written_at", "attempts", "next_at",
    "told_at", "told_amounts", "settled_at", "code", "answer",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Decided:
    campaign_id: int | None
    original: Decimal | None
    amount: Decimal | None
    set_amount: Decimal | None
    code: str = ""
    problem: str = ""
    #: Whether a budget of ours may be there.
    may_be_ours: bool = field(default=True, compare=False)


def agree(now: datetime) -> int:
    """Write down what is to be told; how many caps are new, changed or ended.

    What another process is deciding on is left to that.
    """
    decided = 0
    there: set[int] = set()
    for ids in _chunks(capped_campaigns()):
        with transaction.atomic():
            if not locks.is_alone(locks.Only.CAPPING):
                return decided
            found = wanted(ids, now)
            rows = _rows(found)
            for row in rows:
                row.place = found[row.place_id].place
            decided += _agree(rows, found, now)
        there |= found.keys()
    known = BudgetCap.objects.order_by("pk").values_list("place", flat=True)
    rest = [place for place in known if place not in there]
    for places in _chunks(rest):
        with transaction.atomic():
            if not locks.is_alone(locks.Only.CAPPING):
                return decided
            rows = _rows(places).select_related("place")
            decided += _agree(rows, _left(rows), now)
    return decided


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))


def _rows(places: Iterable[int]) -> QuerySet[BudgetCap]:
    return BudgetCap.objects.filter(place__in=locks.among(places))


def _left(rows: QuerySet[BudgetCap]) -> dict[int, Wanted]:
    """Budgets of ours that stay there, as nothing may be set in their accounts any more."""
    return {
        row.place_id: Wanted(row.campaign_id, row.place, row.original, NOT_SET, _NOT_SET)
        for row in rows.exclude(place__account__in=orders.may_switch())
        if _may_be_ours(row, row.place) and not _is_by_hand(row, row.place)
    }


def _agree(rows: Iterable[BudgetCap], found: Mapping[int, Wanted], now: datetime) -> int:
    """The same for these places: those that are wanted otherwise, and rows of others."""
    new = dict(found)
    changed = [row.pk for row in rows if _differs(row, new.pop(row.place_id, None), now)]
    # Found, then locked and decided again: one may have been confirmed meanwhile.
    differing = [
        row
        for row in (locks.caps(changed) if changed else ())
        if _differs(row, found.get(row.place_id), now)
    ]
    kept = [
        _write(row, decided, now)
        for row in differing
        if (decided := _decided(row, row.place, found.get(row.place_id))) is not None
    ]
    ended = {row.pk for row in differing} - {row.pk for row in kept}
    made = [
        _write(BudgetCap(place=one.place), decided, now)
        for one in new.values()
        if (decided := _decided(None, one.place, one)) is not None
    ]
    if ended:
        BudgetCap.objects.filter(pk__in=ended).delete()
    BudgetCap.objects.bulk_update(kept, _COLUMNS, batch_size=1000)
    BudgetCap.objects.bulk_create(made, batch_size=1000)
    return len(differing) + len(made)


def due_accounts(now: datetime) -> list[int]:
    """Accounts that caps are to be told to, the longest due first; none after a restore."""
    if restored.is_held():
        return []
    due = BudgetCap.objects.filter(
        state__in=OPEN,
        next_at__lte=now,
        place__gone_at=None,
        place__account__in=orders.may_tell(),
    )
    accounts = due.order_by().values("place__account").annotate(first=Min("next_at"))
    return list(accounts.order_by("first").values_list("place__account", flat=True))


def due(account_id: int, now: datetime) -> BudgetCap | None:
    """The account's next: budgets that are lowered come before those that are raised."""
    its = BudgetCap.objects.filter(
        place__account=account_id,
        place__account__in=orders.may_tell(),
        place__gone_at=None,
        state__in=OPEN,
        next_at__lte=now,
    )
    some = its.select_related("place").order_by("next_at", "pk")
    return some.filter(amount__lt=F("original")).first() or some.first()


def left(accounts: QuerySet[PlatformAccount]) -> int:
    """How many campaigns of these accounts may have a daily budget of ours."""
    return BudgetCap.objects.filter(MAY_BE_OURS, place__account__in=accounts).count()


def ours_of(row: BudgetCap, seen_at: datetime) -> list[Decimal]:
    """Budgets of ours that a look at ``seen_at`` may find there.

    Earlier ones only until the last has been there for a while: later, people have set them.
    """
    if row.set_amount is None:
        return row.told_amounts
    is_last = row.told_amounts[-1:] in ([], [row.set_amount])
    if is_last and row.told_at is not None and seen_at > row.told_at + BEHIND:
        return [row.set_amount]
    return [*row.told_amounts, row.set_amount]


def _decided(row: BudgetCap | None, place: PlatformCampaign, one: Wanted | None) -> _Decided | None:
    """What the row is to say; None: the budget there is its own, and is to be."""
    if place.gone_at is not None:
        return None
    may_be_ours = row is not None and _may_be_ours(row, place)
    if one is not None and one.code:
        # What was set before it could not be set any more stays known.
        known = row.set_amount if row else None
        original = row.original if row and may_be_ours else None
        return _Decided(
            one.campaign_id, original, one.cap, known, one.code, one.problem, may_be_ours
        )
    if row is None or _is_by_hand(row, place):
        original, set_amount, may_be_ours = place.daily_budget, None, False
    else:
        original, set_amount = row.original, row.set_amount
    if original is None:
        return None
    if one is None or one.cap is None:
        amount = original
    elif one.cap > 0:
        amount = budget_there(original, one.cap)
    else:
        amount = row.amount if may_be_ours and row and row.amount is not None else original
    if amount == original and not may_be_ours:
        return None
    campaign_id = one.campaign_id if one else row.campaign_id if row else None
    return _Decided(campaign_id, original, amount, set_amount, may_be_ours=may_be_ours)


def _may_be_ours(row: BudgetCap, place: PlatformCampaign) -> bool:
    """Whether a budget of ours may be there."""
    if row.set_amount is not None:
        return True
    if not row.told_amounts or row.state in OPEN or row.told_at is None:
        return bool(row.told_amounts)
    seen_at = place.budget_seen_at
    is_seen = seen_at is not None and seen_at > row.told_at + LAG
    return not (is_seen and place.daily_budget == row.original)


def _is_by_hand(row: BudgetCap, place: PlatformCampaign) -> bool:
    """Whether people have set another budget there, which then is its own.

    Not where one was told and is not settled: before it is told again, its platform is asked.
    """
    seen = place.daily_budget
    if seen is None or place.is_budget_shared:
        return False
    if is_ours(seen, ours_of(row, place.budget_seen_at or place.seen_at)):
        return False
    if row.state in OPEN and row.told_at is not None:
        return False
    return row.set_amount is not None or seen != row.original


def _differs(row: BudgetCap, one: Wanted | None, now: datetime) -> bool:
    if row.place.gone_at is not None and _may_be_ours(row, row.place):
        return False  # it may be back, with what was set there
    decided = _decided(row, row.place, one)
    if decided is None:
        return True
    says = _Decided(
        row.campaign_id, row.original, row.amount, row.set_amount,
        decided.code and row.code, decided.problem and row.answer,
    )  # fmt: skip
    is_refused = row.state in (OrderState.REFUSED, OrderState.WITHDRAWN)
    # Not told at all, as the last look showed why; that does not any more.
    is_mended = is_refused and not decided.code and not row.attempts
    is_asked_again = (
        is_refused
        and not decided.code
        and row.settled_at is not None
        and row.settled_at <= now - AGAIN
    )
    return says != decided or is_mended or is_asked_again


def _write(row: BudgetCap, decided: _Decided, now: datetime) -> BudgetCap:
    row.campaign_id = decided.campaign_id
    row.original, row.amount = decided.original, decided.amount
    row.set_amount = decided.set_amount
    row.written_at, row.attempts = now, 0
    row.code, row.answer = decided.code, decided.problem
    if not decided.may_be_ours:
        row.told_at, row.told_amounts = None, []
    if decided.code:
        row.state = OrderState.WITHDRAWN if decided.code == NOT_SET else OrderState.REFUSED
        row.next_at, row.settled_at = None, now
    else:
        row.state, row.next_at, row.settled_at = OrderState.PENDING, now, None
    return row
