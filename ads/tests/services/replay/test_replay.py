"""Replays of recorded spend: what would have stopped when, and what would have been spent."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from ads.models import Brand, BudgetGroup, Campaign, DeliveryChange, Spend, SpendTotal
from ads.services.replay import Budgets, InvalidScenario, Replayed, Scenario, replay
from ads.services.replay.copies import copied
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.services.replay.naive import Naive
from ads.tests.support import enforce_all, execute

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 4, 29)
BEGINS = datetime(2024, 4, 29, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
DAY = timedelta(days=1)
NONE = Budgets(None, None)


@pytest.fixture(autouse=True)
def a_month_later() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def brand_of(*campaigns: Mapping[str, object], **brand: object) -> tuple[Brand, list[Campaign]]:
    """A brand whose campaigns run from the beginning."""
    with time_machine.travel(BEGINS - DAY, tick=False):
        its = BrandFactory.create(**brand)
        made = [CampaignFactory.create(brand=its, **given) for given in campaigns]
        enforce_all(BEGINS - DAY)
    return its, made


def spend(campaign: Campaign, *instants: datetime, amount: int) -> None:
    """``amount`` at each of the instants."""
    Spend.objects.bulk_create(
        Spend(campaign=campaign, date=at.date(), occurred_at=at, amount=amount) for at in instants
    )


def hourly(campaign: Campaign, day: date, amount: int, hours: range = range(24)) -> None:
    """``amount`` at the end of each hour."""
    ends = (datetime.combine(day, time(hour, 57), UTC) for hour in hours)
    spend(campaign, *ends, amount=amount)


def steadily(campaign: Campaign) -> None:
    """$1 every five minutes of a day."""
    spend(campaign, *(BEGINS + n * STEP for n in range(24 * 12)), amount=1)


def replayed(brand: Brand, /, first: date = MONDAY, days: int = 1, **given: object) -> Replayed:
    scenario = Scenario(first, first + (days - 1) * DAY, **given)  # type: ignore[arg-type]
    return replay(brand, scenario, NOW)


def test_as_it_was_is_as_it_was() -> None:
    brand, [campaign] = brand_of({})
    hourly(campaign, MONDAY, 10)

    found = replayed(brand)

    assert [found.recorded, found.replayed, found.estimated] == [240, 240, 0]
    assert found.stops == ()


def test_a_lower_budget_would_have_stopped_it_at_the_first_check_that_knows() -> None:
    brand, [campaign] = brand_of({})
    hourly(campaign, MONDAY, 10)

    found = replayed(brand, campaigns={campaign.pk: Budgets(Decimal(95), None)}, lag=60)

    # The tenth hour's $10 come at 09:57 and are known at 11:00.
    [stop] = found.stops
    assert (stop.at, stop.holds, stop.until) == (
        BEGINS + timedelta(hours=11),
        ("daily_budget",),
        None,
    )
    [outcome] = found.campaigns
    assert [outcome.replayed, outcome.over, outcome.stops] == [110, 15, 1]


def test_a_brand_budget_stops_them_all_until_midnight() -> None:
    brand, campaigns = brand_of({}, {})
    for campaign in campaigns:
        for day in range(2):
            hourly(campaign, MONDAY + day * DAY, 10)

    found = replayed(brand, days=2, brand=Budgets(Decimal(100), None))

    assert [(stop.at, stop.until, stop.holds) for stop in found.stops] == [
        (BEGINS + timedelta(hours=5), BEGINS + DAY, ("brand_daily_budget",)),
        (BEGINS + timedelta(hours=5), BEGINS + DAY, ("brand_daily_budget",)),
        (BEGINS + DAY + timedelta(hours=5), None, ("brand_daily_budget",)),
        (BEGINS + DAY + timedelta(hours=5), None, ("brand_daily_budget",)),
    ]
    assert [list(day) for day in found.days] == [[MONDAY, 480, 100], [MONDAY + DAY, 480, 100]]


def test_a_higher_budget_is_estimated_from_the_hours_in_which_it_ran() -> None:
    brand, [campaign] = brand_of({"daily_budget": 60})
    hourly(campaign, MONDAY, 10, range(6))
    enforce_all(BEGINS + timedelta(hours=6))

    found = replayed(brand, campaigns={campaign.pk: NONE})

    assert [found.recorded, found.replayed, found.estimated] == [60, 240, 180]


def test_while_a_person_has_it_paused_it_spends_nothing() -> None:
    brand, [campaign] = brand_of({"daily_budget": 60})
    hourly(campaign, MONDAY, 10, range(6))
    enforce_all(BEGINS + timedelta(hours=6))
    paused_at(campaign, BEGINS + timedelta(hours=18))

    found = replayed(brand, campaigns={campaign.pk: NONE})

    assert [found.recorded, found.replayed, found.estimated] == [60, 180, 120]


def test_a_campaign_that_is_paused_today_ran_then() -> None:
    brand, [campaign] = brand_of({})
    hourly(campaign, MONDAY, 10)
    Campaign.objects.filter(pk=campaign.pk).update(status="paused")

    assert replayed(brand).replayed == 240


def paused_at(campaign: Campaign, at: datetime) -> None:
    """As the audit has it, whose other rows have the database's clock and so are of later."""
    for status, since in (("active", BEGINS - DAY), ("paused", at)):
        execute(
            "INSERT INTO ads_campaignevent (pgh_obj_id, pgh_created_at, pgh_label, name, status,"
            " brand_id, is_dayparting_enabled) VALUES (%s, %s, 'update', '', %s, %s, false)",
            [campaign.pk, since, status, campaign.brand_id],
        )


