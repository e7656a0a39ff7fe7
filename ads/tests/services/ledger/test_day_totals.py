"""Day totals ("C has cost X so far on D"), corrections, and what is left of a budget."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from ads.models import Campaign, Spend
from ads.services import BudgetService, DayTotal, InvalidSpend, OnOverlap, Reference
from ads.services.ledger import Answer
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, delivers, enforce_all, switches, totals

pytestmark = pytest.mark.django_db

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    """The clock stands at noon in UTC."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def report(
    campaign: Campaign,
    amount: object,
    seen: datetime = NOON,
    day: date = TODAY,
    source: str = "x",
    on_overlap: OnOverlap | None = None,
) -> Any:
    """The difference recorded, and the outcome."""
    outcome = BudgetService.report_day_total(
        campaign, day, amount, source=source, observed_at=seen, on_overlap=on_overlap
    )
    return outcome.difference, outcome.outcome


def entries() -> Any:
    """Amount and kind of what is in the ledger, oldest first."""
    return list(Spend.objects.order_by("id").values_list("amount", "kind"))


def test_the_ledger_gets_the_difference_to_what_was_reported_before(campaign: Campaign) -> None:
    assert report(campaign, "10.5", NOON - 2 * MINUTE) == (Decimal("10.5"), "recorded")
    assert report(campaign, "12", NOON - MINUTE) == (Decimal("1.5"), "recorded")
    assert report(campaign, "12", NOON) == (0, "unchanged")

    assert entries() == [(Decimal("10.5"), "day_total"), (Decimal("1.5"), "day_total")]
    assert totals(campaign)["day", TODAY] == 12


def test_a_report_repeated_changes_nothing(campaign: Campaign) -> None:
    report(campaign, 10)

    assert report(campaign, 10) == (0, "unchanged")
    assert entries() == [(10, "day_total")]


def test_an_older_observation_never_overrides_a_newer_one(campaign: Campaign) -> None:
    report(campaign, 20, NOON)

    assert report(campaign, 15, NOON - MINUTE) == (0, "older")
    assert report(campaign, 99, NOON - MINUTE) == (0, "older")

    assert totals(campaign)["day", TODAY] == 20
    assert report(campaign, 21, NOON) == (1, "recorded")


def test_the_moment_of_an_unchanged_observation_is_remembered_too(campaign: Campaign) -> None:
    report(campaign, 20, NOON - 2 * MINUTE)
    report(campaign, 20, NOON)

    assert report(campaign, 15, NOON - MINUTE) == (0, "older")


def test_a_lowered_total_becomes_a_correction_that_says_why_and_brings_back(
    campaign: Campaign,
) -> None:
    report(campaign, 80, NOON - MINUTE)
    assert not delivers(campaign)

    assert report(campaign, "74.5", NOON) == (Decimal("-5.5"), "recorded")

    correction = Spend.objects.get(kind="correction")
    assert (correction.amount, correction.date) == (Decimal("-5.5"), TODAY)
    assert "lowered from 80 to 74.5" in correction.description
    assert switches(campaign)[1:] == [(False, ["daily_budget"]), (True, [])]


def test_a_total_may_be_lowered_to_zero_and_zero_reported_first_records_nothing(
    campaign: Campaign,
) -> None:
    assert report(campaign, 0, NOON - 2 * MINUTE) == (0, "unchanged")
    assert entries() == []

    report(campaign, 5, NOON - MINUTE)
    report(campaign, 0, NOON)

    assert entries() == [(5, "day_total"), (-5, "correction")]
    assert totals(campaign)["day", TODAY] == 0


def test_sources_days_and_campaigns_are_kept_apart(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand)

    report(campaign, 1)
    report(campaign, 2, source="y", on_overlap=OnOverlap.ADD)
    report(campaign, 4, day=YESTERDAY)
    report(other, 8)

    assert totals(campaign)["day", TODAY] == 3
    assert totals(campaign)["day", YESTERDAY] == 4
    assert totals(campaign.brand)["month", TODAY.replace(day=1)] == 15


def test_day_totals_and_entries_add_up(campaign: Campaign) -> None:
    BudgetService.record_spend(campaign, 70)
    assert delivers(campaign)

    report(campaign, 5)

    assert totals(campaign)["day", TODAY] == 75
    assert not delivers(campaign)


