"""Every row is answered: recorded, duplicate, conflict or refused, in either mode."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, Spend
from ads.services import InvalidSpend
from ads.services.campaign_lookup import CampaignNamed
from ads.services.ledger import Answer
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    Sender,
    correct,
    entry,
    google,
    known_as,
    outcomes,
    take,
)
from ads.tests.support import NOON, at, delivers, enforce_all, switches, totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75, brand__name="Acme", name="Spring")
    enforce_all(NOON)
    return campaign


def test_a_campaign_is_named_by_id_by_names_or_by_reference(campaign: Campaign) -> None:
    known_as(campaign, google("7"))

    done = take(
        entry(campaign, 1),
        entry(CampaignNamed("Acme", "Spring"), 2),
        entry(google("7", name="whatever it is called"), "4.5"),
    )

    assert done.is_recorded
    assert outcomes(done) == ["recorded"] * 3
    assert [answer.entry_id for answer in done.answers] == list(
        Spend.objects.order_by("id").values_list("pk", flat=True)
    )
    assert totals(campaign)["day", TODAY] == Decimal("7.5")
    assert set(Spend.objects.values_list("source", "kind")) == {("etl", "entry")}


def test_dates_and_instants_may_be_text() -> None:
    campaign = CampaignFactory.create(brand__timezone="Asia/Tokyo")

    take(
        entry(campaign, 1, date="2024-05-01"),
        entry(campaign, 2, occurred_at="2024-05-02T23:00:00+02:00"),
        entry(campaign, 4, occurred_at="2024-05-03T10:00:00.25Z", description="a click"),
    )

    assert list(Spend.objects.order_by("id").values_list("date", "occurred_at", "description")) == [
        (date(2024, 5, 1), NOON, ""),
        (date(2024, 5, 3), at("2024-05-02 21:00"), ""),
        (date(2024, 5, 3), at("2024-05-03 10:00:00.25"), "a click"),
    ]


def test_what_is_crossed_has_stopped_when_it_answers(campaign: Campaign) -> None:
    other = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)

    take(*[entry(campaign, 25) for _ in range(3)], entry(other, 74))

    assert switches(campaign)[1:] == [(False, ["daily_budget"])]
    assert delivers(other)


def test_a_row_sent_again_is_a_duplicate_of_what_was_recorded(campaign: Campaign) -> None:
    (first,) = take(entry(campaign, 10, external_id="a")).answers

    again = take(entry(campaign, "10.00", external_id="a"), now=NOON + timedelta(days=1))

    assert again.answers == [Answer("duplicate", first.entry_id)]
    assert totals(campaign)["day", TODAY] == 10


def test_two_rows_of_one_batch_under_one_id_are_one_entry(campaign: Campaign) -> None:
    done = take(
        entry(campaign, 1, external_id="a"),
        entry(campaign, 1, external_id="a"),
        entry(campaign, 2, external_id="a"),
        keep_good=True,
    )

    assert outcomes(done) == ["recorded", "duplicate", "conflict"]
    assert done.answers[0].entry_id == done.answers[1].entry_id == Spend.objects.get().pk


@pytest.mark.parametrize("keep_good", [False, True])
def test_a_conflict_says_what_differs(campaign: Campaign, *, keep_good: bool) -> None:
    take(entry(campaign, 10, external_id="a"))

    done = take(entry(campaign, 5), entry(campaign, 11, external_id="a"), keep_good=keep_good)

    assert done.is_recorded is keep_good
    assert outcomes(done) == ["recorded" if keep_good else "not_recorded", "conflict"]
    conflict = done.answers[1]
    assert (conflict.field, conflict.value, conflict.entry_id) == ("amount", "11", None)
    assert conflict.reason == (
        "its external id was already used with amount 10. Nothing was changed. Send the entry "
        "as it was, give it an id of its own, or record a correction."
    )
    assert totals(campaign)["day", TODAY] == (15 if keep_good else 10)


def test_all_or_none_records_none_if_one_is_refused(campaign: Campaign) -> None:
    done = take(entry(campaign, 100), entry(campaign, "1e5"), entry(campaign, -1))

    assert not done.is_recorded
    assert outcomes(done) == ["not_recorded", "refused", "refused"]
    assert not Spend.objects.exists()
    assert delivers(campaign)


def test_keeping_the_good_records_them_and_enforces(campaign: Campaign) -> None:
    done = take(entry(campaign, 100), entry(campaign, "1e5"), keep_good=True)

    assert done.is_recorded
    assert outcomes(done) == ["recorded", "refused"]
    assert totals(campaign)["day", TODAY] == 100
    assert not delivers(campaign)


def test_a_row_that_could_not_even_be_read_is_refused_as_it_says(campaign: Campaign) -> None:
    unread = InvalidSpend("line", "{", "it is not JSON.")

    done = take(unread, entry(campaign), keep_good=True)

    assert outcomes(done) == ["refused", "recorded"]
    refused = done.answers[0]
    assert (refused.field, refused.value, refused.reason) == ("line", "{", "it is not JSON.")


TOMORROW = TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("field", "value", "given"),
    [
        ("amount", "1.5", {"amount": 1.5}),
        ("amount", "True", {"amount": True}),
        ("amount", None, {"amount": None}),
        ("amount", "a list", {"amount": [1]}),
        ("amount", "1_000", {"amount": "1_000"}),
        ("amount", "１２", {"amount": "１２"}),
        ("amount", "NaN", {"amount": "NaN"}),
        ("amount", "0.0000001", {"amount": "0.0000001"}),
        ("amount", "an integer of 3322 bits", {"amount": 10**1000}),
        ("description", "7", {"description": 7}),
        ("description", "a\x00b", {"description": "a\x00b"}),
        ("description", "\\ud800", {"description": "\ud800"}),
        ("external_id", "", {"external_id": ""}),
        ("external_id", "x" * 79 + "…", {"external_id": "x" * 201}),
        ("external_id", "a dict", {"external_id": {"a": "b"}}),
        ("date", "2024-02-31", {"date": "2024-02-31"}),
        ("date", "01/05/2024", {"date": "01/05/2024"}),
        ("date", "20240501", {"date": "20240501"}),
        ("date", "20240501", {"date": 20240501}),
        ("date", "2024-05-17", {"date": "2024-05-17"}),
        ("date", "1970-01-01", {"date": "1970-01-01"}),
        ("occurred_at", "2024-05-01T12:00:00", {"occurred_at": "2024-05-01T12:00:00"}),
        ("occurred_at", "2024-05-01", {"occurred_at": "2024-05-01"}),
        ("occurred_at", "2024-05-01T25:00:00Z", {"occurred_at": "2024-05-01T25:00:00Z"}),
        ("occurred_at", "1714564800", {"occurred_at": 1714564800}),
        ("occurred_at", "2024-05-17", {"occurred_at": "2024-05-17T00:00:00Z"}),
    ],
)
def test_what_cannot_be_recorded_is_refused_by_field(
    campaign: Campaign, field: str, value: str | None, given: dict[str, Any]
) -> None:
    done = take(entry(campaign, 1), entry(campaign, **{"amount": 2, **given}), keep_good=True)

    good, bad = done.answers
    assert good.outcome == "recorded"
    assert (bad.outcome, bad.field, bad.value) == ("refused", field, value)
    assert bad.reason
    assert totals(campaign)["day", TODAY] == 1


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("campaign", 0),
        ("campaign", -1),
        ("campaign", 10**9),
        ("campaign", 2**63),
        ("campaign", 10**1000),
        ("campaign", "17"),
        ("campaign", None),
        ("campaign", True),
        ("campaign", 1.0),
        ("campaign", CampaignNamed("Acme", "Winter")),
        ("campaign", CampaignNamed("Nobody", "Spring")),
        ("campaign", CampaignNamed("acme", "spring")),
        ("brand", CampaignNamed("", "Spring")),
        ("brand", CampaignNamed(["Acme"], "Spring")),  # type: ignore[arg-type]
        ("campaign", CampaignNamed("Acme", "a\x00b")),
        ("platform", google("7").__class__("", "1", "7")),
        ("platform", google("7").__class__("x" * 51, "1", "7")),
        ("account", google("7", account=None)),  # type: ignore[arg-type]
        ("reference", google(" ")),
        ("reference", google(7)),  # type: ignore[arg-type]
        ("name", google("7", name="x" * 201)),
    ],
)
def test_a_campaign_that_is_not_named_well_is_refused(
    campaign: Campaign, field: str, given: Any
) -> None:
    done = take(entry(campaign), entry(given), keep_good=True)

    assert outcomes(done) == ["recorded", "refused"]
    assert done.answers[1].field == field
    assert Spend.objects.count() == 1


def test_zero_is_recorded_as_nothing(campaign: Campaign) -> None:
    done = take(entry(campaign, 0, external_id="a"), entry(campaign, "0.0"))

    assert done.answers == [Answer("recorded"), Answer("recorded")]
    assert not Spend.objects.exists()


@pytest.mark.parametrize("source", ["", " ", "x" * 101, "a\x00b", None])
def test_a_source_that_cannot_be_is_refused_as_a_whole(campaign: Campaign, source: Any) -> None:
    with pytest.raises(InvalidSpend, match=r"^source: "):
        take(entry(campaign), sender=Sender(source))

    assert not Spend.objects.exists()


def test_nothing_is_no_mistake() -> None:
    assert take().answers == []
    assert take().is_recorded


def test_a_correction_names_its_day_and_its_reason_and_brings_back(campaign: Campaign) -> None:
    take(entry(campaign, 80))
    assert not delivers(campaign)

    done = correct(
        entry(campaign, "-10.5", description="Refund", date=TODAY, external_id="a"),
        entry(campaign, -1, description="Refund"),
        entry(campaign, -1, date=TODAY),
        entry(campaign, -1, description=" ", date=TODAY),
        keep_good=True,
    )

    assert [(answer.outcome, answer.field) for answer in done.answers] == [
        ("recorded", None),
        ("refused", "date"),
        ("refused", "description"),
        ("refused", "description"),
    ]
    correction = Spend.objects.get(kind="correction")
    assert (correction.amount, correction.source, correction.external_id) == (
        Decimal("-10.5"), "etl", "a",
    )  # fmt: skip
    assert delivers(campaign)
    assert outcomes(correct(entry(campaign, "-10.5", description="Refund", date=TODAY,
                                  external_id="a"))) == ["duplicate"]  # fmt: skip


def test_an_id_of_an_entry_is_none_for_a_correction(campaign: Campaign) -> None:
    take(entry(campaign, 10, external_id="a", description="x", date=TODAY))

    done = correct(entry(campaign, 10, external_id="a", description="x", date=TODAY))

    assert [(answer.outcome, answer.field) for answer in done.answers] == [("conflict", "kind")]


def test_sums_that_would_become_too_large_refuse_the_batch() -> None:
    campaign = CampaignFactory.create()

    done = take(*[entry(campaign, "999999999999")] * 1001, keep_good=True)

    assert not done.is_recorded
    assert {(answer.outcome, answer.field) for answer in done.answers} == {("refused", "amount")}
    assert not Spend.objects.exists()


def test_a_brand_whose_timezone_changes_meanwhile_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The look-up says one day, the brand has moved to another when the entry is recorded."""
    from ads.services import campaign_lookup

    campaign = CampaignFactory.create(brand=BrandFactory.create(timezone="Pacific/Auckland"))
    real = campaign_lookup.by_id
    stale = [{campaign.pk: campaign_lookup.Owner(campaign.pk, campaign.brand_id, "UTC", "USD")}]

    def at_first_stale(*args: Any) -> Any:
        return stale.pop() if stale else real(*args)

    monkeypatch.setattr(campaign_lookup, "by_id", at_first_stale)

    assert outcomes(take(entry(campaign))) == ["recorded"]

    assert stale == []
    assert Spend.objects.get().date == date(2024, 5, 16)
