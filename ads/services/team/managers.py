"""Account managers: who looks after which brands. No permission depends on it."""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from django.contrib.auth.models import User
from django.db.models import Exists, Model, OuterRef, QuerySet

from ads.models import Brand, Campaign, ReportSchedule
from ads.services import visible

M = TypeVar("M", bound=Model)

#: The path from a brand, and from a campaign, to the account manager.
MANAGER: Final[dict[type[Model], str]] = {
    Brand: "account_manager",
    Campaign: "brand__account_manager",
}

#: In place of a user's id: whoever asks.
ME: Final = "me"


def possible_managers() -> QuerySet[User]:
    """Who can be chosen: everybody who can log in to the console."""
    return User.objects.filter(is_active=True, is_staff=True).order_by("username")


def managers() -> QuerySet[User]:
    """Those who look after brands that whoever asks may see."""
    theirs = visible.rows(Brand.objects.filter(account_manager=OuterRef("pk"))).order_by()
    return User.objects.filter(Exists(theirs)).order_by("username")


def brands_told(manager: User | None) -> list[int] | None:
    """Ids of the brands that what is sent for an account manager may be about.

    Those that this user looks after and may see, none after leaving. Sent for nobody in particular,
    it may be about every brand: None.
    """
    if manager is None:
        return None
    if not manager.is_active:
        return []
    seen = visible.rows_of(Brand.objects.all(), visible.brands_of(manager))
    return list(managed_by(seen, manager).order_by().values_list("pk", flat=True))


def may_be_told(manager: User | None, brand_id: int) -> bool:
    told = brands_told(manager)
    return told is None or brand_id in told


def reports_that_wait(schedules: Iterable[ReportSchedule]) -> list[ReportSchedule]:
    """Those that are on and whose channel is not told of the brand.

    They have their channels with the account managers at hand; two queries for each of these.
    """
    told: dict[Any, list[int] | None] = {}
    waiting = []
    for schedule in schedules:
        manager = schedule.channel.account_manager
        if manager not in told:
            told[manager] = brands_told(manager)
        brands = told[manager]
        is_on = schedule.is_active and schedule.channel.is_active
        if is_on and brands is not None and schedule.brand_id not in brands:
            waiting.append(schedule)
    return waiting


def managed_by(rows: QuerySet[M], who: Any) -> QuerySet[M]:
    """Those brands or campaigns that a user looks after; None: nobody does."""
    path = MANAGER[rows.model]
    return rows.filter(**({f"{path}__isnull": True} if who is None else {path: who}))
