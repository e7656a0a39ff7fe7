"""Files in other currencies, and files of brands in several."""

from decimal import Decimal

import pytest

from ads.models import Campaign, WaitingSpend
from ads.services.imports import Plan
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused

pytestmark = pytest.mark.django_db

PLAIN = "campaign,date,amount"
ADD = {"overlap": "add"}
AGENCY = Plan(source="agency")
DAY = "2024-05-01"
GOOGLE = "Day,Customer ID,Campaign,Campaign ID,Cost"


@pytest.fixture(autouse=True)
def campaigns() -> dict[str, Campaign]:
    """One campaign in each currency, called as that."""
    return {
        code: CampaignFactory.create(name=code, brand=BrandFactory.create(name=code, currency=code))
        for code in ("USD", "EUR", "JPY")
    }


@pytest.mark.parametrize(
    "content",
    [
        [f"{PLAIN},currency", f"EUR,{DAY},5,EUR"],
        [f"{PLAIN},currency", f"EUR,{DAY},5, eur"],
        ["campaign,date,amount (EUR)", f"EUR,{DAY},5"],
        ["Currency: EUR", PLAIN, f"EUR,{DAY},5"],
    ],
)
def test_a_file_in_euros_is_recorded_for_a_brand_in_euros(content: list[str]) -> None:
    done = recorded(content)

    assert (done.recorded, done.difference) == (1, {"EUR": Decimal(5)})
    assert ledger() == {("EUR", DAY): Decimal(5)}


@pytest.mark.parametrize(
    "content",
    [
        [f"{PLAIN},currency", f"USD,{DAY},5,USD", f"USD,{DAY},5,EUR"],
        ["campaign,date,amount (EUR)", f"EUR,{DAY},5", f"USD,{DAY},5"],
        ["Currency,EUR", PLAIN, f"USD,{DAY},5"],
        [f"{PLAIN},currency,external_id", f"USD,{DAY},5,EUR,a"],
    ],
)
def test_a_row_of_another_currency_is_refused_with_both_names(content: list[str]) -> None:
    said = refused(content)

    assert (
        f"line {len(content)}: currency: the amount is in EUR (Euro), and the brand's currency is "
        "USD (US Dollar); record it for a brand in EUR, or convert it first."
    ) in said


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("XYZ", "currency: 'XYZ' is not a currency code; use the three letters"),
        ("", "currency: it is empty; write the amount's, such as USD."),
    ],
)
def test_what_is_no_currency_is_refused(cell: str, reason: str) -> None:
    assert f"line 2: {reason}" in refused([f"{PLAIN},currency", f"USD,{DAY},5,{cell}"])


def test_a_file_that_contradicts_itself_is_refused() -> None:
    said = refused(["campaign,date,amount (EUR),currency", f"EUR,{DAY},5,USD"])

    assert "line 2: currency: it is USD, and the column of the amounts" in said


def test_sums_are_by_currency_and_never_across() -> None:
    content = [PLAIN, f"USD,{DAY},5", f"EUR,{DAY},7.5", f"JPY,{DAY},1200", "EUR,2024-05-02,1"]

    preview = previewed(content)
    done = recorded(content)

    sums = {"EUR": Decimal("8.5"), "JPY": 1200, "USD": 5}
    assert preview.amount == preview.difference == done.difference == sums
    assert preview.notes == [
        "The file does not name its currency; the amounts are read in each brand's (EUR, JPY, USD)."
    ]
    assert [(row.campaign, row.currency) for row in preview.campaigns] == [
        ("JPY", "JPY"), ("EUR", "EUR"), ("USD", "USD"),
    ]  # fmt: skip

    lower = recorded([PLAIN, f"USD,{DAY},4", f"EUR,{DAY},7", f"JPY,{DAY},1200", "EUR,2024-05-02,1"])

    assert lower.difference == {"EUR": Decimal("-0.5"), "USD": -1}
    assert lower.lowered_by == {"EUR": Decimal("-0.5"), "USD": -1}


