"""Recording entries: what is accepted, what is refused and how, and what counts where."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from ads.models import Brand, Campaign, DeliveryChange, Spend, SpendTotal
from ads.services import BudgetService, InvalidSpend
from ads.services.delivery.enforcement import Enforced
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, delivers, enforce_all, spend, switches, totals

pytestmark = pytest.mark.django_db

TODAY = NOON.date()
MAY = TODAY.replace(day=1)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


@pytest.fixture(autouse=True)
def noon():  # type: ignore[no-untyped-def]
    """The clock stands at noon in UTC."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def everything() -> list[list[Any]]:
    """All that a refusal must leave as it was."""
    tables: list[Any] = [Spend, SpendTotal, DeliveryChange, Campaign]
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_the_documented_call_works_word_for_word(campaign: Campaign) -> None:
    BudgetService.record_spend(campaign, Decimal("100.50"), "Google Ads click")

    entry = Spend.objects.get()
    assert (entry.campaign, entry.amount, entry.description) == (
        campaign,
        Decimal("100.50"),
        "Google Ads click",
    )
    assert (entry.date, entry.occurred_at, entry.source) == (TODAY, NOON, "manual")
    assert (entry.kind, entry.external_id) == ("entry", None)
    assert not delivers(campaign)


def test_the_entry_is_returned_as_it_stands_in_the_ledger(campaign: Campaign) -> None:
    yesterday = NOON - ONE_DAY

    entry = BudgetService.record_spend(
        campaign,
        "0.004512",
        "a click",
        occurred_at=yesterday,
        source="etl",
        external_id="click-1",
    )

    stored = Spend.objects.get(pk=entry.pk)
    fields = [field.attname for field in Spend._meta.concrete_fields]
    assert {f: getattr(entry, f) for f in fields} == {f: getattr(stored, f) for f in fields}
    assert (stored.amount, stored.date) == (Decimal("0.004512"), yesterday.date())
    assert not entry._state.adding


@pytest.mark.parametrize(
    ("amount", "remedy"),
    [
        (Decimal("-0.01"), "may not be negative"),
        (Decimal("NaN"), "not a finite number"),
        (Decimal("sNaN"), "not a finite number"),
        (Decimal("Infinity"), "not a finite number"),
        (Decimal("1.0000001"), "more than 6 decimal places; round it"),
        (Decimal(10) ** 12, "below 1,000,000,000,000"),
        (10**400, "below 1,000,000,000,000"),
        (1.5, "a float is not exact; pass a Decimal"),
        (True, "pass a Decimal"),
        (None, "pass a Decimal"),
        ("1e3", "write plain digits"),
        ("1,000.00", "write plain digits"),
        ("1_000", "write plain digits"),
        ("١٢", "write plain digits"),
        ("$5", "write plain digits"),
        ("", "it is empty"),
        ("NaN", "not a finite number"),
    ],
)
def test_an_amount_that_is_none_is_refused_by_name_value_and_remedy(
    campaign: Campaign, amount: object, remedy: str
) -> None:
    before = everything()

    with pytest.raises(InvalidSpend) as refusal:
        BudgetService.record_spend(campaign, amount)

    assert isinstance(refusal.value, ValueError)
    assert refusal.value.field == "amount"
    assert refusal.value.value is amount
    assert str(refusal.value).startswith("amount: ")
    assert remedy in str(refusal.value)
    assert everything() == before


@pytest.mark.parametrize(
    ("amount", "stored"),
    [
        (Decimal("999999999999.999999"), Decimal("999999999999.999999")),
        (Decimal("0.000001"), Decimal("0.000001")),
        (Decimal("1.50000000000"), Decimal("1.5")),
        (Decimal("1E+2"), Decimal(100)),
        ("75.40", Decimal("75.4")),
        (3, Decimal(3)),
    ],
)
def test_what_is_recorded_is_exactly_what_was_given(
    campaign: Campaign, amount: object, stored: Decimal
) -> None:
    BudgetService.record_spend(campaign, amount)

    assert Spend.objects.get().amount == stored
    assert totals(campaign)["day", TODAY] == stored


@pytest.mark.parametrize("amount", [Decimal(0), 0, "0.00", Decimal("-0"), Decimal("0E-9")])
def test_zero_is_valid_and_leaves_the_ledger_as_it_is(campaign: Campaign, amount: object) -> None:
    before = everything()

    entry = BudgetService.record_spend(campaign, amount, "nothing", external_id="z")

    assert entry.pk is None
    assert entry.amount == 0
    assert everything() == before


@pytest.mark.parametrize(
    ("zone", "now", "tomorrow"),
    [
        ("UTC", at("2024-05-15 12:00"), date(2024, 5, 16)),
        ("Pacific/Kiritimati", at("2024-05-15 12:00"), date(2024, 5, 17)),  # 14 hours ahead
        ("Pacific/Pago_Pago", at("2024-05-15 10:00"), date(2024, 5, 15)),  # 11 hours behind
        ("America/New_York", at("2024-12-31 23:59"), date(2025, 1, 1)),
    ],
)
def test_a_date_up_to_the_brand_s_tomorrow_is_taken_and_a_later_one_refused(
    noon: Any, zone: str, now: datetime, tomorrow: date
) -> None:
    campaign = CampaignFactory.create(brand__timezone=zone)
    noon.move_to(now)

    BudgetService.record_spend(campaign, 1, date=tomorrow)
    before = everything()
    with pytest.raises(InvalidSpend) as refusal:
        BudgetService.record_spend(campaign, 1, date=tomorrow + ONE_DAY)
    with pytest.raises(InvalidSpend):
        BudgetService.record_spend(campaign, 1, occurred_at=now + 3 * ONE_DAY)

    assert refusal.value.field == "date"
    assert refusal.value.value == tomorrow + ONE_DAY
    for told in (zone, str(tomorrow), str(tomorrow + ONE_DAY)):
        assert told in str(refusal.value)
    assert everything() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "15 May 2024"),
        ("date", NOON),
        ("occurred_at", TODAY),
        ("occurred_at", datetime(2024, 5, 15, 12)),  # noqa: DTZ001
        ("description", None),
        ("description", "x" * 501),
        ("description", "a\x00b"),
        ("source", ""),
        ("source", "x" * 101),
        ("external_id", ""),
        ("external_id", "x" * 201),
        ("external_id", 7),
    ],
)
def test_whatever_else_cannot_be_recorded_is_refused_by_its_name(
    campaign: Campaign, field: str, value: Any
) -> None:
    before = everything()

    with pytest.raises(InvalidSpend, match=f"^{field}: ") as refusal:
        BudgetService.record_spend(campaign, 1, **{field: value})

    assert (refusal.value.field, refusal.value.value) == (field, value)
    assert everything() == before


