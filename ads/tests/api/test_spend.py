"""Sending spend: entries, day totals, corrections."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    DeliveryChange,
    Spend,
    UnknownReference,
    WaitingSpend,
)
from ads.services.enforcement import Trigger, enforce
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db

LINES = "application/x-ndjson"


@pytest.fixture
def program() -> Program:
    return Program(key_for())


@pytest.fixture
def campaign() -> Campaign:
    """One that delivers, with $75 a day."""
    campaign = CampaignFactory.create(
        brand__name="Acme", name="Spring Sale", daily_budget=75, is_active=False
    )
    enforce(Campaign.objects.all(), timezone.now(), Trigger.EDIT)
    campaign.refresh_from_db()
    assert campaign.is_active
    return campaign


def entry(campaign: Any, amount: Any = "1.50", **more: Any) -> dict[str, Any]:
    named = campaign.pk if isinstance(campaign, Campaign) else campaign
    return {"campaign": named, "amount": amount, "external_id": "a", **more}


def ledger() -> list[tuple[Any, ...]]:
    """(campaign, amount, source, external id, kind) of each entry, in order."""
    return list(
        Spend.objects.order_by("pk").values_list(
            "campaign__name", "amount", "source", "external_id", "kind"
        )
    )


def lines(*rows: Any) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


# --- what is recorded ---------------------------------------------------------------------------


def test_one_entry_is_recorded_and_the_campaign_stops_before_the_answer(
    program: Program, campaign: Campaign
) -> None:
    answer = program.post("/spend/entries", entry(campaign, "75.40", description="Clicks"))

    spend = Spend.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
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


# --- sent again ---------------------------------------------------------------------------------


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
    assert error["field"] == "Idempotency-Key"
    assert ledger() == []


def test_the_same_id_with_other_content_is_a_conflict(program: Program, campaign: Campaign) -> None:
    program.post("/spend/entries", entry(campaign, "1.50"))

    content = problem(program.post("/spend/entries", entry(campaign, "2")), 409, "conflict")

    (error,) = content["errors"]
    assert error["row"] == 0
    assert error["field"] == "amount"
    assert "1.5" in error["reason"]
    assert [row[1] for row in ledger()] == [Decimal("1.5")]


# --- when rows are bad --------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"amount": "1_000"}, "amount", "plain digits"),
        ({"amount": "1,234.50"}, "amount", "plain digits"),
        ({"amount": "1.234,56"}, "amount", "plain digits"),
        ({"amount": "１２"}, "amount", "plain digits"),
        ({"amount": "1.0000001"}, "amount", "more than 6 decimal places"),
        ({"amount": 10**12}, "amount", "must be below"),
        ({"amount": 10**4000}, "amount", "longer than 40"),
        ({"amount": 1e300}, "amount", "exponent"),
        ({"amount": -1}, "amount", "may not be negative"),
        ({"amount": True}, "amount", "bool is not an amount"),
        ({"amount": ["1"]}, "amount", "is not an amount"),
        ({"amount": {}}, "amount", "is not an amount"),
        ({"amount": None}, "amount", "missing"),
        ({"campaign": None}, "campaign", "missing"),
        ({"campaign": 0}, "campaign", "no campaign of this id"),
        ({"campaign": 10**30}, "campaign", "no campaign of this id"),
        ({"campaign": 10**60}, "campaign", "give its id"),
        ({"campaign": True}, "campaign", "give its id"),
        ({"campaign": 1.5}, "campaign", "give its id"),
        ({"campaign": 1e300}, "campaign", "give its id"),
        ({"campaign": "1"}, "campaign", "give its id"),
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
        ({"date": "2026-02-31"}, "date", "no such day"),
        ({"date": "31.02.2026"}, "date", "YYYY-MM-DD"),
        ({"date": "9999-12-31"}, "date", "later than tomorrow"),
        ({"date": "0001-01-01"}, "date", "before"),
        ({"date": 20260201}, "date", "give a date"),
        ({"date": {"day": 1}}, "date", "give a date"),
        ({"date": ""}, "date", "YYYY-MM-DD"),
        ({"occurred_at": "2026-02-01T12:00:00"}, "occurred_at", "no timezone"),
        ({"occurred_at": "yesterday"}, "occurred_at", "write it as"),
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
        ({"currency": "EUR"}, "currency", "no such field; known are campaign, amount"),
        ({"\x00" * 200: [[]]}, "\x00" * 80, "no such field"),
    ],
)
def test_a_bad_value_is_refused_with_its_field_and_nothing_is_recorded(
    program: Program, campaign: Campaign, change: dict[str, Any], field: str, said: str
) -> None:
    rows = [entry(campaign, external_id="good"), entry(campaign) | change]

    content = problem(program.post("/spend/entries", {"entries": rows}), 422, "invalid")

    (error,) = content["errors"]
    assert error["row"] == 1
    assert error["field"] == field
    assert said in error["reason"]
    assert error["value"] is None or len(error["value"]) <= 100
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
def test_a_body_of_another_shape_is_told_which_is_wanted(
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
        for depth in range(500, 1100, 7)
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


# --- whose campaign it is -----------------------------------------------------------------------


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


# --- day totals and corrections -----------------------------------------------------------------


def total(campaign: Campaign, amount: Any, minutes: int = 0, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "campaign": campaign.pk,
        "date": now.date().isoformat(),
        "amount": amount,
        "observed_at": (now - timedelta(hours=1) + timedelta(minutes=minutes)).isoformat(),
        **more,
    }


def test_day_totals_are_recorded_by_their_difference(program: Program, campaign: Campaign) -> None:
    first = program.post("/spend/day-totals", total(campaign, "70.00", 0))
    more = program.post("/spend/day-totals", {"day_totals": [total(campaign, "75.50", 10)]})
    same = program.post("/spend/day-totals", total(campaign, 75.5, 20))
    older = program.post("/spend/day-totals", total(campaign, "60", 5))

    assert first.json() == {
        "recorded": 1,
        "unchanged": 0,
        "older": 0,
        "waiting": 0,
        "refused": 0,
        "answers": [{"row": 0, "outcome": "recorded", "difference": "70"}],
    }
    assert more.json()["answers"][0]["difference"] == "5.5"
    assert same.json()["unchanged"] == 1
    assert older.json()["older"] == 1
    assert [row[1] for row in ledger()] == [70, Decimal("5.5")]
    campaign.refresh_from_db()
    assert not campaign.is_active


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"observed_at": None}, "observed_at", "missing"),
        ({"observed_at": "2999-01-01T00:00:00Z"}, "observed_at", "future"),
        ({"date": None}, "date", "missing"),
        ({"external_id": "a"}, "external_id", "no such field"),
        ({"amount": "-1"}, "amount", "may not be negative"),
    ],
)
def test_a_bad_day_total_is_refused(
    program: Program, campaign: Campaign, change: dict[str, Any], field: str, said: str
) -> None:
    answer = program.post("/spend/day-totals", total(campaign, "1") | change)

    (error,) = problem(answer, 422, "invalid")["errors"]
    assert error["field"] == field
    assert said in error["reason"]
    assert ledger() == []


def test_a_correction_may_bring_a_campaign_back(program: Program, campaign: Campaign) -> None:
    program.post("/spend/entries", entry(campaign, "80"))
    today = timezone.now().date().isoformat()

    answer = program.post(
        "/spend/corrections",
        {
            "corrections": [
                entry(campaign, "-10", external_id="c", date=today, description="Credited")
            ]
        },
    )

    assert answer.json()["recorded"] == 1
    assert ledger()[1] == ("Spring Sale", Decimal(-10), "etl", "c", "correction")
    campaign.refresh_from_db()
    assert campaign.is_active


@pytest.mark.parametrize("left_out", ["description", "date"])
def test_a_correction_says_why_and_of_which_day(
    program: Program, campaign: Campaign, left_out: str
) -> None:
    row = entry(campaign, "-1", description="Credited", date=date.today().isoformat())  # noqa: DTZ011
    del row[left_out]

    (error,) = problem(program.post("/spend/corrections", row), 422, "invalid")["errors"]

    assert error["field"] == left_out
    assert ledger() == []


def test_spend_of_brands_that_a_key_may_write_is_recorded() -> None:
    brands: list[Brand] = BrandFactory.create_batch(2)
    campaigns = [CampaignFactory.create(brand=brand) for brand in brands]
    program = Program(key_for(brands=tuple(brands)))

    rows = [entry(campaign, external_id=str(campaign.pk)) for campaign in campaigns]

    assert program.post("/spend/entries", {"entries": rows}).json()["recorded"] == 2


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
