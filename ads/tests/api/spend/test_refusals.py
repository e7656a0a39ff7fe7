"""Sending spend: bad rows, bad bodies, and campaigns that are not the key's."""

import json
from typing import Any

import pytest

from ads.models import Brand, Campaign, CampaignReference, UnknownReference
from ads.tests.api.spend.support import LINES, entry, ledger, lines
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db

#: What a row has that is bad, the field that is named, and what is said of it.
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": "1_000"}, "amount", "plain digits"),
    ({"amount": "1,234.50"}, "amount", "plain digits"),
    ({"amount": "1.234,56"}, "amount", "plain digits"),
    ({"amount": "１２"}, "amount", "plain digits"),
    ({"amount": "1.0000001"}, "amount", "more than 6 decimal places"),
    ({"amount": 10**12}, "amount", "must be below"),
    ({"amount": 10**4000}, "amount", "longer than 40"),
    ({"amount": 1e300}, "amount", "exponent"),
    ({"amount": -1}, "amount", "may not be negative"),
    ({"amount": True}, "amount", "digits as text"),
    ({"amount": ["1"]}, "amount", "digits as text"),
    ({"amount": {}}, "amount", "digits as text"),
    ({"amount": None}, "amount", "missing"),
    ({"campaign": None}, "campaign", "missing"),
    ({"campaign": 0}, "campaign", "no campaign of this id"),
    ({"campaign": 10**30}, "campaign", "no campaign of this id"),
    ({"campaign": 10**60}, "campaign", "give its id"),
    ({"campaign": True}, "campaign", "give its id"),
    ({"campaign": 1.5}, "campaign", "give its id"),
    ({"campaign": 1e300}, "campaign", "give its id"),
    ({"campaign": "1"}, "campaign", "give its id as a number"),
    ({"campaign": [1]}, "campaign", "give its id"),
    ({"campaign": {}}, "campaign", "give its id"),
    ({"campaign": {"brand": "Acme"}}, "campaign", "give its id"),
    ({"campaign": {"brand": "Acme", "name": "x", "id": 1}}, "campaign", "give its id"),
    ({"campaign": {"brand": "Acme", "name": "x"}}, "campaign", "no campaign of this name"),
    ({"campaign": {"brand": "Acme", "name": ["x"]}}, "campaign", "as text"),
    ({"campaign": {"brand": "Acme", "name": "\x00"}}, "campaign", "NUL"),
    ({"campaign": {"platform": "", "id": "1"}}, "platform", "must not be empty"),
    ({"campaign": {"platform": "x" * 51, "id": "1"}}, "platform", "longer than 50"),
    ({"campaign": {"platform": "x", "id": True}}, "campaign", "as text"),
    ({"campaign": {"platform": "x", "id": "\ud800"}}, "reference", "half a character"),
    ({"date": "2026-02-31"}, "date", "no such date"),
    ({"date": "31.02.2026"}, "date", "YYYY-MM-DD"),
    ({"date": "9999-12-31"}, "date", "later than tomorrow"),
    ({"date": "0001-01-01"}, "date", "before"),
    ({"date": 20260201}, "date", "give a date"),
    ({"date": {"day": 1}}, "date", "give a date"),
    ({"date": ""}, "date", "YYYY-MM-DD"),
    ({"occurred_at": "2026-02-01T12:00:00"}, "occurred_at", "no timezone"),
    ({"occurred_at": "yesterday"}, "occurred_at", "use a date and time"),
    ({"occurred_at": 1.5}, "occurred_at", "timezone"),
    ({"description": 7}, "description", "give text"),
    ({"description": "\x00"}, "description", "NUL"),
    ({"description": "x" * 501}, "description", "longer than 500"),
    ({"external_id": ""}, "external_id", "must not be empty"),
    ({"external_id": 7}, "external_id", "give text"),
    ({"external_id": 1.5}, "external_id", "give text"),
    ({"external_id": ["a"]}, "external_id", "give text"),
    ({"external_id": "\ud800"}, "external_id", "half a character"),
    ({"amuont": "1"}, "amuont", "did you mean amount?"),
    ({"Amount": "1"}, "Amount", "did you mean amount?"),
    ({"colour": "red"}, "colour", "no such field; the fields are campaign, amount"),
    ({"\x00" * 200: [[]]}, "\x00" * 80, "no such field"),
]


