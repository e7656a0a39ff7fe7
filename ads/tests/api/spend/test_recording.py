"""Sending spend: what is recorded, also when it is sent again."""

from decimal import Decimal
from typing import Any

import pytest

from ads.models import (
    Campaign,
    CampaignReference,
    DeliveryChange,
    Spend,
    SpendBatch,
    UnknownReference,
    WaitingSpend,
)
from ads.tests.api.spend.support import LINES, entry, ledger, lines
from ads.tests.api.support import Program, problem

pytestmark = pytest.mark.django_db


def test_one_entry_is_recorded_and_the_campaign_stops_before_the_answer(
    program: Program, campaign: Campaign
) -> None:
    answer = program.post("/spend/entries", entry(campaign, "75.40", description="Clicks"))

    spend = Spend.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "batch": SpendBatch.objects.earliest("pk").pk,
        "recorded": 1,
        "duplicates": 0,
        "waiting": 0,
        "conflicts": 0,
        "refused": 0,
        "answers": [{"row": 0, "outcome": "recorded", "entry_id": spend.pk}],
    }
    assert ledger() == [("Spring Sale", Decimal("75.4"), "etl", "a", "entry")]
    campaign.refresh_from_db()
    assert not campaign.is_active
    change = DeliveryChange.objects.latest("pk")
    assert change.holds == ["daily_budget"]
    assert change.actor == "key: ETL"


@pytest.mark.parametrize(
    "named",
    [
        {"brand": "Acme", "name": "Spring Sale"},
        {"platform": "google_ads", "account": "123", "id": "98"},
        {"platform": "google_ads", "account": "123", "id": 98, "name": "spring"},
        {"platform": "meta_ads", "id": "98", "account": None},
    ],
)
def test_a_campaign_may_be_named_in_other_ways(
    program: Program, campaign: Campaign, named: dict[str, Any]
) -> None:
    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="123", reference="98"
    )
    CampaignReference.objects.create(campaign=campaign, platform="meta_ads", reference="98")

    answer = program.post("/spend/entries", entry(named))

    assert answer.json()["recorded"] == 1
    assert ledger() == [("Spring Sale", Decimal("1.5"), "etl", "a", "entry")]


def test_what_comes_under_a_reference_that_nobody_knows_waits(program: Program) -> None:
    named = {"platform": "google_ads", "account": "123", "id": "98", "name": "Spring"}

    first = program.post("/spend/entries", entry(named))
    again = program.post("/spend/entries", entry(named))

    assert first.json()["waiting"] == again.json()["waiting"] == 1
    assert UnknownReference.objects.get().name == "Spring"
    assert WaitingSpend.objects.get().amount == Decimal("1.5")
    assert ledger() == []


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ('"75.40"', "75.4"),
        ("75.40", "75.4"),
        ("75.400000000", "75.4"),
        ("0.000001", "0.000001"),
        ("999999999999.999999", "999999999999.999999"),
        ("12", "12"),
        ('"+.5"', "0.5"),
    ],
)
def test_amounts_are_exact_however_they_are_written(
    program: Program, campaign: Campaign, written: str, exact: str
) -> None:
    body = f'{{"campaign": {campaign.pk}, "amount": {written}, "external_id": "a"}}'

    assert program.post("/spend/entries", body=body.encode()).status_code == 200
    assert ledger()[0][1] == Decimal(exact)


def test_many_may_be_sent_as_lines(program: Program, campaign: Campaign) -> None:
    rows = [entry(campaign, i, external_id=f"{i}") for i in range(1, 4)]

    answer = program.post("/spend/entries", body=lines(rows[0], "", *rows[1:]), content_type=LINES)

    assert [(one["row"], one["line"]) for one in answer.json()["answers"]] == [
        (0, 1),
        (1, 3),
        (2, 4),
    ]
    assert [row[1] for row in ledger()] == [1, 2, 3]


def test_a_campaigns_id_may_have_gone_through_a_float(program: Program, campaign: Campaign) -> None:
    assert program.post("/spend/entries", entry(float(campaign.pk))).json()["recorded"] == 1


@pytest.mark.parametrize("written", ["1e99999999", "1e-99999999", "-1E+99999999999999999999"])
def test_a_number_beyond_all_bounds_is_no_id(program: Program, written: str) -> None:
    body = f'{{"campaign": {written}, "amount": 1, "external_id": "a"}}'.encode()

    (error,) = problem(program.post("/spend/entries", body=body), 422, "invalid")["errors"]

    assert error["field"] == "campaign"


