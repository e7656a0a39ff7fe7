"""What a file is asked before it is recorded, and that nothing is recorded while one is open."""

import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, Spend, UnknownReference
from ads.models.spend import OnOverlap
from ads.services import BudgetService
from ads.services.imports.outcome import Imported
from ads.services.imports.plan import Plan
from ads.services.imports.questions import Unanswered
from ads.services.imports.refusals import ImportRefused
from ads.services.imports.run import Import
from ads.services.ledger import OnRecord
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import (
    Content,
    as_bytes,
    case,
    ledger,
    previewed,
    recorded,
    refused,
    waiting,
)
from ads.tests.support import at, delivers, enforce_all, spend

pytestmark = pytest.mark.django_db

#: The afternoon after the files' last day.
NOW = at("2026-11-28 18:00")
LATER = NOW + timedelta(hours=1)
META = Plan(format="meta_ads")
GOOGLE = Plan(format="google_ads")


def campaign(name: str, **more: Any) -> Campaign:
    made = CampaignFactory.create(name=name, **more)
    enforce_all(NOW)
    return made


def asked(content: Content, plan: Plan, now: Any = LATER) -> dict[str, Any]:
    """The questions of a preview by code, and that recording raises just them."""
    questions = {each.code: each for each in previewed(content, plan, now=now).questions}
    if questions:
        with pytest.raises(Unanswered) as error:
            recorded(content, plan, now=now)
        assert {each.code for each in error.value.questions} == set(questions)
    return questions


def answered(content: Content, plan: Plan, now: Any = LATER, **answers: str) -> Imported:
    """Recorded with these answers; as its preview said."""
    plan = replace(plan, answers=answers)
    preview = previewed(content, plan, now=now)
    done = recorded(content, plan, now=now)
    names = ("recorded", "difference", "lowered", "lowered_by", "replaced", "taken_back", "zeroed")
    assert [getattr(done, name) for name in names] == [getattr(preview, name) for name in names]
    return done


# Days that the newer report of an account leaves out


BEFORE = [
    "Day,Campaign,Campaign ID,Currency code,Cost",
    "2026-11-25,Credit,1,USD,55.00",
    "2026-11-26,Credit,1,USD,60.00",
]
AFTER = [BEFORE[0], BEFORE[2]]


@pytest.mark.parametrize("files", ["own", "case"])
@pytest.mark.parametrize(("answer", "left"), [("zero", "60"), ("keep", "115")])
def test_a_day_that_the_newer_report_leaves_out_is_named_and_set_to_zero_or_kept(
    files: str, answer: str, left: str
) -> None:
    before, after = (
        (BEFORE, AFTER)
        if files == "own"
        else (case("12a-google-before-credit.csv"), case("12b-google-after-credit.csv"))
    )
    credit = campaign("Credit")
    for reference in ("1", "22000000003"):
        CampaignReference.objects.create(
            campaign=credit, platform="google_ads", reference=reference
        )
    recorded(before, GOOGLE, now=NOW)

    question = asked(after, GOOGLE)["left_out"]

    assert question.rows == [("Credit", credit.brand.name, "2026-11-25", "$55.00")]
    assert "$55.00 is taken back" in dict(question.choices)["zero"]
    done = answered(after, GOOGLE, left_out=answer)
    assert sum(ledger().values()) == Decimal(left)
    assert done.zeroed == (answer == "zero")


def test_days_that_a_file_goes_beyond_are_not_asked_about() -> None:
    campaign("Credit")
    week = ["campaign,date,amount", *(f"Credit,2026-11-2{day},5" for day in range(8))]
    recorded(week[:-1], now=NOW)

    assert asked([week[0], *week[2:]], Plan()) == {}


def test_two_files_of_accounts_without_a_name_do_not_leave_out_each_others_campaigns() -> None:
    campaign("A")
    campaign("B")
    head = "Campaign name,Day,Amount spent (USD)"
    recorded([head, "A,2026-11-25,5"], META, now=NOW)

    assert asked([head, "B,2026-11-25,6"], META) == {}


