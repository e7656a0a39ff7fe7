"""Days and campaigns that the newer report of an account leaves out."""

from decimal import Decimal

import pytest

from ads.models import CampaignReference
from ads.services.imports.plan import Plan
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
)

pytestmark = pytest.mark.django_db

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
    assert "the days cannot be set to zero" in refused(bad, zero, now=LATER)
    assert sum(ledger().values()) == 11
