"""Six spellings of one known id: by page, command, service and API they are one campaign."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, ReportedTotal, UnknownReference
from ads.services import CampaignService
from ads.services.errors import InvalidSpend
from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.parsing.spellings import ID, NOW, SIX
from ads.tests.services.imports.support import case, ledger, previewed, recorded, refused, waiting
from ads.tests.services.ledger.support import entry, google, outcomes, take, total

pytestmark = pytest.mark.django_db

CASE = "11b-ids-other-shapes.csv"


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    CampaignService.add_reference(campaign, "meta_ads", f"'{ID}")
    return campaign


def spent() -> Decimal:
    return sum(ledger().values(), Decimal(0))


@pytest.mark.parametrize("written", [SIX, CASE], ids=["inline", "case"])
def test_all_find_the_campaign_and_the_preview_says_how_they_are_read(
    campaign: Campaign, written: Any
) -> None:
    content = case(written) if isinstance(written, str) else written

    preview = previewed(content, now=NOW)
    done = recorded(content, now=NOW)

    assert spent() == 1800
    assert {row.campaign for row in ReportedTotal.objects.all()} == {campaign}
    assert ReportedTotal.objects.values("known_as").distinct().count() == 1
    (note,) = (note for note in done.notes if "spreadsheet" in note)
    assert note in preview.notes
    assert f'"\'{ID}" is read as {ID}, ' in note
    assert "and so on. Check one of them: spreadsheets round long ids." in note


def test_mapped_columns_and_unmatched_ids_are_spelled_alike(campaign: Campaign) -> None:
    header, *rows = SIX
    plan = Plan(
        format="meta_ads",
        platform="meta_ads",
        mapping={"reference": "Key", "date": "Reporting starts", "amount": "Amount spent (USD)"},
    )
    recorded([header.replace("Campaign ID", "Key"), *rows], plan, now=NOW)
    assert spent() == 1800

    campaign.references.all().delete()
    recorded([header, *rows], Plan(source="other"), now=NOW)

    assert UnknownReference.objects.get().reference == ID
    assert sum(waiting().values()) == 1800


def test_an_account_is_the_same_in_the_file_and_as_an_option() -> None:
    header = "Day,Campaign,Campaign ID,Currency code,Cost,Impr."
    row = "2026-11-25,Search,77,USD,5.00,1"
    recorded([f"{header},Customer ID", f"{row},123-456-7890"], now=NOW)
    for account in ("1234567890", "123-456-7890", "'1234567890"):
        done = recorded([header, row], Plan(account=account), now=NOW + timedelta(hours=1))
        assert not any("spreadsheet" in note for note in done.notes)

    unknown = UnknownReference.objects.get()
    assert (unknown.account, unknown.reference) == ("1234567890", "77")
    assert sum(waiting().values()) == 5


def test_two_names_under_two_spellings_of_one_id_are_refused() -> None:
    said = refused([*SIX, SIX[1].replace("P4 Prospecting", "Other").replace("25", "19")], now=NOW)

    assert f"reference: '{ID}' is the id of two campaigns in this file" in said


def test_names_in_place_of_ids_stay_as_they_are() -> None:
    header = "Day,Campaign,Currency code,Cost,Impr."
    recorded([header, '2026-11-25,"\'Tis 1,234 (2.0)",USD,5.00,1'], now=NOW)

    assert UnknownReference.objects.get().reference == "'Tis 1,234 (2.0)"


def test_two_names_that_would_be_one_number_are_refused() -> None:
    header = "Day,Campaign,Currency code,Cost,Impr."
    rows = [f"2026-11-25,{name},USD,5.00,1" for name in ("2024", "2024.0")]

    assert "is the id of two campaigns in this file" in refused([header, *rows], now=NOW)


def test_the_service_finds_and_adds_in_any_spelling(campaign: Campaign) -> None:
    for text in (f"{ID}.0", f"c:{ID}", "120,210,000,000,001,234"):
        assert CampaignService.find_by_reference("meta_ads", text) == campaign
        CampaignService.add_reference(campaign, "meta_ads", text)
    assert CampaignReference.objects.count() == 1

    CampaignService.add_reference(campaign, "google_ads", "7", account="123-456-7890")
    for account in ("1234567890", "123-456-7890", "'123-456-7890"):
        assert CampaignService.find_by_reference("google_ads", "7", account=account) == campaign
    assert CampaignService.find_by_reference("google_ads", "7") is None
    assert campaign.references.filter(account="123-456-7890").exists()


def test_totals_and_entries_sent_in_other_spellings_are_known(campaign: Campaign) -> None:
    CampaignService.add_reference(campaign, "google_ads", "7", account="123-456-7890")

    first = take(total(google("7", "123-456-7890"), 5))
    again = take(total(google("'7", "1234567890"), 5))
    waits = take(entry(google("8", "123-456-7890"), 5, external_id="a"))
    same = take(entry(google("8.0", "1234567890"), 5, external_id="a"))

    assert [outcomes(each) for each in (first, again)] == [["recorded"], ["unchanged"]]
    assert [outcomes(each) for each in (waits, same)] == [["waiting"], ["waiting"]]
    assert UnknownReference.objects.count() == 1


@pytest.mark.parametrize("field", ["reference", "account", "external_id"])
def test_a_number_without_its_last_digits_is_refused_everywhere(field: str) -> None:
    row = entry(
        google(*(("1.2E+17", "123") if field == "reference" else ("7", "'1.2E+17")))
        if field != "external_id"
        else google("7"),
        external_id="1.2021E+017" if field == "external_id" else "a",
    )

    (answer,) = take(row).answers

    assert isinstance(answer.error, InvalidSpend)
    assert (answer.field, answer.outcome) == (field, "refused")
    assert "it is a number that has lost its last digits; send the whole id" in str(answer.error)
