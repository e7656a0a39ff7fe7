"""Sending day totals that another source has reported."""

import json
from typing import Any

import pytest

from ads.models import Campaign
from ads.tests.api.spend.support import LINES, ledger
from ads.tests.api.spend.test_other_kinds import total
from ads.tests.api.support import Program, key_for, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(campaign: Campaign) -> Program:
    """Another program, after the first has reported $40.00 of today."""
    first = Program(key_for("First", source="first"))
    assert first.post("/spend/day-totals", total(campaign, "40.00")).status_code == 200
    return Program(key_for("Other", source="other"))


def test_an_overlap_is_a_problem_of_its_own_with_the_figures_of_each_row(
    other: Program, campaign: Campaign
) -> None:
    answer = other.post("/spend/day-totals", total(campaign, "45.50"))

    content = problem(answer, 409, "overlap")
    (error,) = content["errors"]
    assert error["field"] == "on_overlap"
    assert error["overlap"] == {"amount": "45.5", "currency": "USD", "on_record": {"first": "40"}}
    assert "Choose add (it is other money), replace" in error["reason"]
    assert content["answers"][0]["outcome"] == "overlap"
    assert len(ledger()) == 1


def test_all_or_nothing_the_other_rows_are_not_recorded(other: Program, campaign: Campaign) -> None:
    rows = [total(campaign, "45.50"), total(campaign, "7", date="2024-05-01")]

    content = problem(other.post("/spend/day-totals", {"day_totals": rows}), 409, "overlap")

    assert [one["outcome"] for one in content["answers"]] == ["overlap", "not_recorded"]
    assert len(ledger()) == 1


def test_the_good_rows_are_kept_if_that_is_wished(other: Program, campaign: Campaign) -> None:
    rows = [total(campaign, "45.50"), total(campaign, "7", date="2024-05-01")]
    body = "\n".join(json.dumps(row) for row in rows).encode()

    answer = other.post("/spend/day-totals?mode=keep_good", body=body, content_type=LINES).json()

    assert (answer["recorded"], answer["overlaps"], answer["refused"]) == (1, 1, 0)
    assert answer["answers"][0]["line"] == 1
    assert answer["answers"][0]["overlap"]["on_record"] == {"first": "40"}


@pytest.mark.parametrize(
    ("choice", "expected", "amounts"),
    [
        ("add", {"outcome": "recorded", "difference": "45.5", "currency": "USD"}, ["40", "45.5"]),
        (
            "replace",
            {
                "outcome": "recorded",
                "difference": "45.5",
                "taken_back": "-40",
                "currency": "USD",
            },
            ["40", "-40", "45.5"],
        ),
        ("skip", {"outcome": "skipped", "difference": "0", "currency": "USD"}, ["40"]),
    ],
)
def test_the_request_says_what_is_right(
    other: Program, campaign: Campaign, choice: str, expected: dict[str, Any], amounts: list[str]
) -> None:
    answer = other.post(f"/spend/day-totals?on_overlap={choice}", total(campaign, "45.50"))

    assert answer.status_code == 200, answer.content
    assert answer.json()["answers"] == [{"row": 0, **expected}]
    assert answer.json()["skipped"] == (choice == "skip")
    assert sorted(f"{row[1].normalize():f}" for row in ledger()) == sorted(amounts)


def test_only_day_totals_overlap_and_only_three_things_can_be_chosen(
    other: Program, campaign: Campaign
) -> None:
    unknown = other.post("/spend/day-totals?on_overlap=merge", total(campaign, "1"))
    entries = other.post("/spend/entries?on_overlap=add", {"campaign": campaign.pk, "amount": 1})

    assert problem(unknown, 422, "invalid")["errors"][0]["field"] == "on_overlap"
    assert "on_overlap" in entries.content.decode()
    assert entries.status_code == 422