def test_yesterday_s_total_may_still_grow_and_never_counts_today(campaign: Campaign) -> None:
    report(campaign, 1000, day=YESTERDAY)

    assert delivers(campaign)
    assert totals(campaign)["month", TODAY.replace(day=1)] == 1000


def test_many_totals_are_answered_in_order_the_newest_of_one_day_counting() -> None:
    brand = BrandFactory.create(daily_budget=30)
    one, two = CampaignFactory.create_batch(2, brand=brand)
    enforce_all(NOON)

    outcomes = BudgetService.report_day_totals(
        [
            DayTotal(one, TODAY, 10, NOON - MINUTE),
            DayTotal(two.pk, TODAY, "20", NOON),
            DayTotal(one, TODAY, 12, NOON),
            DayTotal(one, TODAY, 11, NOON - 2 * MINUTE),
        ],
        source="x",
    )

    assert outcomes == [
        Answer("older", difference=Decimal(0), currency="USD"),
        Answer("recorded", difference=Decimal(20), currency="USD"),
        Answer("recorded", difference=Decimal(12), currency="USD"),
        Answer("older", difference=Decimal(0), currency="USD"),
    ]
    assert totals(brand)["day", TODAY] == 32
    for campaign in (one, two):
        assert switches(campaign) == [(True, []), (False, ["brand_daily_budget"])]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("amount", {"amount": Decimal("-1")}),
        ("amount", {"amount": 1.5}),
        ("amount", {"amount": Decimal("0.0000001")}),
        ("date", {"day": TODAY + timedelta(days=2)}),
        ("source", {"source": ""}),
        ("observed_at", {"seen": datetime(2024, 5, 15)}),  # noqa: DTZ001
        ("observed_at", {"seen": NOON + timedelta(hours=1)}),
    ],
)
def test_a_total_that_cannot_be_is_refused_by_name_and_changes_nothing(
    campaign: Campaign, field: str, given: dict[str, Any]
) -> None:
    report(campaign, 5)
    arguments: dict[str, Any] = {"amount": 9, **given}

    with pytest.raises(InvalidSpend, match=f"^{field}: ") as refusal:
        report(campaign, **arguments)

    assert refusal.value.field == field
    assert entries() == [(5, "day_total")]
    assert report(campaign, 6) == (1, "recorded")


def test_one_bad_total_among_many_records_none(campaign: Campaign) -> None:
    with pytest.raises(InvalidSpend):
        BudgetService.report_day_totals(
            [DayTotal(campaign, TODAY, 80, NOON), DayTotal(campaign, YESTERDAY, "x", NOON)],
            source="x",
        )

    assert entries() == []
    assert delivers(campaign)


def test_a_day_that_the_source_has_reported_by_references_is_refused(campaign: Campaign) -> None:
    registry.add(campaign, Reference("google_ads", "1", "7"))
    row = DayTotal(Reference("google_ads", "1", "7"), TODAY, 5, NOON)
    BudgetService.take_day_totals([row], source="x")

    with pytest.raises(InvalidSpend, match="source x has reported 2024-05-15 of") as refusal:
        report(campaign, 9)

    assert (refusal.value.field, refusal.value.value) == ("campaign", campaign.pk)
    assert entries() == [(5, "day_total")]
    assert report(campaign, 9, source="y", on_overlap=OnOverlap.ADD) == (9, "recorded")


def test_the_day_is_the_brand_s(noon: Any) -> None:
    campaign = CampaignFactory.create(brand__timezone="Pacific/Auckland")
    noon.move_to(at("2024-05-15 12:30"))  # the 16th there

    report(campaign, 5, NOON, day=date(2024, 5, 17))
    with pytest.raises(InvalidSpend):
        report(campaign, 5, NOON, day=date(2024, 5, 18))


def test_a_correction_can_bring_a_campaign_back(campaign: Campaign) -> None:
    BudgetService.record_spend(campaign, 80)

    entry = BudgetService.record_correction(
        campaign, Decimal("-5.000001"), "refund of invalid clicks", date=TODAY
    )

    assert (entry.kind, entry.amount) == ("correction", Decimal("-5.000001"))
    assert totals(campaign)["day", TODAY] == Decimal("74.999999")
    assert switches(campaign)[1:] == [(False, ["daily_budget"]), (True, [])]
    assert campaign.delivery_changes.latest("id").trigger == "correction"