def test_a_campaign_that_an_account_with_a_name_leaves_out_is_named() -> None:
    campaign("A")
    campaign("B")
    head = "Campaign name,Account name,Day,Amount spent (USD)"
    recorded([head, "A,Acme,2026-11-25,5", "A,Globex,2026-11-25,7"], META, now=NOW)

    question = asked([head, "B,Acme,2026-11-25,6"], META)["left_out"]

    assert [row[0] for row in question.rows] == ["A"]
    answered([head, "B,Acme,2026-11-25,6"], META, left_out="zero")
    assert ledger() == {("A", "2026-11-25"): 7, ("B", "2026-11-25"): 6}


def test_what_refused_rows_may_be_is_not_set_to_zero() -> None:
    campaign("A")
    lines = ["campaign,date,amount", "A,2026-11-25,5", "A,2026-11-26,6"]
    recorded(lines, now=NOW)
    bad = [lines[0], "A,2026-11-25,x", lines[2]]

    preview = previewed(bad, Plan(), now=LATER)

    (question,) = preview.questions
    assert dict(question.choices).keys() == {"keep"}
    zero = Plan(skip_bad_rows=True, answers={"left_out": "zero"})
    assert "cannot be zero" in refused(bad, zero, now=LATER)
    assert sum(ledger().values()) == 11


# A poorer report


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


# Starts


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


# Overlaps


HEAD = "campaign,date,amount"
OTHERS = [HEAD, "Search,2026-11-25,100", "Search,2026-11-26,50"]
MINE = [HEAD, "Search,2026-11-25,90", "Search,2026-11-27,20"]


@pytest.mark.parametrize(
    ("answer", "left", "figures"),
    [
        ("add", 260, (2, {"USD": 110}, 0, {}, 0)),
        ("replace", 160, (2, {"USD": 110}, 1, {"USD": -100}, 0)),
        ("skip", 170, (1, {"USD": 20}, 0, {}, 1)),
    ],
)
def test_an_overlap_is_added_replaced_or_skipped(
    answer: str, left: int, figures: tuple[object, ...]
) -> None:
    search = campaign("Search")
    recorded(OTHERS, Plan(source="etl"), now=NOW)

    preview = previewed(MINE, Plan(), now=LATER)
    question = asked(MINE, Plan())["overlap"]

    assert (preview.undecided, preview.undecided_amount) == (1, {"USD": 90})
    assert (preview.recorded, preview.difference) == (1, {"USD": 20})
    row = ("Search", search.brand.name, "2026-11-25", "etl", "$100.00", "$90.00")
    assert question.rows == [row]
    assert list(dict(question.choices).values()) == [
        "Add: it is other money, and both count: $190.00",
        "Replace: source import counts from now on: $90.00; $100.00 is taken back",
        "Skip: what is on record stays: $100.00",
    ]
    done = answered(MINE, Plan(), overlap=answer)
    assert (
        done.recorded,
        done.difference,
        done.replaced,
        done.taken_back,
        done.skipped_overlaps,
    ) == figures
    assert sum(ledger().values()) == left


def test_what_is_on_record_is_shown_by_source_with_entries() -> None:
    search = campaign("Search")
    recorded(OTHERS, Plan(source="etl"), now=NOW)
    spend(search, 7, NOW, at("2026-11-25 00:00").date())

    shown = [OnRecord(**vars(each)) for each in previewed(MINE, Plan(), now=LATER).on_record]

    assert [(each.source, each.are_totals, int(each.amount)) for each in shown] == [
        ("etl", True, 100),
        ("test", False, 7),
    ]


