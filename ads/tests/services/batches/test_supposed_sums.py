"""Previews of spend suppose the sums that can hold a campaign, and no others."""

from datetime import date, timedelta

import pytest
from django.db import connection

from ads.models import Campaign, SpendBatch, SpendTotal
from ads.services.batches.undo import _brands
from ads.services.delivery import supposed_sums
from ads.services.imports import tables
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.services.imports.support import recorded
from ads.tests.support import NOON, execute, spend

pytestmark = pytest.mark.django_db

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)
MAY = TODAY.replace(day=1)
MARCH = date(2024, 3, 1)
NO_MOVES = "(SELECT NULL::bigint, NULL::date, 0 WHERE false) AS moves (campaign_id, date, amount)"


def supposed(*brands: int) -> set[tuple[int | None, str, date]]:
    with supposed_sums(NO_MOVES, "SELECT unnest(%(brands)s)", NOON, {"brands": list(brands)}):
        return set(SpendTotal.objects.values_list("campaign", "period", "start"))


def one_of_each() -> list[Campaign]:
    """Of one brand: usual, with a total budget, in a group; each with spend of May and March."""
    group = BudgetGroupFactory.create()
    campaigns = [
        CampaignFactory.create(brand=group.brand),
        CampaignFactory.create(brand=group.brand, total_budget=1000),
        CampaignFactory.create(brand=group.brand, budget_group=group),
    ]
    for campaign in campaigns:
        for day in (TODAY, YESTERDAY, MARCH):
            spend(campaign, 1, NOON, day)
    return campaigns


def test_those_of_other_periods_are_supposed_for_total_and_shared_budgets_alone() -> None:
    usual, *long = one_of_each()
    spend(CampaignFactory.create(), 1, NOON)  # of another brand

    owners = [None, usual.pk, *(campaign.pk for campaign in long)]
    current = {(owner, *span) for owner in owners for span in (("day", TODAY), ("month", MAY))}
    past = [("day", YESTERDAY), ("day", MARCH), ("month", MARCH)]
    assert supposed(usual.brand_id) == current | {(one.pk, *span) for one in long for span in past}


def test_of_a_past_month_only_total_and_shared_budgets_concern_a_brand() -> None:
    one_of_each()  # so that there are such budgets
    usual = CampaignFactory.create()
    total = CampaignFactory.create(total_budget=5)
    group = BudgetGroupFactory.create(brand=BrandFactory.create())
    shared = CampaignFactory.create(brand=group.brand, budget_group=group)

    lines = [f"{MARCH},2,{campaign.pk}" for campaign in (usual, total, shared)]
    done = recorded(["date,amount,campaign", *lines])

    execute(
        "CREATE TEMP TABLE these AS SELECT campaign_id, date FROM ads_spend WHERE batch_id = %s",
        [done.batch_id],
    )
    tables.note_brands(NOON, "these", brand_id=None)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT brand_id FROM {tables.BRANDS}")
        noted = {pk for (pk,) in cursor.fetchall()}
    of_undo = _brands(SpendBatch.objects.get(pk=done.batch_id or 0), NOON)
    assert noted == set(of_undo) == {total.brand_id, shared.brand_id}
