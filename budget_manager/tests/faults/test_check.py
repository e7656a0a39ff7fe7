"""The check after each fault notices what a fault could do."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from ads.models import Brand, Campaign
from ads.services.ledger import SpendEntry, record_all
from ads.tests.support import execute
from budget_manager.tests.faults.system.check import (
    as_people_wished,
    in_ledger_once,
    nothing_is_wrong,
)
from budget_manager.tests.faults.system.load import Entries
from budget_manager.tests.faults.system.stack import EMPTY, Stack

pytestmark = pytest.mark.faults

HARM = {
    "a sum drifts": "UPDATE ads_spendtotal SET amount = amount + 1",
    "a campaign runs over its budget": "UPDATE ads_campaign SET is_active = true",
    "a switch is without a change": "DELETE FROM ads_deliverychange WHERE NOT is_active",
    "a switch has two changes": (
        "INSERT INTO ads_deliverychange (campaign_id, at, is_active, holds, trigger, actor,"
        " daily_spend, monthly_spend, brand_daily_spend, brand_monthly_spend)"
        " SELECT campaign_id, at, is_active, holds, trigger, actor, 0, 0, 0, 0"
        " FROM ads_deliverychange WHERE NOT is_active"
    ),
}


@pytest.fixture
def quiet(stack: Stack) -> Iterator[datetime]:
    """A database in which nothing runs: one campaign, with its budget used up; when."""
    if "quiet" not in stack.databases:
        stack.make_database("quiet", like=EMPTY)
    with stack.database("quiet"), transaction.atomic():
        now = timezone.now()
        brand = Brand.objects.create(name="Acme")
        campaign = Campaign.objects.create(brand=brand, status="active", daily_budget=10, name="A")
        # It starts on commit; here nothing is committed.
        execute("UPDATE ads_campaign SET is_active = true")
        execute(
            "INSERT INTO ads_deliverychange (campaign_id, at, is_active, holds, trigger, actor,"
            " daily_spend, monthly_spend, brand_daily_spend, brand_monthly_spend)"
            " VALUES (%s, now(), true, '{}', '', '', 0, 0, 0, 0)",
            [campaign.pk],
        )
        record_all([SpendEntry(campaign, 10, external_id="1")], source="x", now=now)
        yield now
        transaction.set_rollback(True)


def test_nothing_is_wrong_where_nothing_is(quiet: datetime) -> None:
    nothing_is_wrong(quiet)
    in_ledger_once(*[{("x", "1"): (Campaign.objects.get().pk, Decimal(10))}] * 2)
    as_people_wished({Campaign.objects.get().pk: "active"})


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
def test_harm_is_noticed(quiet: datetime, harm: str) -> None:
    assert execute(harm) > 0

    with pytest.raises(AssertionError):
        nothing_is_wrong(quiet)


def test_what_was_acknowledged_and_is_not_so_is_noticed(quiet: datetime) -> None:
    campaign = Campaign.objects.get().pk
    there: Entries = {("x", "1"): (campaign, Decimal(10))}
    other: Entries = {("x", "1"): (campaign, Decimal(11))}
    more: Entries = {**there, ("x", "2"): (campaign, Decimal(1))}

    with pytest.raises(AssertionError, match="acknowledged"):
        in_ledger_once(more, more)
    with pytest.raises(AssertionError, match="acknowledged"):
        in_ledger_once(other, there)
    with pytest.raises(AssertionError, match="never sent"):
        in_ledger_once({}, other)
    with pytest.raises(AssertionError):
        as_people_wished({campaign: "paused"})
