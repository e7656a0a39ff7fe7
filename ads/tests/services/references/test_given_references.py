"""What waits is recorded when a campaign is given its reference, whoever gives it."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from ads.models import Campaign, CampaignReference, Spend
from ads.services import BudgetService, CampaignService, DayTotal, SpendEntry, campaign_lookup
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidReference
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.services.references.release import Settled
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    entry,
    google,
    kept,
    known_as,
    outcomes,
    recorded,
    take,
    total,
    unknown,
)
from ads.tests.support import NOON, delivers, enforce_all, execute, totals

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(daily_budget=75)
    enforce_all(NOON)
    return campaign


def test_a_reference_saved_anywhere_records_what_waited_on_commit(
    campaign: Campaign, django_capture_on_commit_callbacks: Any
) -> None:
    take(entry(google("7"), 80, date=TODAY))

    with django_capture_on_commit_callbacks(execute=True):
        known_as(campaign, google("7"))

    assert recorded() == [(80, TODAY, None)]
    assert kept() == []


def test_a_reference_added_by_sql_is_found_by_the_sweep(campaign: Campaign) -> None:
    take(entry(google("7"), 80))
    execute(
        "INSERT INTO ads_campaignreference (campaign_id, platform, account, reference)"
        " VALUES (%s, 'google_ads', '123', '7')",
        [campaign.pk],
    )

    settled = registry.record_waiting(NOON)

    assert settled.recorded == settled.enforced.stopped == 1
    assert not delivers(campaign)


def test_one_reference_that_fails_never_stops_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    campaigns = CampaignFactory.create_batch(3)
    for number, campaign in enumerate(campaigns):
        take(entry(google(str(number)), 5))
        known_as(campaign, google(str(number)))
    execute(
        f"""
        CREATE FUNCTION broken_spend() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.campaign_id = {int(campaigns[1].pk)} THEN
                RAISE EXCEPTION 'this one is broken';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER broken_spend BEFORE INSERT ON ads_spend
           FOR EACH ROW EXECUTE FUNCTION broken_spend();
        """
    )

    settled = registry.record_waiting(NOON)

    assert (settled.recorded, settled.failed) == (2, (unknown("1").pk,))
    assert "this one is broken" in caplog.text
    assert [row[0] for row in kept()] == ["1"]
    execute("DROP TRIGGER broken_spend ON ads_spend")
    assert registry.record_waiting(NOON) == Settled(recorded=1)


def test_many_rows_are_recorded_in_batches_in_order(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ads.services.references.release.BATCH", 4)
    take(*[entry(google("7"), n + 1, external_id=f"{n:02}") for n in range(11)])
    take(*[total(google("7"), 5, date=TODAY - n * DAY) for n in range(1, 6)])
    known_as(campaign, google("7"))

    assert registry.record_waiting(NOON, at_most=6).recorded == 9
    assert len(kept()) == 7
    assert registry.record_waiting(NOON).recorded == 7

    amounts = Spend.objects.filter(kind="entry").order_by("id").values_list("amount", flat=True)
    assert list(amounts) == list(range(1, 12))
    assert totals(campaign)["month", date(2024, 5, 1)] == 66 + 25
    assert find_drift() == []


def test_a_reference_taken_off_before_it_was_recorded_leaves_it_waiting(
    campaign: Campaign,
) -> None:
    take(entry(google("7"), 5))
    known_as(campaign, google("7")).delete()

    assert registry.record_waiting(NOON) == Settled()
    assert len(kept()) == 1


def test_a_campaign_is_given_a_reference_once(campaign: Campaign) -> None:
    first = registry.add(campaign, google("7"))

    assert registry.add(campaign, google("7")) == first
    assert campaign_lookup.by_reference([google("7"), google("8")]).keys() == {google("7")}
    with pytest.raises(InvalidReference, match="has this ID"):
        registry.add(CampaignFactory.create(), google("7"))
    assert CampaignReference.objects.get().campaign == campaign


@pytest.mark.parametrize(
    ("field", "given"),
    [("platform", ("", "1", "7")), ("account", ("x", "a\x00", "7")), ("reference", ("x", "", " "))],
)
def test_a_reference_that_cannot_be_is_refused(
    campaign: Campaign, field: str, given: tuple[str, str, str]
) -> None:
    with pytest.raises(InvalidReference) as refusal:
        registry.add(campaign, Reference(*given))

    assert refusal.value.field == field
    assert not CampaignReference.objects.exists()


def test_the_python_api_gives_and_finds_references(
    campaign: Campaign, django_capture_on_commit_callbacks: Any
) -> None:
    take(entry(google("7"), 80, date=TODAY))

    with (
        time_machine.travel(NOON, tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        CampaignService.add_reference(campaign, "google_ads", "7", account="123")

    assert CampaignService.find_by_reference("google_ads", "7", account="123") == campaign
    assert CampaignService.find_by_reference("google_ads", "7") is None
    assert not delivers(campaign)


def test_the_python_api_answers_for_each_row(campaign: Campaign) -> None:
    with time_machine.travel(NOON, tick=False):
        entries = BudgetService.take_entries(
            [SpendEntry(campaign.pk, 5), SpendEntry(campaign.pk, "x")],
            source="script",
            keep_good=True,
        )
        corrections = BudgetService.take_corrections(
            [SpendEntry(campaign.pk, -1, "Refund", date=TODAY)], source="script"
        )
        day = BudgetService.take_day_totals(
            [DayTotal(campaign.pk, TODAY, 7, NOON)], source="script"
        )

    assert [outcomes(done) for done in (entries, corrections, day)] == [
        ["recorded", "refused"], ["recorded"], ["recorded"],
    ]  # fmt: skip
    assert totals(campaign)["day", TODAY] == 11
