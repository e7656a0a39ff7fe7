"""How many statements recording takes: a few, and not more for more campaigns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.models import Campaign
from ads.services import BudgetService, CampaignService
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import enforce_all

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def counted(at_most: int) -> Iterator[None]:
    """The block may send so many statements, BEGIN and COMMIT included."""
    with CaptureQueriesContext(connection) as captured:
        yield
    sent = [query["sql"] for query in captured.captured_queries]
    assert 0 < len(sent) <= at_most, "\n".join(sent)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def test_spend_that_crosses_nothing_takes_one_statement(now: datetime) -> None:
    campaign = CampaignFactory.create(
        daily_budget=75,
        monthly_budget=750,
        brand__daily_budget=75,
        brand__monthly_budget=750,
    )
    enforce_all(now)
    loaded = Campaign.objects.select_related("brand").get(pk=campaign.pk)

    BudgetService.record_spend(loaded, 1)  # compares the clocks

    with counted(1):
        BudgetService.record_spend(loaded, 1)
    with counted(1):
        BudgetService.record_spend(loaded, 1, source="etl", external_id="a")
    with counted(6), transaction.atomic():  # BEGIN, SAVEPOINT, two, RELEASE, COMMIT
        BudgetService.record_spend(loaded, 1)


def test_a_campaign_whose_brand_is_not_loaded_costs_one_look_up(now: datetime) -> None:
    campaign = Campaign.objects.get(pk=CampaignFactory.create(daily_budget=75).pk)
    enforce_all(now)

    BudgetService.record_spend(campaign, 1)

    with counted(2):
        BudgetService.record_spend(campaign, 1)


@pytest.mark.parametrize("count", [2, 50])
def test_crossing_a_brand_s_budget_takes_no_more_statements_for_more_campaigns(
    now: datetime, count: int
) -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaigns = CampaignFactory.create_batch(count, brand=brand)
    enforce_all(now)
    assert brand.campaigns.filter(is_active=True).count() == count

    with counted(20):
        BudgetService.record_spend(campaigns[0], 100)

    assert not brand.campaigns.filter(is_active=True).exists()


def test_a_sweep_of_many_takes_no_more_statements_than_one_of_few(now: datetime) -> None:
    def sweep_of(count: int) -> int:
        CampaignFactory.create_batch(count)
        Campaign.objects.update(is_active=False)
        with CaptureQueriesContext(connection) as captured:
            assert enforce_all(now).started == Campaign.objects.count()
        return len(captured)

    few, many = sweep_of(3), sweep_of(60)

    assert few == many <= 30


@pytest.mark.parametrize("ask", [CampaignService.explain, BudgetService.get_campaign_summary])
def test_asking_takes_a_few_statements(ask: Callable[[Campaign], object]) -> None:
    campaign = CampaignFactory.create(daily_budget=75)

    with counted(12):
        ask(campaign)
