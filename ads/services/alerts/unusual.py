"""Brands whose spend of today is unusually high, or of yesterday unusually low."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ads.models import AlertRule, Brand, Campaign, SpendTotal
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, local_time, next_day_begins
from ads.rules.unusual import LEAST_DAYS, MOST_DAYS, Usual, usual
from ads.services.alerts.raising import Case

#: Hours of today after which yesterday is judged: platforms report late.
_SETTLED: Final = 6

_DAY: Final = timedelta(days=1)

#: First and last day; None: it has none.
Flight = tuple[date | None, date | None]


def cases(
    rules: Sequence[AlertRule], now: datetime, among: Sequence[int] | None = None
) -> list[Case]:
    """What is out of the ordinary now; one query for the brands and one for their days.

    A day on which no campaign was to run cannot be too low: one query more, if any is.
    ``among``: only of these brands.
    """
    only = {rule.brand_id for rule in rules}
    brands = Brand.objects.filter(is_active=True)
    if None not in only:
        brands = brands.filter(pk__in=[pk for pk in only if pk is not None])
    if among is not None:
        brands = brands.filter(pk__in=among)
    days = days_of(brands.values_list("pk", flat=True), now.date(), MOST_DAYS + 3)
    odd: list[tuple[int, date, Case]] = []
    for brand in brands:
        try:
            today = local_date(now, brand.timezone)
            ends = next_day_begins(now, brand.timezone)
            hour = local_time(now, brand.timezone).hour
        except UnknownTimezone:
            continue
        its = days.get(brand.pk, {})
        checks = [(today, True)] + ([(today - _DAY, False)] if hour >= _SETTLED else [])
        for day, is_today in checks:
            spent, expected = its.get(day, Decimal(0)), usual_before(its, day)
            if expected is None or not is_odd(spent, expected, high_only=is_today):
                continue
            figures = _figures(day, spent, expected, is_today=is_today)
            odd += [
                (brand.pk, day, Case(rule.pk, f"brand {brand.pk}", f"day {day}", figures, brand.pk,
                                     ends_at=ends))
                for rule in rules
                if rule.brand_id in (None, brand.pk)
            ]  # fmt: skip
    low = {pk for pk, _, case in odd if case.figures["direction"] == "low"}
    flights = flights_of(low) if low else {}
    return [
        case
        for pk, day, case in odd
        if case.figures["direction"] == "high" or is_to_run(flights.get(pk, ()), day)
    ]


def flights_of(brands: object) -> dict[int, list[Flight]]:
    """The first and last days of the brands' campaigns that are to run, as people want it now."""
    found: dict[int, list[Flight]] = {}
    wanted = Campaign.objects.filter(brand__in=brands, status=Status.ACTIVE).order_by()  # type: ignore[misc]
    for pk, *flight in wanted.values_list("brand", "start_date", "end_date").distinct():
        found.setdefault(pk, []).append((flight[0], flight[1]))
    return found


def is_to_run(flights: Iterable[Flight], day: date) -> bool:
    return any((first or day) <= day <= (last or day) for first, last in flights)


def is_odd(spent: Decimal, expected: Usual, *, high_only: bool) -> bool:
    """Is it out of the ordinary? A day that is not over can only be too high."""
    return spent > expected.high or (not high_only and spent < expected.low)


def usual_before(days: dict[date, Decimal], day: date) -> Usual | None:
    """What is usual on a day after those before it, from the first with spend on."""
    since = max(min(days, default=day), day - MOST_DAYS * _DAY)
    before = (day - since).days
    if before < LEAST_DAYS:
        return None
    return usual([days.get(since + n * _DAY, Decimal(0)) for n in range(before)])


def _figures(day: date, spent: Decimal, expected: Usual, *, is_today: bool) -> dict[str, str]:
    return {
        "day": str(day),
        "spent": str(spent),
        "usual": str(expected.amount),
        "direction": "high" if spent > expected.high else "low",
        "when": "today" if is_today else "yesterday",
    }


def days_of(brands: object, last: date, count: int) -> dict[int, dict[date, Decimal]]:
    found: dict[int, dict[date, Decimal]] = {}
    rows = SpendTotal.objects.filter(
        brand__in=brands,  # type: ignore[misc]
        campaign=None,
        period=Period.DAY,
        start__gte=last - count * _DAY,
    ).order_by()
    for pk, day, amount in rows.values_list("brand", "start", "amount"):
        found.setdefault(pk, {})[day] = amount
    return found