def test_hours_stop_and_start_it() -> None:
    brand, [campaign] = brand_of({})
    hourly(campaign, MONDAY, 10)
    office = ScheduleFactory.create(windows=[(0, "09:00", "17:00")])

    found = replayed(brand, schedules=frozenset({office.pk}))

    assert [(stop.at, stop.holds) for stop in found.stops] == [
        (BEGINS + timedelta(hours=17), ("dayparting",))
    ]
    assert found.replayed == 80


def test_what_became_known_while_it_was_closed_keeps_it_off() -> None:
    brand, [campaign] = brand_of({})
    spend(campaign, BEGINS + timedelta(hours=23), BEGINS + timedelta(hours=37), amount=100)
    evenings = ScheduleFactory.create(windows=[(0, "12:00", "00:00"), (1, "12:00", "00:00")])

    budgets = {campaign.pk: Budgets(None, Decimal(100))}
    hours = frozenset({evenings.pk})
    found = replayed(brand, days=2, campaigns=budgets, schedules=hours, lag=120)

    # Known at 01:00, so it does not open at noon.
    assert [stop.at for stop in found.stops] == [BEGINS + DAY]
    assert found.replayed == 100


def test_spend_of_an_unknown_time_is_spread_over_the_hours_in_which_it_ran() -> None:
    brand, [campaign] = brand_of({})
    Spend.objects.create(
        campaign=campaign,
        date=MONDAY,
        amount=240,
        occurred_at=BEGINS + 2 * DAY,
    )

    [stop] = replayed(brand, campaigns={campaign.pk: Budgets(Decimal(120), None)}).stops

    assert stop.at == BEGINS + timedelta(hours=12)


def test_the_months_earlier_days_count() -> None:
    brand, [campaign] = brand_of({})
    hourly(campaign, date(2024, 5, 1), 10)
    hourly(campaign, date(2024, 5, 2), 10)

    budgets = {campaign.pk: Budgets(None, Decimal(300))}
    [stop] = replayed(brand, date(2024, 5, 2), campaigns=budgets).stops

    assert (stop.at, stop.holds) == (
        datetime(2024, 5, 2, 6, tzinfo=UTC),
        ("monthly_budget",),
    )


