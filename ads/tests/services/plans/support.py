"""What tests of planned budgets share: planning, and what the history says was applied."""

from datetime import date
from decimal import Decimal
from typing import Any

import time_machine

from ads.models import Brand, Campaign, ScheduledChange
from ads.services.history import audit
from ads.services.plans import by_month
from ads.tests.support import at

NOVEMBER, DECEMBER, JANUARY = date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1)
NOW = at("2024-11-20 12:00")


def budget_of(owner: Brand | Campaign, field: str = "monthly_budget") -> Any:
    return getattr(owner.fresh(), field)


def schedule(
    owner: Brand | Campaign, amount: Decimal | int | None, day: date, field: str
) -> ScheduledChange:
    return ScheduledChange.objects.create(
        brand=owner if isinstance(owner, Brand) else owner.brand,
        campaign=owner if isinstance(owner, Campaign) else None,
        field=field,
        starts_on=day,
        amount=amount,
        created_by="olivia",
    )


def plan(owner: Brand | Campaign, amounts: dict[date, Any], carries: str = "nothing") -> None:
    with time_machine.travel(NOW, tick=False):
        by_month.save(owner, amounts, carries, NOW)


def history(owner: Brand | Campaign) -> list[tuple[str, Any, Any]]:
    """What the history says was applied to its budgets: why, from what and to what."""
    events: Any = audit.event_model("ScheduledChangeEvent")._default_manager
    of_brand = isinstance(owner, Brand)
    mine = {"brand": owner.pk, "campaign": None} if of_brand else {"campaign": owner.pk}
    applied = events.filter(**mine, pgh_label="applied").order_by("starts_on", "pgh_id")
    return list(applied.values_list("says", "before", "after"))
