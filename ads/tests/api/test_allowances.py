"""Letting campaigns and brands run on over the API, and taking it back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from ads.models import Allowance, Brand, Campaign
from ads.services.actor import acting_as
from ads.services.delivery import allowances
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, delivers, let_run_on, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

SIX = {"amount": "20.00", "until": "18:00", "reason": "Launch day"}


@pytest.fixture
def program() -> Program:
    return Program(key_for(scopes=("campaigns:act", "read")), headers={"Idempotency-Key": "job-1"})


@pytest.fixture
def campaign() -> Campaign:
    """Has spent $80 of a daily budget of $75."""
    brand = BrandFactory.create(name="Acme", timezone="Europe/Berlin")
    campaign = CampaignFactory.create(brand=brand, name="Spring", daily_budget=75)
    spend(campaign, 80, NOON)
    return campaign


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_campaign_runs_on_when_the_answer_comes(program: Program, campaign: Campaign) -> None:
    answer = told(program.post(f"/campaigns/{campaign.pk}/let-run-on", SIX))

    allowance = Allowance.objects.get()
    given = {
        "id": allowance.pk,
        "period": "day",
        "amount": "20.00",
        "until": "2024-05-15T16:00:00Z",
        "reason": "Launch day",
        "allowed_by": "key: ETL",
    }
    assert answer == {
        "previewed": False,
        "allowance": given,
        "currency": "USD",
        "spent": "80.00",
        "limit_before": "75.00",
        "limit": "95.00",
        "starts": 1,
        "stops": 0,
        "first": [{"id": campaign.pk, "name": "Spring"}],
        "stay_off": {},
    }
    assert delivers(campaign)
    summary = told(program.get(f"/campaigns/{campaign.pk}/summary"))
    assert summary["allowances"] == [given]
    assert (summary["daily_limit"], summary["daily_remaining"]) == ("95.00", "15.00")
    delivery = told(program.get(f"/campaigns/{campaign.pk}/delivery"))
    assert delivery["next_change"] == {
        "at": "2024-05-15T16:00:00Z",
        "delivers": False,
        "holds": ["daily_budget"],
    }


def test_a_preview_changes_nothing(program: Program, campaign: Campaign) -> None:
    Brand.objects.update(daily_budget=50)
    asked = {**SIX, "preview": True}

    answer = told(program.post(f"/campaigns/{campaign.pk}/let-run-on", asked))

    assert (answer["previewed"], answer["allowance"], answer["limit"]) == (True, None, "95.00")
    assert (answer["starts"], answer["stay_off"]) == (0, {"brand_daily_budget": 1})
    assert not Allowance.objects.exists()


def test_without_an_amount_the_budget_starts_anew(program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.pk}/let-run-on"

    assert told(program.post(address, {"reason": "x"}))["limit"] == "155.00"
    again = told(program.post(address, {"reason": "x"}, headers={"Idempotency-Key": "job-2"}))

    assert (again["allowance"], again["limit"]) == (None, "155.00")


def test_a_brand_runs_on(program: Program, campaign: Campaign) -> None:
    Brand.objects.update(monthly_budget=60)
    Campaign.objects.update(daily_budget=None)

    body = {"period": "month", "amount": "40", "reason": "Asked by Jo"}
    answer = told(program.post(f"/brands/{campaign.brand_id}/let-run-on", body))

    assert (answer["limit_before"], answer["limit"], answer["starts"]) == ("60.00", "100.00", 1)
    assert answer["allowance"]["until"] is None


def test_a_request_that_is_sent_again_with_its_key_allows_once(
    program: Program, campaign: Campaign
) -> None:
    address = f"/campaigns/{campaign.pk}/let-run-on"

    first, again = (told(program.post(address, SIX)) for _ in range(2))
    with time_machine.travel(NOON + timedelta(hours=20)):
        late = told(program.post(address, SIX))

    assert first["allowance"] == again["allowance"] == late["allowance"]
    assert (first["limit_before"], first["limit"], first["starts"]) == ("75.00", "95.00", 1)
    assert (again["limit_before"], again["limit"], again["starts"]) == ("95.00", "95.00", 0)
    assert Allowance.objects.count() == 1
    other = program.post(address, {**SIX, "amount": "30"})
    assert "Under 'job-1' $20.00 was allowed" in problem(other, 409, "conflict")["detail"]


def test_without_a_key_it_would_allow_twice_and_is_refused(
    program: Program, campaign: Campaign
) -> None:
    del program.headers["Idempotency-Key"]
    address = f"/campaigns/{campaign.pk}/let-run-on"

    (error,) = problem(program.post(address, SIX), 422, "invalid")["errors"]

    assert error["field"] == "Idempotency-Key"
    assert "send the header Idempotency-Key" in error["reason"]
    assert not Allowance.objects.exists()
    assert told(program.post(address, {**SIX, "preview": True}))["limit"] == "95.00"


def test_undone_it_stops(program: Program, campaign: Campaign) -> None:
    given = told(program.post(f"/campaigns/{campaign.pk}/let-run-on", SIX))["allowance"]
    address = f"/allowances/{given['id']}/undo"

    preview = told(program.post(f"{address}?preview=true"))
    assert (preview["previewed"], preview["stops"], preview["limit"]) == (True, 1, "75.00")
    assert delivers(campaign)
    assert told(program.post(address))["stops"] == 1

    assert not delivers(campaign)
    again = problem(program.post(address), 409, "conflict")
    assert "key: ETL undid it at 2024-05-15 14:00 Berlin" in again["detail"]


def test_a_limited_key_is_not_told_which_person_undid_an_allowance(campaign: Campaign) -> None:
    with acting_as("olivia"):
        let_run_on(campaign, amount=20, now=NOON)
        allowance = Allowance.objects.get()
        allowances.undo(allowance, now=NOON)
    limited = Program(key_for(brands=(campaign.brand,), scopes=("campaigns:act",)))

    said = problem(limited.post(f"/allowances/{allowance.pk}/undo"), 409, "conflict")

    assert said["detail"] == "$20.00 for Spring: a person undid it at 2024-05-15 14:00 Berlin."


def test_what_has_ended_is_not_undone(program: Program, campaign: Campaign, noon: Any) -> None:
    given = told(program.post(f"/campaigns/{campaign.pk}/let-run-on", SIX))["allowance"]
    noon.move_to(at("2024-05-15 16:00"))

    said = problem(program.post(f"/allowances/{given['id']}/undo"), 409, "conflict")

    assert "it ended at 2024-05-15 18:00 Berlin" in said["detail"]


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"amount": "1000000000000"}, "amount", "below 1,000,000,000,000"),
        ({"amount": "0"}, "amount", "more than zero"),
        ({"amount": "-1"}, "amount", "more than zero"),
        ({"amount": "1e3"}, "amount", "an exponent is not accepted"),
        ({"until": "09:00"}, "until", "it has passed"),
        ({"until": "2024-05-17T12:00:00Z"}, "until", "ends with its day"),
        ({"reason": "x" * 501}, "reason", "it has 501 characters"),
        ({"reason": " "}, "reason", "say why"),
        ({"period": "month"}, "amount", "Spring has no monthly budget"),
    ],
)
def test_what_cannot_be_allowed_names_its_field(
    program: Program, campaign: Campaign, body: dict[str, str], field: str, says: str
) -> None:
    answer = program.post(f"/campaigns/{campaign.pk}/let-run-on", {**SIX, **body})

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert error["field"] == field
    assert says in error["reason"]
    assert not Allowance.objects.exists()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"field": "reason", "reason": "it is missing."}),
        ({"reason": None}, {"field": "reason", "reason": "give text."}),
        (
            {"reason": "x", "amout": "5"},
            {"field": "amout", "value": "5", "reason": "there is no such field; leave it out."},
        ),
        (
            {"reason": "x", "period": "week"},
            {"field": "period", "value": "week", "reason": "use 'day' or 'month'."},
        ),
        ({"reason": "x", "amount": True}, {"field": "amount", "value": "true"}),
        ([], {"field": "body", "value": "[]", "reason": "give an object."}),
    ],
)
def test_a_body_of_another_shape_is_refused_with_its_field_and_value(
    program: Program, campaign: Campaign, body: Any, wrong: dict[str, str]
) -> None:
    answer = program.post(f"/campaigns/{campaign.pk}/let-run-on", body)

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert wrong.items() <= error.items()
    assert not Allowance.objects.exists()


def test_a_plain_number_is_an_amount_digit_by_digit(program: Program, campaign: Campaign) -> None:
    address = f"/campaigns/{campaign.pk}/let-run-on"
    exact = told(program.post(address, body=b'{"reason": "x", "amount": 4.000001}'))
    assert exact["limit"] == "79.000001"

    twice = program.post(address, body=b'{"reason": "x", "amount": 5, "amount": 500}')
    assert "'amount' appears twice" in problem(twice, 400, "malformed")["detail"]
    assert Allowance.objects.count() == 1


def test_a_limited_key_sees_and_touches_its_own_brands_alone(campaign: Campaign) -> None:
    mine = CampaignFactory.create(name="Mine", daily_budget=5)
    spend(mine, 9, NOON)
    with acting_as("olivia"):
        let_run_on(mine, now=NOON, amount=1)
        let_run_on(campaign, now=NOON, amount=1)
    limited = Program(key_for(scopes=("campaigns:act", "read"), brands=(mine.brand,)))

    for address in (
        f"/campaigns/{campaign.pk}/let-run-on",
        f"/brands/{campaign.brand_id}/let-run-on",
    ):
        problem(limited.post(address, SIX), 404, "not-found")
    other = Allowance.objects.get(campaign=campaign)
    problem(limited.post(f"/allowances/{other.pk}/undo"), 404, "not-found")
    summary = told(limited.get(f"/campaigns/{mine.pk}/summary"))
    assert summary["allowances"][0]["allowed_by"] == "person"
    (held,) = told(limited.get(f"/campaigns/{mine.pk}/delivery"))["holds"]
    assert held["sentence"].endswith("$5.00 budget + $1.00 allowed by person until midnight")


def test_a_key_that_may_only_read_is_refused(campaign: Campaign) -> None:
    reader = Program(key_for(scopes=("read",)))

    problem(reader.post(f"/campaigns/{campaign.pk}/let-run-on", SIX), 403, "missing-scope")