@pytest.mark.parametrize("of", ["brand", "group", "group in all"])
def test_what_others_that_ran_no_more_had_spent_counts_for_budgets_that_they_share(of: str) -> None:
    day = date(2024, 5, 2)
    budgets = {"total_budget" if of == "group in all" else "monthly_budget": 300}
    brand, [campaign, other] = brand_of({}, {}, **(budgets if of == "brand" else {}))
    if of != "brand":
        group = BudgetGroup.objects.create(brand=brand, name="Shared", **budgets)
        Campaign.objects.update(budget_group=group)
    hourly(other, MONDAY if of == "group in all" else day - DAY, 10)
    Campaign.objects.filter(pk=other.pk).update(status="archived", is_active=False)
    hourly(campaign, day, 10)

    found = replayed(brand, day)

    assert [(stop.campaign, stop.at) for stop in found.stops] == [
        (campaign, datetime(2024, 5, 2, 6, tzinfo=UTC))
    ]
    assert [one.campaign for one in found.campaigns] == [campaign]
    assert found.replayed == 60


def test_nothing_of_it_stays() -> None:
    brand, [campaign] = brand_of({"daily_budget": 100})
    hourly(campaign, MONDAY, 10)
    before = [model.objects.count() for model in (Brand, Campaign, Spend, SpendTotal)]
    changes = list(DeliveryChange.objects.values_list("pk", flat=True))

    assert replayed(brand).stops

    assert [model.objects.count() for model in (Brand, Campaign, Spend, SpendTotal)] == before
    assert list(DeliveryChange.objects.values_list("pk", flat=True)) == changes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"first": NOW.date(), "last": NOW.date()}, "to: 2024-06-01 cannot be used: use a day"),
        ({"last": MONDAY - DAY}, "to: 2024-04-28 cannot be used: use 2024-04-29 or later."),
        ({"first": MONDAY - 100 * DAY}, "from: 2024-01-20 cannot be used: these are 101 days"),
        ({"check_every": 7}, "check_every: 7 cannot be used: use one of 5, 10, 15, 30, 60 minutes"),
        ({"lag": 3}, "lag: 3 cannot be used: use minutes from 0 to 720, in steps of 5."),
        ({"percent": Decimal(-1)}, "budgets: -1 cannot be used: use 0 or more percent."),
        ({}, "from: 2024-04-29 cannot be used: no campaign of Shoes ran or spent anything"),
    ],
)
def test_what_cannot_be_replayed(given: dict[str, object], message: str) -> None:
    brand = BrandFactory.create(name="Shoes")
    scenario = Scenario(**{"first": MONDAY, "last": MONDAY, **given})  # type: ignore[arg-type]

    with pytest.raises(InvalidScenario) as raised:
        replay(brand, scenario, NOW)

    assert str(raised.value).startswith(message)


BUDGET = st.none() | st.integers(0, 400).map(Decimal)


@settings(max_examples=12, deadline=None)
@given(
    amounts=st.lists(
        st.lists(st.integers(0, 30), min_size=72, max_size=72), min_size=2, max_size=3
    ),
    budgets=st.lists(st.builds(Budgets, BUDGET, BUDGET), min_size=3, max_size=3),
    of_brand=st.builds(Budgets, BUDGET, BUDGET),
    check_every=st.sampled_from([5, 15, 60]),
    lag=st.sampled_from([0, 5, 90]),
    open_at=st.none() | st.integers(0, 23),
    priorities=st.none() | st.lists(st.integers(0, 1), min_size=3, max_size=3),
)
def test_it_does_what_a_naive_simulation_does(
    amounts: list[list[int]],
    budgets: list[Budgets],
    of_brand: Budgets,
    check_every: int,
    lag: int,
    open_at: int | None,
    priorities: list[int] | None,
) -> None:
    """Step by step, every campaign looked at by itself; over the end of April."""
    levels = (priorities or [0] * 3)[: len(amounts)]
    brand, campaigns = brand_of(*({"priority": level} for level in levels))
    for campaign, hours in zip(campaigns, amounts, strict=True):
        Spend.objects.bulk_create(
            Spend(campaign=campaign, date=at.date(), occurred_at=at, amount=amount)
            for hour, amount in enumerate(hours)
            if (at := BEGINS + timedelta(hours=hour, minutes=32)) and amount
        )
    schedules = None
    if open_at is not None:
        windows = [(day, f"{open_at:02}:00", "00:00") for day in range(7)]
        schedules = frozenset({ScheduleFactory.create(windows=windows).pk})

    found = replayed(
        brand,
        days=3,
        campaigns={one.pk: its for one, its in zip(campaigns, budgets, strict=False)},
        brand=of_brand,
        check_every=check_every,
        lag=lag,
        schedules=schedules,
        stops_early=priorities is not None,
    )

    every, late = check_every // 5, lag // 5
    simulated = Naive(amounts, budgets, of_brand, every, late, open_at, priorities)
    stops, spent = simulated.run(), simulated.spent
    assert [one.replayed for one in sorted(found.campaigns, key=lambda one: one.campaign.pk)] == [
        sum(its) for its in spent
    ]
    position = {one.pk: index for index, one in enumerate(campaigns)}
    assert sorted((stop.at, position[stop.campaign.pk]) for stop in found.stops) == sorted(
        (BEGINS + step * STEP, index) for step, index in stops
    )


