"""Waiting spend is previewed on the days on which the ledger will count it, in every timezone."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Brand, Campaign, Spend, UnknownReference, WaitingSpend
from ads.models.spend import Kind, Period
from ads.rules.calendar import day_bounds, local_date, month_start, names, next_offset_change
from ads.services.ledger import SpendEntry, record_all
from ads.services.references import registry, unmatched
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import google, take, total
from ads.tests.services.ledger.support import unknown as unknown_of

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
NOW = datetime(2026, 11, 28, 7, 45, tzinfo=UTC)


def moments() -> dict[str, datetime]:
    """For each timezone an instant on a day on which its clock jumps, if it does before 2029."""
    end = datetime(2029, 1, 1, tzinfo=UTC)
    jumps = {name: next_offset_change(name, NOW, end) for name in names()}
    return {name: NOW if jump == end else jump + SECOND for name, jump in jumps.items()}


def test_the_preview_of_a_match_agrees_with_the_ledger_in_every_timezone() -> None:
    now_in = moments()
    zones = sorted(now_in)
    brands = Brand.objects.bulk_create([Brand(name=name, timezone=name) for name in zones])
    campaigns = dict(
        zip(
            zones,
            Campaign.objects.bulk_create([Campaign(brand=each, name="C") for each in brands]),
            strict=True,
        )
    )
    unknown = dict(
        zip(
            zones,
            UnknownReference.objects.bulk_create(
                [UnknownReference(platform="p", reference=name) for name in zones]
            ),
            strict=True,
        )
    )
    instants = {}
    for name in zones:
        begins, ends = day_bounds(local_date(now_in[name], name), name)
        month = day_bounds(month_start(local_date(now_in[name], name)), name)[0]
        instants[name] = {month - SECOND, month, begins - SECOND, begins, ends - SECOND, ends}
    kept = [
        WaitingSpend(
            unknown=unknown[name], kind=Kind.ENTRY, amount=1, occurred_at=at, source="s",
            received_at=at,
        )
        for name in zones for at in instants[name]
    ]  # fmt: skip
    WaitingSpend.objects.bulk_create(kept)

    previewed = {name: unmatched._current(unknown[name], name, now_in[name]) for name in zones}

    entries = [
        SpendEntry(campaigns[name], 1, occurred_at=at) for name in zones for at in instants[name]
    ]
    record_all(entries, source="s", now=max(now_in.values()) + timedelta(days=2))
    counted: dict[str, Counter[date]] = {name: Counter() for name in zones}
    for name, day in Spend.objects.values_list("campaign__brand__timezone", "date"):
        counted[name][day] += 1
    for name in zones:
        today = local_date(now_in[name], name)
        of_month = sum(
            rows for day, rows in counted[name].items() if month_start(today) <= day <= today
        )
        assert previewed[name] == {
            Period.DAY: counted[name][today], Period.MONTH: of_month
        }, name  # fmt: skip


@pytest.mark.parametrize(
    ("timezone", "at"),
    [
        ("America/Vancouver", datetime(2026, 11, 28, 7, 15, tzinfo=UTC)),
        ("America/Edmonton", datetime(2026, 11, 28, 6, 15, tzinfo=UTC)),
        ("America/Winnipeg", datetime(2026, 11, 28, 5, 15, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 28, 4, 15, tzinfo=UTC)),
        ("Africa/Casablanca", datetime(2026, 11, 28, 0, 15, tzinfo=UTC)),
    ],
)
def test_spend_after_midnight_is_todays_by_the_newest_rules(timezone: str, at: datetime) -> None:
    campaign = CampaignFactory.create(
        brand=BrandFactory.create(timezone=timezone), name="C", daily_budget=Decimal(75)
    )
    take(SpendEntry(google("7"), 80, occurred_at=at), now=NOW)

    (sentence,) = unmatched.used_up_by(unknown_of(), campaign, NOW)
    assert sentence.startswith("The daily budget of C would be used up: $80.00 of $75.00")
    assert unmatched.waits([unknown_of().pk])[unknown_of().pk].days(timezone) == (NOW.date(),)
    registry.match(unknown_of(), campaign, now=NOW)
    assert Spend.objects.get().date == NOW.date()


def of_file(timezone: str, amount: int = 80) -> None:
    """A day total of 28 November in this timezone, as a file brings it."""
    take(total(google("7"), amount, date=NOW.date(), observed_at=NOW), now=NOW)
    WaitingSpend.objects.update(timezone=timezone)


@pytest.mark.parametrize(("timezone", "is_same"), [("US/Pacific", True), ("UTC", False)])
def test_a_day_total_of_another_timezone_goes_on_waiting(timezone: str, is_same: Any) -> None:
    brand = BrandFactory.create(timezone="America/Los_Angeles")
    campaign = CampaignFactory.create(brand=brand, daily_budget=Decimal(75))
    of_file(timezone)
    now = NOW + timedelta(hours=1)

    told = unmatched.of_other_days(unknown_of(), campaign)
    assert bool(unmatched.used_up_by(unknown_of(), campaign, now)) is is_same
    assert (told == "") is is_same
    settled = registry.match(unknown_of(), campaign, now=now)

    assert (settled.recorded, settled.refused) == ((1, 0) if is_same else (0, 1))
    if not is_same:
        assert "Day totals in UTC are not recorded" in told
        assert WaitingSpend.objects.get().refusal.startswith(
            "date: 2026-11-28 is refused: it is a day in UTC, and the brand's days are those of "
            "America/Los_Angeles."
        )