def test_questions_have_each_currency_by_itself() -> None:
    content = [PLAIN, f"USD,{DAY},10", f"EUR,{DAY},20", f"JPY,{DAY},3000"]
    recorded(content, Plan(source="agency"))
    recorded([PLAIN, f"USD,{DAY},10", f"EUR,{DAY},20"], Plan(source="other", answers=ADD))

    overlap = previewed([PLAIN, f"USD,{DAY},5", f"EUR,{DAY},6"], Plan(source="agency 2"))
    lowered = previewed([PLAIN, f"USD,{DAY},5", f"EUR,{DAY},6", f"JPY,{DAY},3000"], AGENCY)
    left_out = previewed(content[:1] + content[3:], AGENCY)

    (question,) = overlap.questions
    assert "€20.00 · $10.00 by agency and €20.00 · $10.00 by other" in question.text
    assert "(source agency 2) says €6.00 · $5.00" in question.text
    assert dict(question.choices)["add"].endswith("both count: €46.00 · $25.00")
    assert overlap.undecided_amount == {"EUR": 6, "USD": 5}
    assert [row[-2:] for row in question.rows] == [
        ("$10.00", "$5.00"), ("$10.00", "$5.00"), ("€20.00", "€6.00"), ("€20.00", "€6.00"),
    ]  # fmt: skip
    text = {each.code: each.text for each in (*lowered.questions, *left_out.questions)}
    assert (
        "20% and €1.00 · $1.00: from €20.00 · $10.00 on record to €6.00 · $5.00"
        in (text["lowered"])
    )
    assert "not in this file: €20.00 · $10.00 on record" in text["left_out"]


def test_what_an_overlap_takes_back_is_told_by_currency() -> None:
    content = [PLAIN, f"USD,{DAY},10", f"EUR,{DAY},20"]
    recorded(content, Plan(source="agency"))
    answers = {"overlap": "replace"}

    done = recorded(content, Plan(source="other", answers=answers))

    assert done.taken_back == {"EUR": -20, "USD": -10}
    assert done.difference == {"EUR": 20, "USD": 10}
    assert ledger() == {("USD", DAY): 10, ("EUR", DAY): 20}


@pytest.mark.parametrize(
    ("amount", "brand", "said"),
    [("€5.00", "EUR", ""), ("$5.00", "EUR", "'$5.00' is in $, and would be recorded in EUR")],
)
def test_the_sign_of_an_amount_is_that_of_its_brand(amount: str, brand: str, said: str) -> None:
    content = [GOOGLE.replace(",Campaign ID", ""), f"{DAY},9,{brand},{amount}"]
    plan = Plan(format="mapped", mapping={"campaign": "Campaign", "date": "Day", "amount": "Cost"})

    if said:
        assert said in refused(content, plan)
    else:
        assert recorded(content, plan).difference == {"EUR": 5}


def test_entries_too() -> None:
    header = f"{PLAIN},external_id"

    preview = previewed([header, f"USD,{DAY},5,a", f"EUR,{DAY},7,b"])
    done = recorded([header, f"USD,{DAY},5,a", f"EUR,{DAY},7,b"])

    assert preview.difference == done.difference == {"EUR": 7, "USD": 5}


def test_a_file_that_names_no_currency_is_read_in_each_brands_and_says_so() -> None:
    content = [GOOGLE, f"{DAY},9,EUR,111,10", f"{DAY},9,USD,222,1"]

    preview = previewed([row.replace(",Campaign ID", "").replace(",111", "").replace(",222", "")
                         for row in ["Title", *content]])  # fmt: skip

    assert preview.notes[0] == (
        "The file does not name its currency; the amounts are read in each brand's (EUR, USD)."
    )


def test_totals_of_several_currencies_are_not_compared() -> None:
    total = "Total: Account,--,--,--,11"

    mixed = previewed(
        ["Report", "Day,Customer ID,Campaign,Campaign ID,Cost", f"{DAY},9,EUR,,10", total]
    )

    assert mixed.totals_lines[0].agrees is None


def test_unmatched_rows_wait_in_their_currency() -> None:
    header = "Day,Customer ID,Campaign,Campaign ID,Currency code,Cost"

    done = recorded([header, f"{DAY},9,New,111,EUR,10", f"{DAY},9,Other,222,JPY,300"])

    assert done.waiting_amount == {"EUR": 10, "JPY": 300}
    assert dict(WaitingSpend.objects.values_list("currency", "amount")) == {"EUR": 10, "JPY": 300}


def test_one_unmatched_campaign_in_two_currencies_is_refused() -> None:
    header = "Day,Customer ID,Campaign,Campaign ID,Currency code,Cost"

    said = refused([header, f"{DAY},9,New,111,EUR,10", f"{DAY},9,New,111,JPY,300"])

    assert "the rows of reference '111' are in EUR and JPY" in said