def test_all_or_nothing_is_what_happens_unless_said_otherwise(
    program: Program, campaign: Campaign
) -> None:
    rows = [entry(campaign), entry(campaign, "1e5", external_id="b")]

    content = problem(program.post("/spend/entries", {"entries": rows}), 422, "invalid")

    assert content["errors"] == [
        {
            "row": 1,
            "field": "amount",
            "value": "1e5",
            "reason": 'an exponent is not accepted; write plain digits, such as "100000".',
        }
    ]
    assert [one["outcome"] for one in content["answers"]] == ["not_recorded", "refused"]
    assert "1 of 2 rows cannot be recorded, so nothing was" in content["detail"]
    assert ledger() == []


def test_the_good_ones_are_kept_when_asked_for(program: Program, campaign: Campaign) -> None:
    program.post("/spend/entries", entry(campaign, "1", external_id="known"))
    rows = [
        entry(campaign, "2", external_id="new"),
        entry(campaign, "-1", external_id="negative"),
        entry(campaign, "1", external_id="known"),
        entry(campaign, "3", external_id="known"),
    ]

    answer = program.post("/spend/entries?mode=keep_good", {"entries": rows})

    assert answer.status_code == 200
    content = answer.json()
    assert {name: content[name] for name in ("recorded", "duplicates", "conflicts", "refused")} == {
        "recorded": 1,
        "duplicates": 1,
        "conflicts": 1,
        "refused": 1,
    }
    assert [one["outcome"] for one in content["answers"]] == [
        "recorded",
        "refused",
        "duplicate",
        "conflict",
    ]
    assert content["answers"][1] | {"reason": ""} == {
        "row": 1,
        "outcome": "refused",
        "field": "amount",
        "value": "-1",
        "reason": "",
    }
    assert [row[3] for row in ledger()] == ["known", "new"]


def test_a_broken_line_is_refused_alone(program: Program, campaign: Campaign) -> None:
    body = lines(entry(campaign), '{"campaign": 1, "amo', '{"amount": NaN}', entry(campaign))

    kept = program.post("/spend/entries?mode=keep_good", body=body, content_type=LINES).json()
    content = problem(program.post("/spend/entries", body=body, content_type=LINES), 422, "invalid")

    assert (kept["recorded"], kept["duplicates"], kept["refused"]) == (1, 1, 2)
    assert [(error["row"], error["line"], error["field"]) for error in content["errors"]] == [
        (1, 2, "line"),
        (2, 3, "line"),
    ]
    assert content["errors"][0]["reason"].startswith("It is not JSON: ")
    assert "(column " in content["errors"][0]["reason"]
    assert "line 1" not in content["errors"][0]["reason"]
    assert "NaN" in content["errors"][1]["reason"]


def test_bad_values_are_refused_with_their_fields_and_nothing_is_recorded(
    program: Program, campaign: Campaign
) -> None:
    bad = [entry(campaign) | change for change, _, _ in BAD]
    rows = [entry(campaign, external_id="good"), *bad]

    content = problem(program.post("/spend/entries", {"entries": rows}), 422, "invalid")

    assert [(error["row"], error["field"]) for error in content["errors"]] == [
        (row, field) for row, (_, field, _) in enumerate(BAD, start=1)
    ]
    for error, (change, _, said) in zip(content["errors"], BAD, strict=True):
        assert said in error["reason"], change
        assert error["value"] is None or len(error["value"]) <= 100, change
    assert ledger() == []
    assert not UnknownReference.objects.exists()


@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        ([], "entries", "put the rows into"),
        ({"entries": {}}, "entries", "list of rows"),
        ({"entries": None}, "entries", "list of rows"),
        ({"entries": [], "mode": "keep_good"}, "mode", "options go into the address"),
        ({"day_totals": []}, "day_totals", "no such field"),
        ({}, "campaign", "missing"),
        ("text", "row", "give an object with campaign and amount"),
        (None, "row", "give an object with campaign and amount"),
        ({"entries": [[]]}, "row", "give an object with campaign and amount"),
        ({"entries": [7]}, "row", "give an object with campaign and amount"),
    ],
)
def test_a_body_of_another_shape_is_refused_with_the_right_one(
    program: Program, content: Any, field: str, said: str
) -> None:
    answer = problem(program.post("/spend/entries", content), 422, "invalid")

    assert answer["errors"][0]["field"] == field
    assert said in answer["errors"][0]["reason"]


