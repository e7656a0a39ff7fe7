"""Undoing a request as a whole, by the key that sent it."""

from importlib import import_module

import pytest
from django.utils import timezone

from ads.models import Campaign, Spend, SpendBatch
from ads.models.spend import BatchKind
from ads.services import batches
from ads.services.actor import acting_as
from ads.services.ledger import DayTotal, record
from ads.services.new_batch import NewBatch
from ads.tests.api.spend.support import entry, ledger
from ads.tests.api.spend.test_other_kinds import total
from ads.tests.api.support import Program, key_for, problem
from ads.tests.support import execute

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return Program(key_for("First", source="first"))


def amounts() -> list[str]:
    return [f"{row[1].normalize():f}" for row in ledger()]


def test_a_request_is_previewed_and_undone_once(program: Program, campaign: Campaign) -> None:
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]

    preview = program.get(f"/batches/{batch}/undo").json()
    assert (preview["entries"], preview["amounts"], preview["in_the_way"]) == (
        1,
        {"USD": "-40.00"},
        [],
    )
    assert amounts() == ["40"]

    answer = program.post(f"/batches/{batch}/undo?reason=sent+twice")

    assert answer.status_code == 200, answer.content
    done = answer.json()
    assert (done["undone"], done["amounts"]) == (batch, {"USD": "-40.00"})
    assert amounts() == ["40", "-40"]
    assert SpendBatch.objects.get(pk=done["batch"]).recorded_by == "key: First"
    again = program.post(f"/batches/{batch}/undo?reason=sent+twice")
    assert "It was undone on" in problem(again, 409, "conflict")["detail"]
    assert program.get(f"/batches/{batch}/undo").json()["in_the_way"]
    assert amounts() == ["40", "-40"]


def test_a_request_that_is_sent_again_makes_no_batch_beside_the_first(
    program: Program, campaign: Campaign
) -> None:
    unknown = {"platform": "google_ads", "id": "1"}
    requests = [
        ("/spend/day-totals", total(campaign, "40.00")),
        ("/spend/entries", entry(unknown, "2", external_id="waits")),
    ]
    made = [program.post(*each).json()["batch"] for each in requests]

    assert [program.post(*each).json()["batch"] for each in requests] == [None, None]

    assert program.post("/spend/entries", entry(campaign, "0")).json()["batch"] is None
    undone = [program.post(f"/batches/{batch}/undo?reason=wrong").json() for batch in made]
    assert [(each["entries"], each["waiting"]) for each in undone] == [(1, 0), (0, 1)]
    assert amounts() == ["40", "-40"]


def test_a_reason_is_required(program: Program, campaign: Campaign) -> None:
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]

    problem(program.post(f"/batches/{batch}/undo"), 422, "invalid")
    problem(program.post(f"/batches/{batch}/undo?reason=%20"), 422, "invalid")
    assert amounts() == ["40"]


def test_undone_entries_that_are_sent_again_are_a_conflict_that_says_what_to_do(
    program: Program, campaign: Campaign
) -> None:
    batch = program.post("/spend/entries", entry(campaign, "1.50")).json()["batch"]
    undo = program.post(f"/batches/{batch}/undo?reason=wrong").json()["batch"]

    content = problem(program.post("/spend/entries", entry(campaign, "1.50")), 409, "conflict")
    assert f"undo batch {undo} to count it again" in content["errors"][0]["reason"]

    assert program.post(f"/batches/{undo}/undo?reason=right").status_code == 200
    answer = program.post("/spend/entries", entry(campaign, "1.50")).json()
    assert (answer["duplicates"], answer["batch"]) == (1, None)
    assert amounts() == ["1.5", "-1.5", "1.5"]


def test_what_a_person_has_undone_no_key_brings_back(program: Program, campaign: Campaign) -> None:
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    with acting_as("olivia"):
        undone = batches.undo(
            SpendBatch.objects.get(pk=batch), reason="wrong", now=timezone.now()
        ).batch

    problem(program.get(f"/batches/{undone.pk}/undo"), 404, "not-found")
    problem(program.post(f"/batches/{undone.pk}/undo?reason=x"), 404, "not-found")
    assert amounts() == ["40", "-40"]