@pytest.mark.parametrize("sent", [b'{"entries": []}', b'\xef\xbb\xbf{"entries": []}\r\n'])
def test_no_rows_are_fine(program: Program, sent: bytes) -> None:
    answer = program.post("/spend/entries", body=sent)

    assert answer.status_code == 200
    assert answer.json()["answers"] == []


def test_an_amount_of_zero_leaves_the_ledger_as_it_is(program: Program, campaign: Campaign) -> None:
    answer = program.post("/spend/entries", entry(campaign, "0"))

    assert answer.json()["answers"] == [{"row": 0, "outcome": "recorded"}]
    assert ledger() == []


def test_the_same_again_is_a_duplicate_and_counts_once(
    program: Program, campaign: Campaign
) -> None:
    first = program.post("/spend/entries", {"entries": [entry(campaign)]}).json()
    again = program.post("/spend/entries", {"entries": [entry(campaign)]})

    assert again.status_code == 200
    assert again.json()["duplicates"] == 1
    assert again.json()["answers"] == [
        {"row": 0, "outcome": "duplicate", "entry_id": first["answers"][0]["entry_id"]}
    ]
    assert len(ledger()) == 1


def test_an_idempotency_key_makes_ids_of_rows_that_have_none(
    program: Program, campaign: Campaign
) -> None:
    rows = [entry(campaign, i, external_id=given) for i, given in enumerate([None, "own", None], 1)]
    again = {"Idempotency-Key": "batch-7"}

    assert program.post("/spend/entries", {"entries": rows}, headers=again).json()["recorded"] == 3
    assert (
        program.post("/spend/entries", {"entries": rows}, headers=again).json()["duplicates"] == 3
    )

    assert {row[3] for row in ledger()} == {"batch-7/0", "own", "batch-7/2"}


def test_without_any_id_an_entry_is_refused_for_it_could_count_twice(
    program: Program, campaign: Campaign
) -> None:
    answer = program.post("/spend/entries", {"campaign": campaign.pk, "amount": "1"})

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert error["field"] == "external_id"
    assert "Idempotency-Key" in error["reason"]
    assert ledger() == []


@pytest.mark.parametrize("key", ["", "two words", "é", "x" * 191])
def test_an_idempotency_key_that_is_not_sane_is_refused(
    program: Program, campaign: Campaign, key: str
) -> None:
    answer = program.post("/spend/entries", entry(campaign), headers={"Idempotency-Key": key})

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert (error["field"], error["value"]) == ("Idempotency-Key", key[:80])
    assert error["reason"] == "use 1 to 190 printable ASCII characters without spaces."
    assert ledger() == []


def test_the_same_id_with_other_content_is_a_conflict(program: Program, campaign: Campaign) -> None:
    program.post("/spend/entries", entry(campaign, "1.50"))

    content = problem(program.post("/spend/entries", entry(campaign, "2")), 409, "conflict")

    (error,) = content["errors"]
    assert error["row"] == 0
    assert error["field"] == "amount"
    assert "1.5" in error["reason"]
    assert [row[1] for row in ledger()] == [Decimal("1.5")]


def test_what_was_not_given_is_not_shown_as_a_value(program: Program, campaign: Campaign) -> None:
    sent = {"campaign": campaign.pk, "amount": "1"}

    content = problem(program.post("/spend/entries", sent), 422, "invalid")

    assert "row 0, external_id: without an id, " in content["detail"]
    assert ledger() == []


def test_names_come_back_with_the_characters_they_have(
    program: Program, campaign: Campaign
) -> None:
    row = {"campaign": campaign.pk, "amount": "1", "größe": 1, "external_id": "a"}

    response = program.post("/spend/entries", row)

    assert problem(response, 422, "invalid")["errors"][0]["field"] == "größe"
    assert "größe" in response.content.decode()


def test_half_a_character_in_a_name_is_answered_escaped(
    program: Program, campaign: Campaign
) -> None:
    body = b'{"campaign": 1, "amount": "1", "a\\ud800": 1}'

    response = program.post("/spend/entries", body=body, content_type="application/json")

    assert problem(response, 422, "invalid")["errors"][0]["field"] == "a\ud800"