def test_only_as_much_as_somebody_waits_for() -> None:
    brand, [campaign] = brand_of({})
    hourly(campaign, MONDAY, 10)

    with pytest.raises(InvalidScenario, match="are 3 campaign days, and at most 1"):
        replay(brand, Scenario(MONDAY, MONDAY + 2 * DAY), NOW, most=1)


def test_a_total_budget_counts_from_the_flights_first_day() -> None:
    brand, [campaign] = brand_of({"total_budget": 100, "start_date": MONDAY - DAY})
    spend(campaign, BEGINS - 3 * DAY, amount=500)
    spend(campaign, BEGINS - DAY, amount=50)
    hourly(campaign, MONDAY, 10)

    [stop] = replayed(brand).stops

    assert (stop.at, stop.holds) == (BEGINS + timedelta(hours=5), ("total_budget",))


def test_a_group_stops_its_campaigns_and_no_others() -> None:
    brand, campaigns = brand_of({}, {}, {})
    group = BudgetGroup.objects.create(brand=brand, name="Shared", daily_budget=100)
    Campaign.objects.filter(pk__in=[one.pk for one in campaigns[:2]]).update(budget_group=group)
    for campaign in campaigns:
        hourly(campaign, MONDAY, 10)

    found = replayed(brand)

    assert [(stop.at, stop.campaign, stop.holds) for stop in found.stops] == [
        (BEGINS + timedelta(hours=5), campaign, ("group_budget",)) for campaign in campaigns[:2]
    ]
    assert found.replayed == 2 * 50 + 240


def test_stopping_early_saves_what_a_late_report_would_cost() -> None:
    brand, campaigns = brand_of({"priority": 1}, {})
    for campaign in campaigns:
        steadily(campaign)
    budgets = Budgets(Decimal(200), None)

    late = replayed(brand, brand=budgets, lag=60)
    early = replayed(brand, brand=budgets, lag=60, stops_early=True)

    # $24 more are spent in the hour in which nobody knows.
    assert [late.replayed, late.over, late.unspent] == [224, 24, 0]
    # The one with the lower priority stops first, and the other spends the rest.
    assert [early.replayed, early.over, early.unspent] == [200, 0, 0]
    assert [stop.campaign.priority for stop in early.stops] == [0, 1]
    assert [one.replayed for one in sorted(early.campaigns, key=lambda one: one.campaign.pk)] == [
        106,
        94,
    ]


def test_it_stops_early_as_the_brand_does_unless_said_otherwise() -> None:
    brand, [campaign] = brand_of({"daily_budget": 60}, stops_early=True)
    steadily(campaign)

    assert replayed(brand, lag=30).replayed < replayed(brand, lag=30, stops_early=False).replayed


@pytest.mark.parametrize(
    ("currency", "budget", "expected"),
    [("JPY", "15", "17"), ("USD", "15.55", "17.11"), ("KWD", "15.555", "17.111")],
)
def test_shares_of_budgets_are_rounded_to_the_minor_unit_of_the_currency(
    currency: str, budget: str, expected: str
) -> None:
    budgets = {name: Decimal(budget) for name in ("daily_budget", "total_budget")}
    brand, campaigns = brand_of(budgets, currency=currency)
    scenario = Scenario(MONDAY, MONDAY, percent=Decimal(110))

    with copied(brand, campaigns, scenario) as copies:
        (copy,) = copies.campaigns

    assert {copy.daily_budget, copy.total_budget} == {Decimal(expected)}
