"""Files of a platform that knows a campaign by several ids: its day is what all of them cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ads.models import Campaign, CampaignReference, ReportedTotal, Spend, UnknownReference
from ads.services import BudgetService, DayTotal, OnOverlap
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused
from ads.services.ledger import record_all
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused
from ads.tests.support import NOON, at_once, await_blocked, delivers, enforce_all, held_open, totals

pytestmark = pytest.mark.django_db

DAY = "2024-05-15"
HEADER = "Day,Customer ID,Campaign,Campaign ID,Cost"
TWO_IDS = [HEADER, f"{DAY},9,Search,111,40", f"{DAY},9,Search 2,222,40", f"{DAY},9,Search,111,1"]
MINUTE = timedelta(minutes=1)
SEARCH = ("Search", DAY)


@pytest.fixture
def search() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(name="Search", daily_budget=75)
    enforce_all(NOON)
    return campaign


def known(campaign: Campaign, reference: str, account: str = "9") -> CampaignReference:
    return CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account=account, reference=reference
    )


def test_two_ids_of_one_campaign_in_one_file_add_up(search: Campaign) -> None:
    known(search, "111")
    known(search, "222")

    preview = previewed(TWO_IDS)
    done = recorded(TWO_IDS)

    assert (done.items, done.recorded, done.difference) == (2, 2, {"USD": Decimal(81)})
    assert (preview.items, preview.recorded, preview.difference) == (2, 2, {"USD": Decimal(81)})
    assert [one.campaign_id for one in preview.switches] == [search.pk]
    assert ledger() == {SEARCH: 81}
    assert not delivers(search)
    again = recorded(TWO_IDS, now=NOON + MINUTE)
    assert (again.recorded, again.unchanged) == (0, 2)
    assert previewed(TWO_IDS, now=NOON + MINUTE).unchanged == 2


def test_two_accounts_in_two_files_of_one_source_add_up(search: Campaign) -> None:
    for account in ("8", "9"):
        known(search, "111", account)
    files = [[HEADER, f"{DAY},{account},Search,111,{account}"] for account in ("8", "9")]

    for lines in [*files, *files]:
        recorded(lines)

    assert ledger() == {SEARCH: 17}


def test_a_newer_file_lowers_what_its_own_ids_cost(search: Campaign) -> None:
    known(search, "111")
    known(search, "222")
    recorded(TWO_IDS)

    answers = {"lowered": "accept", "left_out": "keep", "starts": "accept"}
    done = recorded([HEADER, f"{DAY},9,Search,111,1"], Plan(answers=answers), now=NOON + MINUTE)

    assert (done.lowered, done.lowered_by) == (1, {"USD": Decimal(-40)})
    assert ledger() == {SEARCH: 41}


def test_ids_that_waited_add_up_and_the_file_again_changes_nothing(search: Campaign) -> None:
    recorded(TWO_IDS)

    for one in UnknownReference.objects.all():
        registry.match(one, search, now=NOON, on_overlap=OnOverlap.ADD)

    assert ledger() == {SEARCH: 81}
    assert recorded(TWO_IDS).unchanged == 2


def test_ids_may_have_any_characters(search: Campaign) -> None:
    known(search, '1,"1"\n1')
    known(search, "1")

    recorded(
        [HEADER, f'{DAY},9,Search,"1,""1""\n1",2', f"{DAY},9,Search,1,3"], Plan(format="google_ads")
    )

    assert ledger() == {SEARCH: 5}
    assert set(ReportedTotal.objects.values_list("known_as", flat=True)) == {
        'google_ads\x1f9\x1f1,"1"\n1',
        "google_ads\x1f9\x1f1",
    }


@pytest.mark.parametrize(
    ("lines", "plan", "reference"),
    [
        ([HEADER, f"{DAY},9,Search,111,10"], Plan(campaign_by="name"), "111"),
        (["campaign,date,amount", f"Search,{DAY},10"], Plan(platform="google_ads"), "Search"),
    ],
    ids=["beside an id", "without ids"],
)
def test_a_row_found_by_its_name_is_the_same_once_its_reference_is_known(
    search: Campaign, lines: list[str], plan: Plan, reference: str
) -> None:
    recorded(lines, plan)
    known(search, reference, account="9" if reference == "111" else "")

    done = recorded(lines, plan, now=NOON + MINUTE)

    assert (done.recorded, done.unchanged) == (0, 1)
    assert ledger() == {SEARCH: 10}


@pytest.mark.parametrize("skip", [False, True])
def test_a_day_that_the_source_has_reported_by_our_id_is_refused_with_its_line(
    search: Campaign, *, skip: bool
) -> None:
    known(search, "111")
    BudgetService.report_day_total(
        search, NOON.date(), 10, source="google_ads", observed_at=NOON - MINUTE
    )
    lines = [HEADER, "2024-05-14,9,Search,111,1", f"{DAY},9,Search,111,10", f"{DAY},9,Search,111,1"]

    if not skip:
        said = refused(lines)
        assert "line 3: campaign: 'google_ads / 9 / 111' is refused" in said
        assert f"source google_ads has reported {DAY} of campaign {search.pk} by its own id" in said
        return
    preview = previewed(lines)
    done = recorded(lines, Plan(skip_bad_rows=True))

    for one in (preview, done):
        assert (one.rows, one.items, one.recorded, one.difference) == (1, 1, 1, {"USD": Decimal(1)})
    assert preview.amount == {"USD": 1}
    assert preview.problem_count == done.refused.count == 1
    assert ledger() == {SEARCH: 10, ("Search", "2024-05-14"): 1}


def test_a_plain_file_is_refused_after_one_of_the_platform(search: Campaign) -> None:
    known(search, "111")
    recorded([HEADER, f"{DAY},9,Search,111,10"])
    plain = ["campaign,date,amount", f"Search,{DAY},12"]

    said = refused(plain, Plan(source="google_ads"))

    assert "line 2: campaign: " in said
    assert "as google_ads / 9 / 111" in said
    assert totals(search)["day", NOON.date()] == Decimal(10)
    assert recorded(plain, Plan(answers={"overlap": "add"})).recorded == 1  # another source


def test_of_many_refused_days_the_first_are_shown_and_all_are_counted(search: Campaign) -> None:
    known(search, "111")
    days = [NOON.date() - timedelta(days=n) for n in range(30)]
    recorded([HEADER, *(f"{day},9,Search,111,1" for day in days)])

    said = refused(
        ["campaign,date,amount", *(f"Search,{day},1" for day in days)], Plan(source="google_ads")
    )

    assert "30 rows were refused" in said
    assert said.count("line ") == 20


@pytest.mark.django_db(transaction=True)
def test_a_day_that_is_reported_otherwise_while_the_file_is_recorded_refuses_the_file() -> None:
    search = CampaignFactory.create(name="Search")
    known(search, "111")
    said: list[str] = []

    def report() -> None:
        rows = [DayTotal(search, NOON.date(), 10, NOON)]
        record_all(rows, source="google_ads", now=NOON, kind=Spend.Kind.DAY_TOTAL)

    with held_open(report) as commit, at_once() as start:
        start(lambda: said.append(refused_while_waiting([HEADER, f"{DAY},9,Search,111,12"])))
        await_blocked()
        commit()

    assert "by its own id or name" in said[0]
    assert "nothing was recorded" in said[0]
    assert ledger() == {SEARCH: 10}
    assert ReportedTotal.objects.count() == 1


def refused_while_waiting(lines: list[str]) -> str:
    with pytest.raises(ImportRefused) as error:
        recorded(lines)
    return str(error.value)
