"""Clocks that are wrong, change, or are asked about long ago."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from ads.models import Brand, Campaign, DeliveryChange, Spend, TimezoneName
from ads.services.delivery import Trigger, enforce
from ads.services.ledger import SpendEntry, record_all
from budget_manager.tests.faults.system.check import in_ledger_once, nothing_is_wrong
from budget_manager.tests.faults.system.load import Entries, Load
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import EMPTY, Stack, wrong_clock

pytestmark = pytest.mark.faults

#: Zone, and a local day on which its clocks change: at night, by half an hour, and at midnight,
#: which then is not there or comes twice.
CHANGES = [
    ("America/New_York", date(2024, 11, 3)),
    ("Europe/London", date(2024, 3, 31)),
    ("Australia/Lord_Howe", date(2024, 4, 7)),
    ("Africa/Cairo", date(2024, 4, 26)),
    ("America/Havana", date(2024, 11, 3)),
]


@pytest.mark.parametrize(("zone", "day"), CHANGES, ids=[zone for zone, _ in CHANGES])
def test_late_shuffled_and_duplicated_spend_counts_once_and_on_its_own_day(
    stack: Stack, zone: str, day: date
) -> None:
    random = Random(zone)
    name = f"calm_{zone.partition('/')[2].lower()}"
    stack.make_database(name, like=EMPTY)
    with stack.database(name):
        brand = Brand.objects.create(name=zone, timezone=zone, daily_budget=400)
        campaigns = Campaign.objects.bulk_create(
            Campaign(brand=brand, name=f"{budget}", status="active", daily_budget=budget)
            for budget in (40, 150, None)
        )
        # Three days, before and after both midnights and the change.
        midday = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        instants = [midday + timedelta(minutes=20 * step) for step in range(-108, 108)]
        sent = {
            str(number): (instant, random.choice(campaigns), Decimal(random.randint(1, 400)) / 100)
            for number, instant in enumerate(instants)
        }
        # Each comes up to a day late, and every third comes twice.
        due = [
            (instant + timedelta(minutes=random.randint(0, 1440)), external_id)
            for external_id, (instant, _, _) in sent.items()
            for _ in range(1 + (int(external_id) % 3 == 0))
        ]
        spent: dict[tuple[Campaign, date], Decimal] = defaultdict(Decimal)
        arrived: set[str] = set()
        for step in range(0, len(due), 24):
            batch = sorted(due)[step : step + 24]
            now = batch[-1][0]
            random.shuffle(batch)
            entries = [
                SpendEntry(campaign, amount, occurred_at=instant, external_id=one)
                for _, one in batch
                for instant, campaign, amount in [sent[one]]
            ]
            record_all(entries, source="late", now=now)
            for _, one in batch:
                if one not in arrived:
                    arrived.add(one)
                    instant, campaign, amount = sent[one]
                    spent[campaign, instant.astimezone(ZoneInfo(zone)).date()] += amount
            enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)

            nothing_is_wrong(now)
            today = now.astimezone(ZoneInfo(zone)).date()
            used_up = sum(spent[campaign, today] for campaign in campaigns) >= 400
            for campaign in campaigns:
                campaign.refresh_from_db()
                budget = campaign.daily_budget
                stopped = used_up or (budget is not None and spent[campaign, today] >= budget)
                assert campaign.is_active is not stopped, (now, campaign.name)

        rows: Entries = {
            ("late", one): (campaign.pk, amount) for one, (_, campaign, amount) in sent.items()
        }
        in_ledger_once(rows, rows)
        found: dict[tuple[Campaign, date], Decimal] = defaultdict(Decimal)
        for row in Spend.objects.select_related("campaign"):
            found[row.campaign, row.date] += row.amount
        assert found == {key: amount for key, amount in spent.items() if amount}


#: By more than the hour that a wrong timezone makes, so that at any minute there is a zone in which
#: the wrong clock shows another day, and the right one has half an hour to midnight.
WRONG_BY = timedelta(minutes=90)
AHEAD = (timedelta(hours=22, minutes=35), timedelta(hours=23, minutes=40))
BEHIND = (timedelta(minutes=5), timedelta(minutes=85))


def zone_between(earliest: timedelta, latest: timedelta) -> str:
    """A timezone in which it is that late now."""
    now = timezone.now()
    for name in TimezoneName.objects.order_by("name").values_list("name", flat=True):
        local = now.astimezone(ZoneInfo(name)).replace(tzinfo=None)
        since = local - datetime.combine(local.date(), datetime.min.time())
        if earliest <= since < latest:
            return name
    raise AssertionError(f"nowhere is it between {earliest} and {latest}")


@contextmanager
def clocks(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Has beat and the workers run by a clock that is ahead (+) or behind (-), until the end."""
    minutes = int(WRONG_BY.total_seconds() // 60)
    names = ("beat", *stack.workers)

    def be_wrong(sign: str) -> None:
        wrong = wrong_clock(f"{sign}{minutes}m")
        for name in names:
            stack.kill(name)
            stack.processes[name] = stack.spawn(name, **wrong)

    try:
        yield be_wrong
    finally:
        for name in names:
            stack.kill(name)
        stack.start()


def test_no_campaign_runs_or_is_completed_by_a_clock_that_is_ahead_or_behind(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    with clocks(stack) as be_wrong:
        for sign in "+-":
            brand, right = brand_near_midnight(sign)
            assert states(brand) == right
            before = DeliveryChange.objects.filter(campaign__brand=brand).count()

            be_wrong(sign)
            for task in ("check_campaign_budgets", "enforce_dayparting", "reset_daily_budgets"):
                stack.run(task, timeout=PATIENCE)

            assert states(brand) == right, sign
            assert DeliveryChange.objects.filter(campaign__brand=brand).count() == before

    all_is_well()


def brand_near_midnight(sign: str) -> tuple[Brand, dict[str, tuple[bool, str]]]:
    """One on whose day the wrong clock is wrong, and how its campaigns are and have to stay."""
    zone = zone_between(*(AHEAD if sign == "+" else BEHIND))
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    day = timedelta(days=1)
    brand = Brand.objects.create(name=f"{zone} {sign}", timezone=zone, last_daily_reset=today)
    flights = {
        "used up today": (None, None),
        "begins tomorrow": (today + day, None),
        "ends today": (None, today),
        "began today": (today, None),
    }
    made = {
        name: Campaign.objects.create(
            brand=brand, name=name, status="active", daily_budget=10, start_date=start, end_date=end
        )
        for name, (start, end) in flights.items()
    }
    record_all([SpendEntry(made["used up today"], 10, date=today)], source="x", now=timezone.now())
    runs = {"used up today": False, "begins tomorrow": False, "ends today": True}
    return brand, {name: (on, "active") for name, on in {**runs, "began today": True}.items()}


def states(brand: Brand) -> dict[str, tuple[bool, str]]:
    rows = Campaign.objects.filter(brand=brand).values_list("name", "is_active", "status")
    return {name: (is_active, status) for name, is_active, status in rows}
