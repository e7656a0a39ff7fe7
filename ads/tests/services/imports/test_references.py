"""Whose spend a row of a platform's file is, and what waits until somebody says so."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ads.models import Brand, Campaign, CampaignReference, Spend, UnknownReference, WaitingSpend
from ads.services import BudgetService
from ads.services.imports.plan import Plan
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, waiting
from ads.tests.support import NOON, delivers, enforce_all, totals

pytestmark = pytest.mark.django_db

HEADER = "Day,Customer ID,Campaign,Campaign ID,Cost"
ROWS = [
    HEADER,
    "2024-05-01,9,Search,111,10",
    "2024-05-01,9,Search,111,2.5",
    "2024-05-02,9,Search,111,4",
]
BY_NAME = ["campaign,date,amount", "Search,2024-05-01,10"]
ENTRIES = ["campaign,date,amount,external_id", "Search,2024-05-01,10,a", "Search,,0,b"]


@pytest.fixture
def brand() -> Brand:
    return BrandFactory.create(name="Acme")


@pytest.fixture
def search(brand: Brand) -> Campaign:
    """Nobody has said which platform knows it by what."""
    return CampaignFactory.create(brand=brand, name="Search", daily_budget=5)


def known(campaign: Campaign, reference: str, account: str = "9") -> CampaignReference:
    return CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account=account, reference=reference
    )


def test_what_nobody_knows_waits_and_is_in_no_sum(search: Campaign) -> None:
    done = recorded(ROWS)

    assert (done.rows, done.waiting_rows, done.waiting_amount) == (0, 3, {"USD": Decimal("16.5")})
    assert (done.unmatched_count, done.unmatched) == (1, ["google_ads / 9 / 111"])
    assert waiting() == {
        ("9", "111", "2024-05-01"): Decimal("12.5"),
        ("9", "111", "2024-05-02"): Decimal(4),
    }
    assert UnknownReference.objects.get().name == "Search"
    assert not Spend.objects.exists()
    assert totals(search) == {}


def test_matched_it_is_recorded_as_if_it_had_always_been_known(search: Campaign) -> None:
    enforce_all(NOON)
    today = [HEADER, f"{NOON.date()},9,Search,111,5"]
    recorded([*ROWS, today[1]])

    registry.match(UnknownReference.objects.get(), search, now=NOON)

    assert ledger() == {
        ("Search", "2024-05-01"): Decimal("12.5"),
        ("Search", "2024-05-02"): Decimal(4),
        ("Search", "2024-05-15"): Decimal(5),
    }
    assert not delivers(search)
    again = recorded([*ROWS, today[1]], now=NOON + timedelta(minutes=1))
    assert (again.recorded, again.unchanged, again.waiting_rows) == (0, 3, 0)


def test_the_same_file_again_waits_once_and_a_newer_one_counts(search: Campaign) -> None:
    recorded(ROWS)
    recorded(ROWS, now=NOON + timedelta(minutes=1))
    assert WaitingSpend.objects.count() == 2

    recorded([HEADER, "2024-05-02,9,Search,111,5"], now=NOON + timedelta(minutes=2))
    recorded(
        [HEADER, "2024-05-02,9,Search,111,1"],
        Plan(observed_at=NOON - timedelta(days=1)),
        now=NOON + timedelta(minutes=3),
    )

    assert waiting()["9", "111", "2024-05-02"] == 5


def test_ids_count_and_names_do_not(brand: Brand, search: Campaign) -> None:
    """On a platform, names change hands."""
    known(CampaignFactory.create(brand=brand, name="Other"), "111")

    recorded(ROWS)

    assert ledger()["Other", "2024-05-01"] == Decimal("12.5")
    assert totals(search) == {}


def test_an_id_of_another_account_or_platform_is_another(search: Campaign) -> None:
    known(search, "111", account="8")
    CampaignReference.objects.create(
        campaign=search, platform="meta_ads", account="9", reference="111"
    )

    assert recorded(ROWS).waiting_rows == 3


def test_the_account_is_the_plans_where_no_column_says_it(search: Campaign) -> None:
    known(search, "111")
    lines = ["Day,Campaign,Campaign ID,Cost", "2024-05-01,Search,111,10"]

    recorded(lines, Plan(account="9", format="google_ads"))

    assert ledger() == {("Search", "2024-05-01"): 10}
    assert recorded(lines, Plan(format="google_ads")).waiting_rows == 1


def test_names_count_beside_ids_if_the_plan_says_so(brand: Brand, search: Campaign) -> None:
    recorded(ROWS, Plan(campaign_by="name"))

    assert ledger()["Search", "2024-05-01"] == Decimal("12.5")


def test_a_name_does_not_count_if_the_campaign_is_known_by_another_id(search: Campaign) -> None:
    known(search, "110")

    assert recorded(ROWS, Plan(campaign_by="name")).waiting_rows == 3


def test_a_name_of_several_campaigns_waits(search: Campaign) -> None:
    CampaignFactory.create(name="Search")

    assert recorded(ROWS, Plan(campaign_by="name")).waiting_rows == 3
    assert recorded(BY_NAME, Plan(platform="google_ads")).waiting_rows == 1


def test_a_file_without_ids_goes_by_references_and_then_by_names(
    brand: Brand, search: Campaign
) -> None:
    plan = Plan(platform="tiktok")
    recorded(BY_NAME, plan)
    assert ledger() == {("Search", "2024-05-01"): 10}

    CampaignReference.objects.create(
        campaign=CampaignFactory.create(brand=brand, name="Other"),
        platform="tiktok",
        reference="Search",
    )
    recorded(BY_NAME, plan)

    assert ledger()["Other", "2024-05-01"] == 10


def test_a_plain_file_refuses_names_nobody_knows_unless_a_platform_is_given() -> None:
    assert "there is none with the name or id 'Search'" in refused(BY_NAME)

    assert recorded(BY_NAME, Plan(platform="tiktok")).waiting_rows == 1
    assert waiting() == {("", "Search", "2024-05-01"): 10}


def test_a_platforms_id_is_not_taken_for_ours(search: Campaign) -> None:
    assert recorded(
        ["campaign,date,amount", f"{search.pk},2024-05-01,1"], Plan(platform="tiktok")
    ).waiting_rows


def test_a_file_of_one_brand_may_not_have_another_brands_reference(search: Campaign) -> None:
    known(search, "111")

    said = refused(ROWS, Plan(brand_id=BrandFactory.create().pk))

    assert "line 2: reference: 'google_ads / 9 / 111' is campaign" in said


@pytest.mark.parametrize("missing", ["", " --"])
def test_a_row_without_a_campaign_is_refused(missing: str) -> None:
    said = refused([HEADER, f"2024-05-01,9,Search,{missing},10"])

    assert "line 2: reference: it is empty, so the spend has no campaign" in said


def test_rows_that_wait_are_checked_like_others() -> None:
    said = refused([HEADER, "2024-05-18,9,Search,111,1", "2024-05-01,9,Search,111,x"])

    assert "line 2: date: 2024-05-18 is refused: it is later than tomorrow in any" in said
    assert "line 3: amount" in said


def test_rows_that_add_up_to_too_much_do_not_wait() -> None:
    row = "2024-05-01,9,Search,111,999999999999"
    lines = [*ROWS, row, row]

    assert "line 2: amount: the rows of reference '111' on 2024-05-01 add up to" in refused(lines)

    recorded(lines, Plan(skip_bad_rows=True))
    assert waiting() == {("9", "111", "2024-05-02"): Decimal(4)}


def test_entries_wait_too_and_once(search: Campaign) -> None:
    search.name = "Renamed"
    search.save()
    lines = [*ENTRIES[:2], "Search,2024-05-01,3,b", "Search,2024-05-01,3,b"]
    plan = Plan(platform="tiktok", source="etl")

    recorded(lines, plan)
    recorded(lines, plan)

    assert WaitingSpend.objects.count() == 2
    registry.match(UnknownReference.objects.get(), search, now=NOON)
    assert totals(search)["day", date(2024, 5, 1)] == 13
    assert recorded(lines, plan).duplicates == 3


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("Search,2024-05-01,11,a", "amount 10, now it comes with 11"),
        ("Search,2024-05-02,10,a", "date 2024-05-01, now it comes with 2024-05-02"),
        ("Else,2024-05-01,10,a", "campaign tiktok / Search, now it comes with tiktok / Else"),
    ],
)
@pytest.mark.parametrize("in_one_file", [True, False])
def test_an_id_that_waits_with_other_content_is_a_conflict(
    row: str, field: str, in_one_file: bool
) -> None:
    plan = Plan(platform="tiktok", source="etl")
    if not in_one_file:
        recorded(ENTRIES[:2], plan)
    lines = [*ENTRIES[:2], row]
    field = field.replace("'", "")

    said = refused(lines, plan)
    problems = [f"line {p.first_line}: {p.reason}" for p in previewed(lines, plan).problems]

    assert said.splitlines()[1:] == problems
    assert len(problems) == 1
    assert "line 3: external_id: 'a' of source 'etl'" in problems[0]
    for word in field.split(", now it comes with "):
        assert word.split(" ", 1)[-1] in problems[0]


def test_an_id_that_the_ledger_has_does_not_wait(search: Campaign) -> None:
    BudgetService.record_spend(search, 10, date=date(2024, 5, 1), source="etl", external_id="a")
    lines = [ENTRIES[0], "Unheard,2024-05-01,10,a"]
    plan = Plan(platform="tiktok", source="etl")

    said = refused(lines, plan)

    assert "line 2: external_id: 'a' of source 'etl' was already used with campaign" in said
    assert [problem.reason for problem in previewed(lines, plan).problems]
    assert not UnknownReference.objects.exists()


def test_a_reference_that_is_matched_while_the_file_is_read_is_recorded_all_the_same(
    search: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ads.services.imports import waiting as kept

    add_up = kept.add_up

    def matched(*arguments: object) -> None:
        known(search, "111")
        add_up(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "add_up", matched)

    recorded(ROWS, enforces_again=True)

    assert ledger()["Search", "2024-05-01"] == Decimal("12.5")
    assert not WaitingSpend.objects.exists()