def test_what_a_person_undid_before_an_upgrade_no_key_brings_back(
    program: Program, campaign: Campaign
) -> None:
    """Undos were of the key that had sent the batch."""
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    undo = program.post(f"/batches/{batch}/undo?reason=x").json()["batch"]
    upgrade = import_module("ads.migrations.0055_read_since").OF_PEOPLE

    execute(upgrade)
    assert program.get(f"/batches/{undo}/undo").status_code == 200
    SpendBatch.objects.filter(pk=undo).update(recorded_by="olivia")
    execute(upgrade)
    problem(program.get(f"/batches/{undo}/undo"), 404, "not-found")


def test_what_a_person_has_brought_back_its_key_may_not_undo(campaign: Campaign) -> None:
    program = Program(key_for("First", source="first", brands=(campaign.brand,)))
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    undo = program.post(f"/batches/{batch}/undo?reason=x").json()["batch"]
    with acting_as("olivia"):
        again = batches.undo(
            SpendBatch.objects.get(pk=undo), reason="right", now=timezone.now()
        ).batch

    (told,) = program.get(f"/batches/{batch}/undo").json()["in_the_way"]
    assert told == "It was undone and brought back."
    problem(program.post(f"/batches/{again.pk}/undo?reason=x"), 404, "not-found")
    assert amounts() == ["40", "-40", "40"]


def test_a_limited_key_learns_of_no_batch_source_or_person_but_its_own(campaign: Campaign) -> None:
    program = Program(key_for("First", source="first", brands=(campaign.brand,)))
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    newer = SpendBatch.objects.get(
        pk=record(
            [DayTotal(campaign, timezone.now().date(), 45, timezone.now())],
            source="first",
            now=timezone.now(),
            kind=Spend.Kind.DAY_TOTAL,
            together=NewBatch(BatchKind.IMPORT, "every client.csv"),
        ).batch_id
        or 0
    )

    (told,) = program.get(f"/batches/{batch}/undo").json()["in_the_way"]
    assert "reported again since." in told
    assert "batch" not in told
    assert "every client" not in told
    answer = problem(program.post(f"/batches/{batch}/undo?reason=x"), 409, "conflict")
    assert answer["detail"] == f"Batch {batch} cannot be undone. {told} Nothing was changed."

    with acting_as("olivia"):
        batches.undo(newer, reason="secret", now=timezone.now())
        batches.undo(SpendBatch.objects.get(pk=batch), reason="secret", now=timezone.now())
    (told,) = program.get(f"/batches/{batch}/undo").json()["in_the_way"]
    assert told.startswith("It was undone on")
    assert "olivia" not in told
    assert "secret" not in told


def test_a_limited_key_is_told_of_its_own_newer_batch(campaign: Campaign) -> None:
    program = Program(key_for("First", source="first", brands=(campaign.brand,)))
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    newer = program.post("/spend/day-totals", total(campaign, "41.00", 5)).json()["batch"]

    (told,) = program.get(f"/batches/{batch}/undo").json()["in_the_way"]
    assert f"by batch {newer} (api request). Undo that batch first." in told


def test_another_source_is_not_named_to_a_limited_key(campaign: Campaign) -> None:
    program = Program(key_for("First", source="first", brands=(campaign.brand,)))
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    undo = program.post(f"/batches/{batch}/undo?reason=x").json()["batch"]
    Program(key_for("Other", source="secret")).post("/spend/day-totals", total(campaign, "41.00"))

    (told,) = program.get(f"/batches/{undo}/undo").json()["in_the_way"]
    assert "reported again since. Report the right total instead" in told
    assert "secret" not in told


def test_another_keys_batches_do_not_exist(program: Program, campaign: Campaign) -> None:
    batch = program.post("/spend/day-totals", total(campaign, "40.00")).json()["batch"]
    other = Program(key_for("Other", source="other"))

    problem(other.get(f"/batches/{batch}/undo"), 404, "not-found")
    problem(other.post(f"/batches/{batch}/undo?reason=x"), 404, "not-found")
    reader = Program(key_for("Reader", source="reader", scopes=("read",)))
    problem(reader.post(f"/batches/{batch}/undo?reason=x"), 403, "missing-scope")
    assert amounts() == ["40"]
