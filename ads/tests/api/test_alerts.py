"""Alerts over the API: what a key may see of them, and acknowledging."""

import pytest

from ads.models import Alert, Brand, Campaign
from ads.services import alerts
from ads.services.actor import acting_as
from ads.services.alerts import bell
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import CampaignFactory
from ads.tests.services.alerts.support import another_rule, channel, evaluate, rule
from ads.tests.support import NOON, enforce_all, let_run_on, spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand() -> Brand:
    """Of three alerts: one is of this brand, one of another, one of none."""
    rule("budget_used")
    another_rule("channel_failing")
    type(channel("ann@example.com", "mail")).objects.update(failing_since="2024-01-01T00:00Z")
    for name in ("Acme", "Zyxel"):
        one = CampaignFactory.create(brand__name=name, name="Spring", daily_budget=100)
        spend(one, 80, NOON)
    evaluate(NOON)
    return Brand.objects.get(name="Acme")


def test_a_key_lists_the_alerts_of_its_brands(brand: Brand) -> None:
    limited = Program(key_for(brands=(brand,), scopes=("read",)))
    [alert] = limited.get("/alerts?state=open").json()["items"]
    assert alert["title"] == "Spring (Acme): 80% of the budget of 2024-05-15 used"
    assert alert["brand"] == {"id": brand.pk, "name": "Acme"}
    assert alert["campaign"]["id"] == Campaign.objects.get(brand=brand).pk
    assert alert["figures"]["limit"] == "100"
    assert limited.get("/alerts?state=over").json()["items"] == []

    everybody = Program(key_for("All", source="all", scopes=("read",)))
    first = everybody.get("/alerts?limit=2").json()
    rest = everybody.get(f"/alerts?limit=2&cursor={first['next_cursor']}").json()
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]


def test_acknowledging_names_the_key_and_changes_nothing_twice(brand: Brand) -> None:
    program = Program(key_for(brands=(brand,), scopes=("campaigns:act",)))
    mine, other = (Alert.objects.get(brand__name=name) for name in ("Acme", "Zyxel"))

    answer = program.post(f"/alerts/{mine.pk}/acknowledge").json()
    again = program.post(f"/alerts/{mine.pk}/acknowledge").json()

    mine.refresh_from_db()
    assert (answer["acknowledged_by"], mine.acknowledged_by) == ("key", "key: ETL")
    assert again == answer
    problem(program.post(f"/alerts/{other.pk}/acknowledge"), 404, "not-found")
    other.refresh_from_db()
    assert other.acknowledged_at is None
    reader = Program(key_for("Reader", source="reader", scopes=("read",)))
    problem(reader.post(f"/alerts/{other.pk}/acknowledge"), 403, "missing-scope")


def test_a_limited_key_is_not_told_which_person_acknowledged(brand: Brand) -> None:
    alert = Alert.objects.get(brand=brand)
    bell.acknowledge([alert], by="olivia", now=NOON)
    limited = Program(key_for(brands=(brand,), scopes=("read",)))
    everybody = Program(key_for("All", source="all", scopes=("read",)))

    [shown] = limited.get("/alerts").json()["items"]
    [same] = everybody.get(f"/alerts?brand={brand.pk}").json()["items"]

    assert (shown["acknowledged_by"], same["acknowledged_by"]) == ("person", "olivia")


def test_a_limited_key_is_told_why_a_campaign_runs_again_but_not_by_whom(brand: Brand) -> None:
    enforce_all(NOON)
    rule("resumed")
    alerts.evaluate(NOON)
    campaign = Campaign.objects.get(brand=brand)
    spend(campaign, 20, NOON)
    with acting_as("olivia"):
        let_run_on(campaign, amount=50, now=NOON)
    alerts.evaluate(NOON)
    limited = Program(key_for(brands=(brand,), scopes=("read",)))
    everybody = Program(key_for("All", source="all", scopes=("read",)))

    [shown] = limited.get("/alerts?state=over").json()["items"]
    [same] = everybody.get("/alerts?state=over").json()["items"]

    assert same["text"] == "Let run on by olivia, at 2024-05-15 12:00 UTC."
    assert shown["text"] == "Let run on, at 2024-05-15 12:00 UTC."
    assert (same["figures"]["reason"], shown["figures"]["reason"]) == (
        "Let run on by olivia",
        "Let run on",
    )
    assert (same["figures"]["by"], shown["figures"]["by"]) == ("olivia", "person")


@pytest.mark.parametrize("by", ["olivia", "key: Stand by me"])
def test_a_limited_key_is_told_the_whole_reason_though_names_in_it_have_the_word(
    brand: Brand, by: str
) -> None:
    figures = {"reason": f"Schedule Run by night changed by {by}", "by": by, "at": "12:00"}
    Alert.objects.filter(brand=brand).update(kind="resumed", figures=figures)
    limited = Program(key_for(brands=(brand,), scopes=("read",)))

    [shown] = limited.get("/alerts").json()["items"]

    assert shown["text"] == "Schedule Run by night changed, at 12:00."
    assert shown["figures"]["by"] == ("key" if "key" in by else "person")


def test_a_limited_key_is_told_no_name_in_an_alert_that_does_not_know_whose_it_is(
    brand: Brand,
) -> None:
    figures = {"reason": "Let run on by key: Stand by me", "at": "12:00"}
    Alert.objects.filter(brand=brand).update(kind="resumed", figures=figures)
    limited = Program(key_for(brands=(brand,), scopes=("read",)))

    [shown] = limited.get("/alerts").json()["items"]

    assert shown["text"] == "Let run on, at 12:00."
