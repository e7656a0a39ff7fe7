"""Writing down which daily budgets platforms are to be told, as a state: one row for each place.

Nothing is told here. What is wanted is worked out anew each minute from budgets, allowances, the
day and what was last seen there, so nobody has to say when one of them changes.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import F, Min

from ads.models import Brand, BudgetCap, PlatformCampaign, PlatformCaps
from ads.models.platforms import OrderState
from ads.rules.caps import budget_there, is_ours
from ads.services import locks, orders, restored
from ads.services.caps.wanted import Wanted, wanted

OPEN: Final = (OrderState.PENDING, OrderState.UNKNOWN)

#: After this time a platform that refused is asked once more.
AGAIN: Final = timedelta(days=1)

_COLUMNS: Final = [
    "campaign", "original", "amount", "set_amount", "state", "written_at", "attempts", "next_at",
    "told_at", "settled_at", "code", "answer",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a row is to say."""

    campaign_id: int | None
    original: Decimal | None
    amount: Decimal | None
    set_amount: Decimal | None
    code: str = ""
    problem: str = ""
    #: Whether a budget of ours may be there.
    may_be_ours: bool = field(default=True, compare=False)


def agree(now: datetime) -> int:
    """Write down what is to be told; how many caps are new, changed or ended."""
    capped = Brand.objects.exclude(platform_caps=PlatformCaps.NONE)
    rows = {row.place_id: row for row in BudgetCap.objects.select_related("place")}
    if not rows and not capped.exists():
        return 0
    all_wanted = wanted(now)
    changed = [row for row in rows.values() if _differs(row, all_wanted.get(row.place_id), now)]
    new = [pk for pk in all_wanted if pk not in rows]
    if not changed and not new:
        return 0
    with transaction.atomic():
        # Found, then locked and decided again: one may have been confirmed meanwhile.
        differing = [
            row
            for row in locks.capping([row.pk for row in changed])
            if _differs(row, all_wanted.get(row.place_id), now)
        ]
        ended = [row.pk for row in differing if _decided(row, row.place, all_wanted) is None]
        kept = [row for row in differing if row.pk not in set(ended)]
        for row in kept:
            _write(row, _decided(row, row.place, all_wanted), now)
        BudgetCap.objects.filter(pk__in=ended).delete()
        BudgetCap.objects.bulk_update(kept, _COLUMNS, batch_size=1000)
        places = PlatformCampaign.objects.filter(pk__in=new, cap=None).order_by("pk")
        made = [
            _write(BudgetCap(place=place), decided, now)
            for place in places
            if (decided := _decided(None, place, all_wanted)) is not None
        ]
        BudgetCap.objects.bulk_create(made, batch_size=1000)
    return len(differing) + len(made)


def due_accounts(now: datetime) -> list[int]:
    """Accounts that caps are to be told to, the longest due first; none after a restore."""
    if restored.is_held():
        return []
    due = BudgetCap.objects.filter(
        state__in=OPEN, next_at__lte=now, place__account__in=orders.may_tell()
    )
    accounts = due.order_by().values("place__account").annotate(first=Min("next_at"))
    return list(accounts.order_by("first").values_list("place__account", flat=True))


def due(account_id: int, now: datetime) -> BudgetCap | None:
    """The account's next: budgets that are lowered come before those that are raised."""
    its = BudgetCap.objects.filter(
        place__account=account_id,
        place__account__in=orders.may_tell(),
        state__in=OPEN,
        next_at__lte=now,
    )
    some = its.select_related("place").order_by("next_at", "pk")
    return some.filter(amount__lt=F("original")).first() or some.first()


def _decided(
    row: BudgetCap | None, place: PlatformCampaign, all_wanted: dict[int, Wanted]
) -> _Decided | None:
    """What the row is to say; None: the budget there is its own, and is to be."""
    one = all_wanted.get(place.pk)
    if place.gone_at is not None:
        return None
    if one is not None and one.code:
        # What was set before it could not be set any more stays known.
        known = row.set_amount if row else None
        original = row.original if row and known is not None else None
        return _Decided(one.campaign_id, original, one.cap, known, one.code, one.problem)
    if row is None or _is_by_hand(row, place):
        original, set_amount, may_be_ours = place.daily_budget, None, False
    else:
        original, set_amount = row.original, row.set_amount
        is_told = row.told_at is not None and row.state != OrderState.REFUSED
        may_be_ours = set_amount is not None or is_told
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


def _is_by_hand(row: BudgetCap, place: PlatformCampaign) -> bool:
    """Whether people have set another budget there, which then is its own."""
    seen = place.daily_budget
    if seen is None or place.is_budget_shared or is_ours(seen, row.set_amount):
        return False
    # What was told and not confirmed may be there as well.
    if row.told_at is not None and (row.state in OPEN or place.seen_at <= row.told_at):
        return False
    return row.set_amount is not None or seen != row.original


def _differs(row: BudgetCap, one: Wanted | None, now: datetime) -> bool:
    decided = _decided(row, row.place, {row.place_id: one} if one else {})
    if decided is None:
        return True
    says = _Decided(
        row.campaign_id, row.original, row.amount, row.set_amount,
        decided.code and row.code, decided.problem and row.answer,
    )  # fmt: skip
    is_refused = row.state == OrderState.REFUSED and not decided.code
    is_mended = is_refused and row.code in {"shared_budget", "no_daily_budget", "currency"}
    is_asked_again = is_refused and row.settled_at is not None and row.settled_at <= now - AGAIN
    return says != decided or is_mended or is_asked_again


def _write(row: BudgetCap, decided: _Decided | None, now: datetime) -> BudgetCap:
    assert decided is not None  # noqa: S101
    row.campaign_id = decided.campaign_id
    row.original, row.amount = decided.original, decided.amount
    row.set_amount = decided.set_amount
    row.written_at, row.attempts = now, 0
    row.code, row.answer = decided.code, decided.problem
    if not decided.may_be_ours:
        row.told_at = None
    if decided.code:
        row.state, row.next_at, row.settled_at = OrderState.REFUSED, None, now
    else:
        row.state, row.next_at, row.settled_at = OrderState.PENDING, now, None
    return row