def test_a_correction_may_also_raise_and_then_stops(campaign: Campaign) -> None:
    BudgetService.record_correction(campaign, 75, "spend that nobody reported", date=TODAY)

    assert switches(campaign)[1:] == [(False, ["daily_budget"])]


def test_a_correction_of_the_past_leaves_today_alone(campaign: Campaign) -> None:
    BudgetService.record_spend(campaign, 80)

    BudgetService.record_correction(campaign, -80, "wrong day", date=YESTERDAY)

    assert not delivers(campaign)
    assert totals(campaign)["day", YESTERDAY] == -80
    assert totals(campaign)["month", TODAY.replace(day=1)] == 0


@pytest.mark.parametrize("why", ["", "  "])
def test_a_correction_says_why(campaign: Campaign, why: str) -> None:
    with pytest.raises(InvalidSpend, match=r"^description: "):
        BudgetService.record_correction(campaign, -5, why, date=TODAY)

    assert not Spend.objects.exists()


def test_only_a_correction_may_be_negative(campaign: Campaign) -> None:
    with pytest.raises(InvalidSpend, match="record a correction"):
        BudgetService.record_spend(campaign, -5)

    assert not Spend.objects.exists()


def test_a_summary_has_the_figures_of_the_brand_s_own_day_and_month(noon: Any) -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo", daily_budget=100, monthly_budget=None)
    one, two = CampaignFactory.create_batch(2, brand=brand, daily_budget=50)
    noon.move_to(at("2024-05-31 15:30"))  # 1 June there
    enforce_all(at("2024-05-31 15:30"))
    BudgetService.record_spend(one, 30)
    BudgetService.record_spend(two, 50)
    BudgetService.record_spend(two, 7, date=date(2024, 5, 31))

    summary: Any = BudgetService.get_brand_summary(brand)

    assert summary["date"] == date(2024, 6, 1)
    assert (summary["daily_spend"], summary["daily_remaining"]) == (80, 20)
    assert (summary["monthly_spend"], summary["monthly_remaining"]) == (80, None)
    assert summary["is_budget_available"] is True
    assert (summary["campaigns"], summary["active_campaigns"]) == (2, 1)
    assert BudgetService.get_campaign_summary(two)["daily_remaining"] == 0
    assert not BudgetService.is_budget_available(two)
    assert BudgetService.is_budget_available(one)


def test_a_manual_reset_waives_and_the_report_stays_true(campaign: Campaign, noon: Any) -> None:
    BudgetService.record_spend(campaign, 80)
    assert not delivers(campaign)

    assert BudgetService.reset_daily_spend(campaign) is True
    assert BudgetService.reset_daily_spend(campaign) is False

    assert delivers(campaign)
    summary: Any = BudgetService.get_campaign_summary(campaign)
    assert (summary["daily_spend"], summary["daily_waived"]) == (80, 80)
    assert summary["daily_remaining"] == 75
    assert totals(campaign)["day", TODAY] == 80
    assert campaign.delivery_changes.latest("id").trigger == "reset"

    BudgetService.record_spend(campaign, Decimal("74.99"))
    assert delivers(campaign)
    BudgetService.record_spend(campaign, Decimal("0.01"))
    assert not delivers(campaign)


def test_a_brand_s_reset_waives_the_brand_s_spend_alone() -> None:
    brand = BrandFactory.create(daily_budget=100, monthly_budget=100)
    used_up, free = (
        CampaignFactory.create(brand=brand, daily_budget=60),
        CampaignFactory.create(brand=brand),
    )
    enforce_all(NOON)
    BudgetService.record_spend(used_up, 100)

    assert BudgetService.reset_daily_spend(brand)
    assert not delivers(free)
    assert BudgetService.reset_monthly_spend(brand)

    assert delivers(free)
    assert not delivers(used_up)
    assert switches(used_up)[-1] == (
        False,
        ["brand_daily_budget", "brand_monthly_budget", "daily_budget"],
    )


def test_nothing_spent_is_nothing_to_waive(campaign: Campaign) -> None:
    assert BudgetService.reset_daily_spend(campaign) is False
    assert BudgetService.reset_monthly_spend(campaign.brand) is False
    assert delivers(campaign)
