"""The course of budgets: what planned changes make of them, one after the other."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from ads.models import ScheduledChange
from ads.rules.calendar import day_begins, local_date, next_month
from ads.services import locks
from ads.services.planned import carrying

#: Whose budgets: a brand, and its campaign; None: the brand's own.
Owner = tuple[int, int | None]

#: From when on (UTC) a budget is what amount; None: no limit.
Course = Sequence[tuple[datetime, Decimal | None]]


def with_figures(changes: QuerySet[ScheduledChange]) -> QuerySet[Any]:
    """``changes`` with all that :func:`steps` reads."""
    found = changes.select_related("brand", "campaign", "plan")
    return found.annotate(spent_by_now=carrying.spent_before(), is_followed=is_followed())


def is_followed() -> Any:
    """SQL: has another change of the same budget been applied since?

    Those that were applied together follow each other by their days.
    """
    at, day = OuterRef("applied_at"), OuterRef("starts_on")
    since = Q(applied_at__gt=at) | Q(applied_at=at, starts_on__gt=day)
    later = ScheduledChange.objects.filter(
        since, brand=OuterRef("brand"), field=OuterRef("field"), cancelled_at=None
    )
    own, brands = later.filter(campaign=OuterRef("campaign")), later.filter(campaign=None)
    return Case(When(campaign=None, then=Exists(brands)), default=Exists(own))


def steps(
    changes: Sequence[Any], now: datetime, *, until: date | None = None
) -> Iterator[tuple[date, Any, Decimal | None]]:
    """Work out in ``changes`` what each makes of its budget, one after the other, and yield the
    days on which it does, the change and the budget.

    ``until``: the last day, if not the local date; then as if nothing more is spent.
    """
    found: list[tuple[date, bool, Any]] = []
    for change in changes:
        today = until or local_date(now, change.brand.timezone)
        is_over = change.plan is not None and carrying.is_over(change.starts_on, today)
        if change.applied_at is None or not is_over:
            found.append((change.starts_on, False, change))
        if is_over:  # after what begins on that day, which carries over from the whole budget
            found.append((next_month(change.starts_on), True, change))
    budgets: dict[Any, Decimal | None] = {}
    last: dict[Any, Any] = {}
    for day, is_end, change in sorted(found, key=lambda step: (step[0], step[1], step[2].pk)):
        key = (change.brand_id, change.campaign_id, change.field)
        stored = budgets.setdefault(key, getattr(change.owner, change.field))
        if is_end:
            change.spent_before = None
            is_last = last.get(key, change) is change and not change.is_followed
            if not is_last or stored != change.after or stored == change.amount:
                continue
            carrying.end(change)
        elif change.applied_at is not None and stored != change.after:
            # Somebody has changed it since; that budget stands. What was spent is noted.
            change.spent_before = change.spent_by_now
            continue
        else:
            carrying.begin(change, stored, change.spent_by_now)
            change.applied_at, last[key] = now, change
        budgets[key] = change.after
        yield day, change, change.after


def ahead(
    brands: Collection[int], campaigns: Collection[int], now: datetime
) -> Mapping[Owner, Mapping[str, Course]]:
    """What becomes of the budgets of ``brands`` and ``campaigns``, by owner and field.

    One query where nothing is planned, as nearly always, and two where something is.

    As if nobody acts and nothing more is spent. Budgets of which nothing is planned are missing.

    Raises:
        UnknownTimezone: that of one of these brands is invalid.
    """
    of_brands = Q(brand__in=locks.among(brands))
    whose = of_brands & Q(campaign=None)
    if campaigns:
        whose |= of_brands & Q(campaign__in=locks.among(campaigns))
    to_come = Q(applied_at=None) | Q(spent_before__isnull=False)
    changes = ScheduledChange.objects.filter(whose, to_come, cancelled_at=None).order_by()
    ids = list(changes.values_list("pk", flat=True))
    if not ids:
        return {}
    planned = ScheduledChange.objects.filter(pk__in=ids)
    found: dict[Owner, dict[str, list[tuple[datetime, Decimal | None]]]] = defaultdict(dict)
    for day, change, budget in steps(list(with_figures(planned)), now, until=date.max):
        owner = found[change.brand_id, change.campaign_id]
        zone = change.brand.timezone
        is_due = day <= local_date(now, zone)  # the clock is about to apply it
        begins = now if is_due else day_begins(day, zone)
        owner.setdefault(change.field, []).append((begins, budget))
    return found


def later_in_the_month(now: datetime) -> QuerySet[ScheduledChange]:
    """What is planned for days of this month that have not come yet, wherever the brand is.

    Nothing is carried over there: that belongs to the first of a month.
    """
    last = next_month((now + timedelta(days=1)).date())
    return ScheduledChange.objects.filter(
        applied_at=None, cancelled_at=None, starts_on__lte=last
    ).order_by("starts_on", "pk")
