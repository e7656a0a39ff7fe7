"""Activating and pausing campaigns over the API."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from ads.models import Campaign, DeliveryChange
from ads.services import locks
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, execute, held_open, spend, switches

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def program() -> Program:
    return Program(key_for(scopes=("campaigns:act",)))


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


def status(campaign: Campaign) -> str:
    return Campaign.objects.values_list("status", flat=True).get(pk=campaign.pk)


def test_an_activated_campaign_delivers_when_the_answer_comes(program: Program) -> None:
    campaign = CampaignFactory.create(status="paused")

    answer = told(program.post(f"/campaigns/{campaign.pk}/activate"))

    assert (answer["delivers"], answer["status"], answer["state"]) == (True, "active", "active")
    assert answer["holds"] == []
    assert delivers(campaign)


def test_a_campaign_that_is_activated_and_held_says_why(program: Program) -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=75)
    spend(campaign, "75.40", NOON)

    answer = told(program.post(f"/campaigns/{campaign.pk}/activate"))

    assert (answer["delivers"], answer["state"]) == (False, "paused_by_system")
    assert answer["holds"] == [
        {
            "code": "daily_budget",
            "sentence": "Daily budget used up: $75.40 of $75.00",
            "lifts_at": "2024-05-16T00:00:00Z",
        }
    ]
    assert answer["returns_at"] == "2024-05-16T00:00:00Z"
    assert status(campaign) == "active"


def test_a_paused_campaign_has_stopped_when_the_answer_comes(program: Program) -> None:
    campaign = CampaignFactory.create()
    enforce_all(NOON)

    answer = told(program.post(f"/campaigns/{campaign.pk}/pause"))

    assert (answer["delivers"], answer["status"]) == (False, "paused")
    assert answer["state"] == "paused_by_user"
    assert [held["code"] for held in answer["holds"]] == ["status"]
    assert not delivers(campaign)


@pytest.mark.parametrize("action", ["activate", "pause"])
def test_doing_it_again_changes_nothing(program: Program, action: str) -> None:
    campaign = CampaignFactory.create(status="draft")

    first = told(program.post(f"/campaigns/{campaign.pk}/{action}"))
    before = Campaign.objects.values().get(pk=campaign.pk), DeliveryChange.objects.count()
    second = told(program.post(f"/campaigns/{campaign.pk}/{action}"))

    assert second == first
    assert (Campaign.objects.values().get(pk=campaign.pk), DeliveryChange.objects.count()) == before


def test_it_is_on_record_who_did_it(program: Program) -> None:
    campaign = CampaignFactory.create(status="paused")

    program.post(f"/campaigns/{campaign.pk}/activate")

    change = campaign.delivery_changes.get()
    assert (change.actor, change.trigger, change.is_active) == ("key: ETL", "action", True)


@pytest.mark.parametrize(
    ("action", "was"), [("activate", "archived"), ("pause", "archived"), ("pause", "completed")]
)
def test_what_the_status_rules_out_is_refused_with_the_reason(
    program: Program, action: str, was: str
) -> None:
    campaign = CampaignFactory.create(status=was)
    before = Campaign.objects.values().get(pk=campaign.pk)

    told = problem(program.post(f"/campaigns/{campaign.pk}/{action}"), 409, "conflict")

    (error,) = told["errors"]
    assert (error["field"], error["value"]) == ("status", was)
    assert f"it is {was}" in error["reason"]
    assert "in the admin" in error["reason"]
    assert Campaign.objects.values().get(pk=campaign.pk) == before
    assert switches(campaign) == []


def test_a_completed_campaign_is_activated(program: Program) -> None:
    campaign = CampaignFactory.create(status="completed")

    assert told(program.post(f"/campaigns/{campaign.pk}/activate"))["delivers"] is True


@pytest.mark.parametrize("action", ["activate", "pause"])
def test_a_campaign_whose_brand_has_no_readable_timezone_is_left_as_it_is(
    program: Program, action: str
) -> None:
    campaign = CampaignFactory.create(status="draft")
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE ads_brand SET timezone = 'Mars'")

    answer = problem(program.post(f"/campaigns/{campaign.pk}/{action}"), 409, "conflict")

    assert "'Mars'" in answer["detail"]
    assert status(campaign) == "draft"


@pytest.mark.parametrize("scopes", [("read",), ("spend:write", "read")])
@pytest.mark.parametrize("action", ["activate", "pause"])
def test_acting_needs_its_scope(scopes: tuple[str, ...], action: str) -> None:
    campaign = CampaignFactory.create(status="draft")

    answer = Program(key_for(scopes=scopes)).post(f"/campaigns/{campaign.pk}/{action}")

    problem(answer, 403, "missing-scope")
    assert status(campaign) == "draft"


def test_looking_acts_on_nothing(program: Program) -> None:
    campaign = CampaignFactory.create(status="draft")

    problem(program.get(f"/campaigns/{campaign.pk}/activate"), 405, "wrong-method")

    assert status(campaign) == "draft"


@pytest.mark.usefixtures("impatient")
@pytest.mark.django_db(transaction=True)
def test_a_campaign_that_somebody_keeps_locked_is_to_be_tried_again() -> None:
    program = Program(key_for(scopes=("campaigns:act",)))
    campaign = CampaignFactory.create(status="draft")

    with held_open(lambda: locks.campaigns([campaign.pk])):
        answer = program.post(f"/campaigns/{campaign.pk}/activate")

    said = problem(answer, 503, "locked")
    assert "Another session of the database keeps what this changes locked." in said["detail"]
    assert answer["Retry-After"]
    assert status(campaign) == "draft"
    assert told(program.post(f"/campaigns/{campaign.pk}/activate"))["delivers"] is True
