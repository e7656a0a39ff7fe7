"""Whoever records spend puts right what others left running, and trusts nothing that is stale."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ads.models import Brand, Campaign, Spend
from ads.services import BudgetService, InvalidSpend, SpendEntry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, spend, spend_in_sql

pytestmark = pytest.mark.django_db


def test_after_spend_behind_the_services_back_the_next_entry_stops_the_campaign() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    spend_in_sql(campaign, "20", NOON.date())
    assert delivers(campaign)

    spend(campaign, 1, NOON)

    assert not delivers(campaign)


def test_after_spend_behind_the_services_back_the_next_entry_stops_the_whole_brand() -> None:
    brand = BrandFactory.create(daily_budget=30)
    spending, other = CampaignFactory.create(brand=brand), CampaignFactory.create(brand=brand)
    enforce_all(NOON)
    spend_in_sql(spending, "30", NOON.date())

    spend(spending, 1, NOON)

    assert not delivers(spending)
    assert not delivers(other)


def test_entries_of_a_campaign_that_is_stopped_already_switch_nothing() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    spend(campaign, 10, NOON)
    before = campaign.delivery_changes.count()

    spend(campaign, 5, NOON)

    assert campaign.delivery_changes.count() == before


def test_the_day_is_that_of_the_brand_as_it_is_not_as_it_was_loaded() -> None:
    loaded = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    assert loaded.brand.timezone == "UTC"
    Brand.objects.update(timezone="Pacific/Kiritimati")  # where it is tomorrow already

    entry = spend(loaded, 11, NOON)

    assert entry.date == NOON.date() + timedelta(days=1)
    assert not delivers(loaded)


@pytest.mark.django_db(transaction=True)
def test_spend_of_a_campaign_deleted_meanwhile_is_refused_by_name() -> None:
    gone = CampaignFactory.create()
    pk = gone.pk
    Campaign.objects.filter(pk=pk).delete()

    with pytest.raises(InvalidSpend, match=f"campaign: {pk} is refused: there is no campaign"):
        spend(gone, 1, NOON)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"description": "\ud800"}, "description"),
        ({"occurred_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "occurred_at"),
        ({"occurred_at": datetime(1, 1, 1, tzinfo=UTC)}, "occurred_at"),
        ({"occurred_at": datetime(2999, 1, 1, tzinfo=UTC)}, "occurred_at"),
        ({"date": date(1, 1, 1)}, "date"),
    ],
)
def test_what_no_calendar_or_database_can_hold_is_refused_under_its_own_name(
    given: dict[str, object], field: str
) -> None:
    campaign = CampaignFactory.create()

    with pytest.raises(InvalidSpend) as refusal:
        BudgetService.record_spend(campaign, 1, **given)  # type: ignore[arg-type]

    assert refusal.value.field == field
    assert not Spend.objects.exists()


def test_a_batch_of_something_else_is_refused() -> None:
    entries: list[SpendEntry] = [{"campaign": 1, "amount": 1}]  # type: ignore[list-item]

    with pytest.raises(InvalidSpend, match="give SpendEntry objects"):
        BudgetService.record_batch(entries, source="test")
