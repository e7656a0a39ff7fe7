"""What a file is asked before it is recorded, and that nothing is recorded while one is open."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ads.models import Campaign, CampaignReference, UnknownReference
from ads.models.spend import OnOverlap
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.questions.support import (
    GOOGLE,
    LATER,
    META,
    NOW,
    answered,
    asked,
    campaign,
)
from ads.tests.services.imports.support import (
    case,
    ledger,
    previewed,
    recorded,
    refused,
    waiting,
)
from ads.tests.support import delivers

pytestmark = pytest.mark.django_db

KEYWORDS = [
    "Day,Campaign,Campaign ID,Ad group,Search keyword,Currency code,Cost",
    "2026-11-28,Search,22000000001,Shoes,running shoes,USD,40.00",
    "2026-11-28,Search,22000000001,Shoes,trail shoes,USD,30.00",
]
CAMPAIGNS = [
    "Day,Campaign,Campaign ID,Currency code,Cost",
    "2026-11-28,Search,22000000001,USD,120.00",
]


@pytest.mark.parametrize("files", ["own", "case"])
def test_a_keyword_report_never_lowers_or_starts_by_itself(files: str) -> None:
    before, after = (
        (CAMPAIGNS, KEYWORDS)
        if files == "own"
        else (case("13a-google-campaign-level.csv"), case("13b-google-keyword-level.csv"))
    )
    search = campaign("Search", daily_budget=100)
    CampaignReference.objects.create(
        campaign=search, platform="google_ads", reference="22000000001"
    )
    recorded(before, GOOGLE, now=NOW)
    assert not delivers(search)

    questions = asked(after, GOOGLE)

    assert set(questions) == {"finer", "lowered", "starts"}
    assert '"Ad group" and "Search keyword"' in questions["finer"].text
    row = ("Search", search.brand.name, "2026-11-28", "$120.00", "$70.00", "-$50.00")
    assert questions["lowered"].rows == [row]
    assert questions["starts"].rows == [("Search", search.brand.name)]
    assert not delivers(search)
    some = replace(GOOGLE, answers={"finer": "accept", "lowered": "accept"})
    assert "Recording would start 1 campaign" in refused(after, some, now=LATER)
    assert not delivers(search)
    yes = {"finer": "accept", "lowered": "accept", "starts": "accept"}
    done = answered(after, GOOGLE, **yes)
    assert (sum(ledger().values()), done.enforced.started, delivers(search)) == (70, 1, True)


@pytest.mark.parametrize(
    ("columns", "mapping", "finer"),
    [
        ("campaign,date,amount,ad_id", {}, True),
        ("campaign,date,amount,Ad Set Name", {}, True),
        ("campaign,date,amount,Search term", {}, True),
        ("Line,date,amount,Placement", {"campaign": "Line"}, True),
        ("campaign,date,amount,age", {}, False),
        ("Ad group,date,amount,Ad group ID", {"campaign": "Ad group"}, False),
        ("Ad group,date,amount,Keyword", {"campaign": "Ad group"}, True),
    ],
)
def test_a_file_is_finer_by_its_columns_unless_they_name_the_campaign(
    columns: str, mapping: dict[str, str], *, finer: bool
) -> None:
    campaign("A")

    questions = asked([columns, "A,2026-11-25,5,1"], Plan(mapping=mapping))

    assert ("finer" in questions) is finer


def test_entries_may_be_as_fine_as_they_like() -> None:
    campaign("A")

    assert recorded(["campaign,date,amount,ad_id,external_id", "A,2024-05-15,5,1,x"]).recorded == 1


@pytest.mark.parametrize(
    ("before", "after", "is_asked"),
    [
        ("100", "80", False),
        ("100", "79.99", True),
        ("4", "3", False),
        ("4", "2.99", True),
        ("5", "0", True),
        ("1", "0", False),
    ],
)
def test_lowering_by_more_than_a_fifth_and_a_dollar_is_asked_about(
    before: str, after: str, *, is_asked: bool
) -> None:
    campaign("A")
    head = "campaign,date,amount"
    recorded([head, f"A,2026-11-25,{before}"], now=NOW)

    assert ("lowered" in asked([head, f"A,2026-11-25,{after}"], Plan())) is is_asked


@pytest.mark.parametrize("files", ["own", "case"])
def test_another_account_with_the_same_campaign_name_is_asked_about(files: str) -> None:
    a, b = (
        (
            "Campaign name,Day,Amount spent (USD)\nProspecting P5,2026-11-25,200\n",
            "Campaign name,Day,Amount spent (USD)\nProspecting P5,2026-11-25,35\n",
        )
        if files == "own"
        else (
            case("17-two-accounts-same-names-A.csv"),
            case("17-two-accounts-same-names-B.csv"),
        )
    )
    campaign("Prospecting P5")
    recorded(a, META, now=NOW)

    (row,) = asked(b, META)["lowered"].rows

    assert row[3:] == ("$200.00", "$35.00", "-$165.00")
    assert sum(ledger().values()) == 200


def test_with_accounts_named_both_count() -> None:
    campaign("Prospecting P5")
    for letter, name in (("A", "Acme"), ("B", "Globex")):
        content = case(f"17-two-accounts-same-names-{letter}.csv")
        assert asked(content, replace(META, account=name)) == {}
        recorded(content, replace(META, account=name), now=LATER)

    assert sum(ledger().values()) == 235


def test_a_day_of_another_network_that_lowers_what_is_on_record_is_asked_about() -> None:
    campaign("Brand - Prospecting")
    mapped = {"campaign": "Campaign name", "date": "Day", "amount": "Amount spent (USD)"}
    recorded(case("02b-meta.csv"), Plan(mapping=mapped), now=NOW)

    plan = Plan(mapping={**mapped, "campaign": "Campaign Name"})
    questions = asked(case("02d-snapchat-day.csv"), plan)

    assert [row[3:] for row in questions["lowered"].rows] == [
        ("$120.00", "$8.00", "-$112.00"),
        ("$100.00", "$7.00", "-$93.00"),
    ]


def test_two_campaigns_of_one_name_on_one_day_add_up_without_a_question() -> None:
    campaign("P7 Twin")
    content = case("27-meta-duplicate-names-one-day.csv")

    assert asked(content, META) == {}
    recorded(content, META, now=LATER)

    assert ledger() == {("P7 Twin", "2026-11-25"): Decimal("117.14")}


@pytest.mark.parametrize("files", ["own", "case"])
def test_a_renamed_campaign_counts_once_matched_and_the_files_again_change_nothing(
    files: str,
) -> None:
    head = "Campaign name,Day,Amount spent (USD)"
    days = [("2026-11-24", 70), ("2026-11-25", 80), ("2026-11-26", 90)]
    before, after = (
        (
            [head, *(f"P4 Spring,{day},{amount}" for day, amount in days[:2])],
            [head, *(f"P4 Spring | v2,{day},{amount}" for day, amount in days)],
        )
        if files == "own"
        else (case("15a-meta-before-rename.csv"), case("15b-meta-after-rename.csv"))
    )
    spring = campaign("P4 Spring")
    recorded(before, META, now=NOW)
    assert asked(after, META) == {}
    recorded(after, META, now=LATER)
    assert (sum(ledger().values()), sum(waiting().values())) == (150, 240)

    unknown = UnknownReference.objects.get()
    registry.match(unknown, spring, now=LATER, on_overlap=OnOverlap.REPLACE)

    assert sum(ledger().values()) == 240
    much_later = LATER + timedelta(hours=1)
    assert asked(after, META, much_later) == {}
    assert recorded(after, META, now=much_later).unchanged == 3
    again = asked(before, META, much_later)["overlap"]
    assert "$150.00 by meta_ads under another ID" in again.text


def test_a_small_lowering_that_starts_a_campaign_is_asked_about() -> None:
    search = campaign("Search", daily_budget=100)
    head = "campaign,date,amount"
    recorded([head, "Search,2026-11-28,101"], now=NOW)
    assert not delivers(search)
    lower = [head, "Search,2026-11-28,99"]

    assert set(asked(lower, Plan())) == {"starts"}

    assert not delivers(search)
    assert sum(ledger().values()) == 101
    answered(lower, Plan(), starts="accept")
    assert delivers(search)


def test_a_campaign_that_starts_anyway_is_not_asked_about() -> None:
    search = campaign("Search", daily_budget=100)
    other = CampaignFactory.create(name="Due", brand=search.brand)  # the next check starts it
    head = "campaign,date,amount"
    recorded([head, "Search,2026-11-28,50"], now=NOW)
    Campaign.objects.filter(pk=other.pk).update(is_active=False)

    assert asked([head, "Search,2026-11-28,45"], Plan()) == {}

    recorded([head, "Search,2026-11-28,45"], now=LATER)
    assert delivers(other)


def test_totals_that_are_more_than_the_rows_are_said_before_and_after() -> None:
    campaign("P7 Search brand")
    content = case("25-google-account-total-exceeds.csv")
    said = "(Total: Account) has a total of $163.20, but the rows add up to $100.00"

    assert any(said in note for note in previewed(content, now=LATER).notes)
    assert any(said in note for note in recorded(content, now=LATER).notes)


def test_an_answer_that_nobody_can_give_is_refused() -> None:
    with pytest.raises(ImportRefused, match="overlap: 'both' is not an answer; give one of add"):
        Plan(answers={"overlap": "both"})
    with pytest.raises(ImportRefused, match="colour: 'red' is not an answer; give one of overlap"):
        Plan(answers={"colour": "red"})