def test_replacing_that_would_start_a_campaign_is_asked_about_with_the_overlap() -> None:
    search = campaign("Search", daily_budget=100)
    recorded([HEAD, "Search,2026-11-28,120"], Plan(source="etl"), now=NOW)
    assert not delivers(search)
    mine = [HEAD, "Search,2026-11-28,60"]

    questions = asked(mine, Plan())

    assert set(questions) == {"overlap", "starts"}
    assert "It depends on the other answers." in questions["starts"].text
    replacing = Plan(answers={"overlap": "replace"})
    assert "would start 1 campaign" in refused(mine, replacing, now=LATER)
    skipping = replace(replacing, answers={"overlap": "skip"})
    assert {each.code for each in previewed(mine, skipping, now=LATER).questions} == {"overlap"}
    answered(mine, Plan(), overlap="replace", starts="accept")
    assert delivers(search)
    assert sum(ledger().values()) == 60


# Between the preview and the confirmation


def confirmed(content: Content, plan: Plan, between: Any, **answers: str) -> Imported:
    """Recorded as confirmed on a preview, after which ``between`` happened."""
    questions = {each.code: each for each in previewed(content, plan, now=LATER).questions}
    seen = {code: each.figures for code, each in questions.items()}
    between()
    file = io.BytesIO(as_bytes(content))
    plan = replace(plan, answers=answers)
    with Import.staged(file, plan, now=LATER) as staged:
        return staged.record(now=LATER, seen=seen)


def test_figures_that_changed_since_they_were_confirmed_are_asked_about_again() -> None:
    campaign("Search")
    recorded([HEAD, "Search,2026-11-25,100"], now=NOW)
    lower = [HEAD, "Search,2026-11-25,50"]

    with pytest.raises(Unanswered, match=r"from \$200\.00 on record to \$50\.00"):
        confirmed(
            lower,
            Plan(),
            lambda: recorded([HEAD, "Search,2026-11-25,200"], now=NOW + timedelta(minutes=1)),
            lowered="accept",
        )
    assert sum(ledger().values()) == 200

    confirmed(lower, Plan(), lambda: None, lowered="accept")
    assert sum(ledger().values()) == 50


def test_an_overlap_that_appears_after_the_preview_refuses_the_file() -> None:
    campaign("Search")

    with pytest.raises(Unanswered, match="on record already"):
        confirmed(
            MINE,
            Plan(),
            lambda: recorded(OTHERS, Plan(source="etl"), now=NOW),
            overlap="add",
        )

    assert sum(ledger().values()) == 150
    assert set(Spend.objects.values_list("source", flat=True)) == {"etl"}


def test_a_campaign_that_would_start_since_the_preview_refuses_all_of_it() -> None:
    search = campaign("Search", daily_budget=100, monthly_budget=1000)
    recorded([HEAD, "Search,2026-11-28,101"], now=NOW)

    Campaign.objects.filter(pk=search.pk).update(daily_budget=90)
    lower = [HEAD, "Search,2026-11-28,95"]
    assert previewed(lower, Plan(), now=LATER).questions == []

    with pytest.raises(Unanswered, match="would start 1 campaign"):
        confirmed(
            lower,
            Plan(),
            lambda: Campaign.objects.filter(pk=search.pk).update(daily_budget=100),
        )

    assert not delivers(search)
    assert sum(ledger().values()) == 101


# What is said


def test_totals_that_are_more_than_the_rows_are_said_before_and_after() -> None:
    campaign("P7 Search brand")
    content = case("25-google-account-total-exceeds.csv")
    said = "(Total: Account) has a total of $163.20, but the rows add up to $100.00"

    assert any(said in note for note in previewed(content, now=LATER).notes)
    assert any(said in note for note in recorded(content, now=LATER).notes)


def test_an_answer_that_nobody_can_give_is_refused() -> None:
    with pytest.raises(ImportRefused, match="overlap: 'both' is no answer; give one of add"):
        Plan(answers={"overlap": "both"})
    with pytest.raises(ImportRefused, match="colour: 'red' is no answer; give one of overlap"):
        Plan(answers={"colour": "red"})


def test_what_a_service_reports_by_another_source_is_no_question_where_it_is_zero() -> None:
    search = campaign("Search", brand=BrandFactory.create())
    BudgetService.report_day_total(search, NOW.date(), 0, source="etl", observed_at=NOW)

    assert asked([HEAD, "Search,2026-11-28,5"], Plan()) == {}
