"""A line for each switch that is committed: which campaign, which way, why, on what figures."""

import logging
from contextlib import suppress
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from ads.holds import ALL_BUDGETS, BITS
from ads.models import Campaign
from ads.services import BudgetService
from ads.services.actor import acting_as
from ads.services.delivery import lifecycle, switch_log
from ads.services.delivery.decision import Switch
from ads.services.delivery.enforcement import Enforced, enforce
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.log_lines import Logged, logged
from ads.tests.support import NOON, enforce_all, execute, held_open, spend
from budget_manager.logs import encoded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign() -> Campaign:
    brand = BrandFactory.create(name="Acme", currency="EUR", monthly_budget=500)
    return CampaignFactory.create(name="Summer sale", brand=brand, daily_budget=75)


def switched(log: Logged) -> list[tuple[str, int]]:
    return [
        (line["event"], line["campaign_id"])
        for line in log.lines
        if line["logger"] == "ads.services.delivery.switch_log"
    ]


def test_a_stop_says_which_campaign_why_and_on_what_figures(campaign: Campaign) -> None:
    enforce_all(NOON)

    with logged() as log, acting_as("olivia"):
        spend(campaign, "75.40", NOON)

    line = log.only("Campaign stopped")
    del line["timestamp"]
    assert line == {
        "level": "info",
        "event": "Campaign stopped",
        "logger": "ads.services.delivery.switch_log",
        "campaign_id": campaign.pk,
        "campaign": "Summer sale",
        "brand_id": campaign.brand_id,
        "brand": "Acme",
        "currency": "EUR",
        "is_active": False,
        "holds": ["daily_budget"],
        "figures": {"daily_budget": {"spend": "75.40", "limit": "75.00"}},
        "trigger": "spend",
        "actor": "olivia",
    }


def test_a_start_says_what_may_still_be_spent(campaign: Campaign) -> None:
    spend(campaign, "75.40", NOON)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=100)
    Campaign.objects.update(is_active=False)

    with logged() as log:
        enforce_all(NOON)

    assert log.only("Campaign started")["figures"] == {
        "brand_monthly_budget": {"spend": "75.40", "limit": "500.00"},
        "daily_budget": {"spend": "75.40", "limit": "100.00"},
    }


def test_an_edit_that_starts_a_campaign_without_budgets_says_so() -> None:
    with logged() as log:
        campaign = CampaignFactory.create()

    line = log.only("Campaign started")
    assert (line["campaign_id"], line["is_active"]) == (campaign.pk, True)
    assert (line["holds"], line["figures"]) == ([], {})
    assert (line["trigger"], line["actor"]) == ("edit", "system")


def test_what_is_rolled_back_was_never_logged(campaign: Campaign) -> None:
    enforce_all(NOON)

    with logged() as log:
        with suppress(ZeroDivisionError), transaction.atomic():
            spend(campaign, 75, NOON)
            raise ZeroDivisionError
        with transaction.atomic():
            with suppress(ZeroDivisionError), transaction.atomic():
                spend(campaign, 76, NOON)
                raise ZeroDivisionError
            spend(campaign, 77, NOON)
            assert switched(log) == [], "it is not committed yet"

    assert switched(log) == [("Campaign stopped", campaign.pk)]
    assert log.only("Campaign stopped")["figures"]["daily_budget"]["spend"] == "77.00"


def test_whoever_acted_is_named_though_the_commit_comes_later(campaign: Campaign) -> None:
    with logged() as log, transaction.atomic(), acting_as("olivia"):
        lifecycle.pause(campaign, now=NOON)

    line = log.only("Campaign stopped")
    assert (line["actor"], line["holds"]) == ("olivia", ["status"])


def test_a_name_cannot_forge_a_line() -> None:
    forged = 'Sale\n{"level": "error", "event": "Campaign stopped"}\x1b[2K'
    campaign = CampaignFactory.create(daily_budget=1)
    Campaign.objects.filter(pk=campaign.pk).update(name=forged)
    enforce_all(NOON)

    for production in (True, False):
        with logged(production=production) as log:
            Campaign.objects.filter(pk=campaign.pk).update(is_active=False)
            enforce_all(NOON)

        assert log.text.count("\n") == 1
        assert "\x1b" not in log.text


MONEY = st.decimals(min_value=0, max_value=10**11, places=6).map(str)

SWITCHES = st.builds(
    Switch,
    st.integers(),
    st.integers(),
    st.booleans(),
    st.integers(0, sum(BITS.values())),
    st.text(),
    st.integers(),
    st.text(),
    st.sampled_from(["USD", "JPY"]),
    st.tuples(*[MONEY] * len(ALL_BUDGETS)),
    st.tuples(*[st.none() | MONEY] * len(ALL_BUDGETS)),
)


@given(switch=SWITCHES)
def test_a_line_of_json_says_the_same_as_its_fields_in_the_same_order(switch: Switch) -> None:
    assert switch_log.as_json(switch) == encoded(switch_log.fields(switch))


@pytest.mark.usefixtures("impatient")
def test_a_thousand_locked_campaigns_are_one_line() -> None:
    brand = BrandFactory.create()
    Campaign.objects.bulk_create(Campaign(brand=brand, name=f"No. {n}") for n in range(1000))
    Campaign.objects.update(is_active=False)
    ids = list(Campaign.objects.order_by("pk").values_list("pk", flat=True))

    with held_open(lambda: execute("UPDATE ads_campaign SET name = name")), logged() as log:
        enforced = enforce(Campaign.objects.all(), NOON, "check")

    assert enforced == Enforced(failed=tuple(ids))
    (line,) = log.lines
    assert line["event"] == "Campaigns are locked by another session, so they were not decided on"
    assert (line["level"], line["count"], line["examples"]) == ("error", 1000, ids[:5])


def test_a_command_that_reports_to_a_person_logs_no_switch(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = logging.getLogger("ads").level
    try:
        with logged() as log:
            Campaign.objects.update(is_active=False)
            call_command("check_budgets")
            assert len(switched(log)) == 1
            monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
            Campaign.objects.update(is_active=False)
            call_command("check_budgets")
            call_command("seed_data", brands=1, campaigns=1, spend_days=0)
            assert len(switched(log)) == 1
    finally:
        logging.getLogger("ads").setLevel(level)


def test_spend_through_the_python_api_is_logged_as_what_it_was(campaign: Campaign) -> None:
    with logged() as log:
        BudgetService.record_spend(campaign, 80)

    line: Any = log.only("Campaign stopped")
    assert (line["trigger"], line["actor"]) == ("spend", "system")