def test_an_unknown_campaign_is_refused(campaign: Campaign) -> None:
    gone = CampaignFactory.create()
    pk = gone.pk
    Campaign.objects.filter(pk=pk).delete()
    unknown: Any = (Campaign(brand=campaign.brand, name="Unsaved"), "Spring", True, pk)

    for nobody in unknown:
        with pytest.raises(InvalidSpend, match=r"^campaign: "):
            BudgetService.record_spend(nobody, 1)

    assert not Spend.objects.exists()


def test_without_a_date_it_counts_on_the_brand_s_local_date_of_the_occurrence(noon: Any) -> None:
    campaign = CampaignFactory.create(brand__timezone="America/Los_Angeles")
    noon.move_to(at("2024-06-01 06:59"))  # 23:59 on 31 May there

    now = BudgetService.record_spend(campaign, 1)
    an_hour_ago = BudgetService.record_spend(campaign, 2, occurred_at=at("2024-05-31 06:00"))

    assert (now.date, an_hour_ago.date) == (date(2024, 5, 31), date(2024, 5, 30))
    assert totals(campaign)["month", date(2024, 5, 1)] == 3


def test_the_date_wins_over_the_occurrence(campaign: Campaign) -> None:
    entry = BudgetService.record_spend(
        campaign, 1, date=TODAY - ONE_DAY, occurred_at=datetime(2024, 5, 15, 1, tzinfo=UTC)
    )

    assert entry.date == TODAY - ONE_DAY


def test_late_spend_raises_its_own_day_and_the_month_never_today(campaign: Campaign) -> None:
    spend(campaign, 74, NOON)

    BudgetService.record_spend(campaign, 500, date=TODAY - ONE_DAY)
    BudgetService.record_spend(campaign, 900, date=date(2024, 4, 30))

    assert totals(campaign) == {
        ("day", TODAY): Decimal(74),
        ("day", TODAY - ONE_DAY): Decimal(500),
        ("day", date(2024, 4, 30)): Decimal(900),
        ("month", MAY): Decimal(574),
        ("month", date(2024, 4, 1)): Decimal(900),
    }
    assert delivers(campaign)


def test_late_spend_that_uses_up_the_month_stops_the_campaign_at_once() -> None:
    campaign = CampaignFactory.create(monthly_budget=100)
    enforce_all(NOON)

    BudgetService.record_spend(campaign, 100, date=MAY)

    assert switches(campaign)[1:] == [(False, ["monthly_budget"])]


def test_spend_for_tomorrow_holds_nobody_today(campaign: Campaign) -> None:
    BudgetService.record_spend(campaign, 100, date=TODAY + ONE_DAY)

    assert delivers(campaign)
    assert enforce_all(NOON + timedelta(hours=11)) == Enforced()
    assert enforce_all(NOON + timedelta(hours=12)) == Enforced(stopped=1)


@pytest.mark.parametrize("status", ["draft", "paused", "completed", "archived"])
def test_spend_of_a_campaign_that_does_not_run_is_recorded(status: str) -> None:
    campaign = CampaignFactory.create(status=status, daily_budget=1)
    brand = Brand.objects.get()

    BudgetService.record_spend(campaign, 5)
    BudgetService.record_spend(campaign, 6)

    assert Spend.objects.count() == 2
    assert totals(campaign)["day", TODAY] == totals(brand)["day", TODAY] == 11
    campaign.refresh_from_db()
    assert (campaign.status, campaign.is_active) == (status, False)


def test_when_the_call_returns_every_campaign_that_had_to_stop_has_stopped() -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaigns = CampaignFactory.create_batch(3, brand=brand)
    other = CampaignFactory.create()
    enforce_all(NOON)

    BudgetService.record_spend(campaigns[0], Decimal("99.999999"))
    assert all(map(delivers, campaigns))
    BudgetService.record_spend(campaigns[1], Decimal("0.000001"))

    for campaign in campaigns:
        assert switches(campaign) == [(True, []), (False, ["brand_daily_budget"])]
        change = campaign.delivery_changes.get(is_active=False)
        assert (change.at, change.trigger, change.actor) == (NOON, "spend", "system")
        assert (change.brand_daily_spend, change.brand_daily_budget) == (100, 100)
    assert delivers(other)


def test_spend_is_added_up_in_full_however_far_beyond_the_budget(campaign: Campaign) -> None:
    BudgetService.record_spend(campaign, 1000)
    BudgetService.record_spend(campaign, 1000)

    assert totals(campaign)["day", TODAY] == 2000
    assert BudgetService.get_daily_spend(campaign) == 2000
    assert BudgetService.get_daily_remaining(campaign) == 0