def test_a_row_as_deep_as_can_be_read_is_refused_and_shown_flat(
    program: Program, campaign: Campaign
) -> None:
    statuses = {
        program.post(
            "/spend/entries",
            body=f'{{"campaign": {campaign.pk}, "amount": {"[" * depth}{"]" * depth}}}'.encode(),
        ).status_code
        # How deep depends on the version of Python.
        for depth in (*range(500, 1100, 7), 3_000, 20_000, 100_000)
    }

    assert statuses == {400, 422}


@pytest.mark.parametrize("content_type", ["application/json", LINES])
def test_more_than_ten_thousand_rows_are_refused(program: Program, content_type: str) -> None:
    rows: list[dict[str, Any]] = [{}] * 10_001
    body = lines(*rows) if content_type == LINES else json.dumps({"entries": rows}).encode()

    answer = program.post("/spend/entries", body=body, content_type=content_type)

    assert "10,000" in problem(answer, 413, "too-large")["detail"]


def test_a_body_of_more_than_ten_mebibytes_is_refused(program: Program) -> None:
    answer = program.post("/spend/entries", body=b" " * (10 * 1024 * 1024 + 1))

    problem(answer, 413, "too-large")


def test_ten_mebibytes_of_one_row_are_answered(program: Program, campaign: Campaign) -> None:
    answer = program.post("/spend/entries", entry(campaign, description="x" * 10_000_000))

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert "longer than 500" in error["reason"]
    assert len(answer.content) < 2_000


def test_a_body_of_another_type_is_not_read(program: Program, campaign: Campaign) -> None:
    body = json.dumps(entry(campaign)).encode()

    answer = program.post("/spend/entries", body=body, content_type="text/csv")

    problem(answer, 415, "media-type")
    assert "application/x-ndjson" in answer["Accept"]
    assert ledger() == []


@pytest.mark.parametrize(
    "query", ["mode=keep", "mode=", "mod=keep_good", "mode=keep_good&mode=keep_good"]
)
def test_a_mode_that_does_not_exist_is_refused(
    program: Program, campaign: Campaign, query: str
) -> None:
    content = problem(program.post(f"/spend/entries?{query}", entry(campaign)), 422, "invalid")

    assert content["errors"][0]["field"] == query.split("=", maxsplit=1)[0]
    assert ledger() == []


def test_a_key_cannot_tell_another_brands_campaign_from_none(campaign: Campaign) -> None:
    own = CampaignFactory.create(brand__name="Own")
    program = Program(key_for(brands=(own.brand,)))
    CampaignReference.objects.create(campaign=campaign, platform="google_ads", reference="98")

    def told(named: Any) -> Any:
        row = entry(named, external_id=repr(named))
        answer = program.post("/spend/entries?mode=keep_good", row).json()
        (one,) = answer["answers"]
        return one | {"value": "", "reason": one.get("reason", "").replace(str(named), "")}

    assert told(campaign.pk) == told(campaign.pk + 1_000_000)
    assert told({"brand": "Acme", "name": "Spring Sale"}) == told({"brand": "No", "name": "No"})
    assert told({"platform": "google_ads", "id": "98"}) == told(
        {"platform": "google_ads", "id": "99"}
    )
    assert ledger() == []


def test_a_key_that_may_only_read_records_nothing(campaign: Campaign) -> None:
    program = Program(key_for(scopes=("read", "campaigns:act")))

    for path in ("entries", "day-totals", "corrections"):
        answer = program.post(f"/spend/{path}", entry(campaign))
        assert "spend:write" in problem(answer, 403, "missing-scope")["detail"]

    assert ledger() == []


def test_spend_of_brands_that_a_key_may_write_is_recorded() -> None:
    brands: list[Brand] = BrandFactory.create_batch(2)
    campaigns = [CampaignFactory.create(brand=brand) for brand in brands]
    program = Program(key_for(brands=tuple(brands)))

    rows = [entry(campaign, external_id=str(campaign.pk)) for campaign in campaigns]

    assert program.post("/spend/entries", {"entries": rows}).json()["recorded"] == 2
