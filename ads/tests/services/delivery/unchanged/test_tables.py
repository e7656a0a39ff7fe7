"""Every table that a decision reads is watched, so that no change of it is missed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from django.db import connection

from ads.holds import Moment, evaluate
from ads.models import Brand, Campaign, CampaignReference, SpendMargin
from ads.services.delivery import preview_switches
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    PlatformAccountFactory,
    ScheduleFactory,
)
from ads.tests.support import NOON, let_run_on, spend_in_sql

pytestmark = pytest.mark.django_db

#: Their triggers mark the brand, whatever is done to them.
MARKED: Final = {
    "ads_allowance",
    "ads_brand",
    "ads_budgetgroup",
    "ads_campaign",
    "ads_campaignschedule",
    "ads_spendtotal",
}
#: Compared at each check, as which schedules are open.
COMPARED: Final = {"ads_daypartingschedule", "ads_daypartingwindow"}
#: Read where an account's spend is old: then all brands that stop are decided on.
OF_OLD_SPEND: Final = {
    "ads_campaignreference",
    "ads_connection",
    "ads_platformaccount",
    "ads_platformcampaign",
}
#: Read for brands that stop early, which are always decided on.
OF_MARGINS: Final = {"ads_deliverychange", "ads_spendmargin"}
#: Read by the preview alone, which counts no starts while a restore holds them.
OF_RESTORES: Final = {"ads_restore"}


#: Of triggers in the catalogue.
OPERATIONS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def test_every_table_that_a_decision_reads_is_watched() -> None:
    now = a_world_with_everything()
    everything = Campaign.objects.all()
    before = scans()

    list(evaluate(everything, Moment.at(now, everything)))
    list(preview_switches([campaign.pk for campaign in everything], now))

    read = {table for table, count in scans().items() if count > before.get(table, 0)}
    assert read == MARKED | COMPARED | OF_OLD_SPEND | OF_MARGINS | OF_RESTORES


@pytest.mark.parametrize("table", sorted(MARKED))
def test_whatever_is_done_to_it_marks_the_brand(table: str) -> None:
    done = {
        name
        for name, bit in OPERATIONS.items()
        if rows(
            "SELECT FROM pg_trigger AS one JOIN pg_proc AS its ON its.oid = one.tgfoid"
            " WHERE one.tgrelid = %s::regclass AND one.tgtype & %s <> 0 AND one.tgenabled = 'O'"
            " AND its.prosecdef AND its.prosrc ~ 'INSERT INTO ads_changedbrand'",
            [table, bit],
        )
    }

    # Nobody can edit an attached schedule, yet a row that is moved would be seen.
    assert done == OPERATIONS.keys()


def test_sums_are_written_by_two_triggers_that_are_seen_otherwise() -> None:
    """The ledger's moves the brand's month; the allowances' are marked themselves."""
    writing = rows(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger JOIN pg_proc AS its"
        " ON its.oid = tgfoid WHERE its.prosrc ~ '(INSERT INTO|UPDATE) ads_spendtotal'"
    )

    assert {(name.rsplit("_", 1)[0], table) for name, table in writing} == {
        ("pgtrigger_keep_totals", "ads_spend"),
        ("pgtrigger_keep_waived", "ads_allowance"),
    }


@pytest.mark.parametrize("day", ["2024-05-15", "2024-05-01", "2024-04-30", "2019-12-31"])
def test_every_entry_writes_the_brands_sum_of_its_month(day: str) -> None:
    campaign = CampaignFactory.create()
    of_month = "SELECT ctid FROM ads_spendtotal WHERE campaign_id IS NULL AND period = 'month'"
    versions = []
    for amount in (7, 0, 5):  # also one of nothing
        spend_in_sql(campaign, f"{amount}", date.fromisoformat(day))
        versions += rows(of_month)

    assert len(set(versions)) == len(versions) == 3


def a_world_with_everything() -> datetime:
    """All that a decision can depend on is there; the instant to decide at."""
    spend_of_month = date(2024, 5, 2)
    group = BudgetGroupFactory.create(total_budget=100, daily_budget=50, start_date="2024-05-02")
    early = Brand.objects.get(pk=group.brand_id)
    Brand.objects.filter(pk=early.pk).update(stops_early=True)
    member = CampaignFactory.create(brand=early, budget_group=group, total_budget=100)
    spend_in_sql(member, "60", spend_of_month)
    SpendMargin.objects.create(
        campaign=member, at=NOON, lag_seconds=60, own=1, brand_daily=1, brand_monthly=1
    )
    dayparted = CampaignFactory.create(
        daily_budget=9, schedules=[ScheduleFactory.create(windows=[(2, "09:00", "17:00")])]
    )
    let_run_on(dayparted, now=NOON, amount=5, until="13:00")
    strict = BrandFactory.create(stale_after_minutes=60, stops_when_stale=True)
    account = PlatformAccountFactory.create(answered_at=NOON, is_read=True)
    for of_account in (account.remote_id, ""):
        CampaignReference.objects.create(
            campaign=CampaignFactory.create(brand=strict),
            platform=account.platform,
            account=of_account,
            reference=f"reference {of_account}",
        )
    return NOON + timedelta(hours=2)


def scans() -> dict[str, int]:
    """How often this transaction has read each table so far."""
    return dict(
        rows(
            "SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0)"
            " FROM pg_stat_xact_user_tables"
        )
    )


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
