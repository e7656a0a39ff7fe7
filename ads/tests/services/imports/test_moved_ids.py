"""Files of a platform whose IDs have moved to other campaigns since the last one."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ads.models import Campaign, CampaignReference, SpendBatch
from ads.models.spend import Kind
from ads.services import OnOverlap, batches
from ads.services.imports.plan import Plan
from ads.services.imports.questions import Unanswered
from ads.services.imports.refusals import ImportRefused
from ads.services.imports.run import Import
from ads.services.ledger import DayTotal, record_all
from ads.services.ledger.verification import find_drift
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import as_bytes, ledger, previewed, recorded, refused
from ads.tests.support import NOON, delivers, enforce_all

pytestmark = pytest.mark.django_db

DAY = "2024-05-15"
EVE = "2024-05-14"
HEADER = "Day,Customer ID,Campaign,Campaign ID,Cost"
LATER = NOON + timedelta(minutes=1)
START = Plan(answers={"starts": "accept"})


@pytest.fixture
def search() -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(name="Search", daily_budget=75)
    enforce_all(NOON)
    return campaign


@pytest.fixture
def other(search: Campaign) -> Campaign:
    return CampaignFactory.create(name="Other", brand=search.brand, daily_budget=75)


@pytest.fixture
def carried(search: Campaign) -> CampaignReference:
    return CampaignReference.objects.create(
        campaign=search, platform="google_ads", account="9", reference="111"
    )


def file(amount: int, day: str = DAY) -> list[str]:
    return [HEADER, f"{day},9,Search,111,{amount}"]


def move(carried: CampaignReference, campaign: Campaign) -> None:
    carried.campaign = campaign
    carried.save()


def test_a_day_that_is_in_a_file_again_moves_with_its_id(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded(file(60))
    move(carried, other)

    preview = previewed(file(70), now=LATER)
    done = recorded(file(70), now=LATER)

    assert ledger() == {("Search", DAY): 0, ("Other", DAY): 70}
    assert done.difference == preview.difference == {"USD": Decimal(10)}
    assert done.lowered_by == preview.lowered_by == {"USD": Decimal(-60)}
    assert not preview.questions
    assert "Its platform ID has moved" in search.spend.latest("id").description
    again = recorded(file(70), now=LATER)
    assert (again.recorded, again.unchanged) == (0, 1)
    assert ledger() == {("Search", DAY): 0, ("Other", DAY): 70}
    assert find_drift() == []


def test_whoever_would_start_is_asked_about(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded(file(80))
    enforce_all(NOON)
    assert not delivers(search)
    move(carried, other)

    preview = previewed(file(80), now=LATER)

    assert [one.code for one in preview.questions] == ["starts"]
    with pytest.raises(Unanswered):
        recorded(file(80), now=LATER)
    assert ledger() == {("Search", DAY): 80}
    done = recorded(file(80), START, now=LATER)
    assert (done.enforced.started, done.enforced.stopped) == (1, 1)
    assert delivers(search)
    assert not delivers(other)


def test_a_lower_total_of_an_id_that_has_moved_is_asked_about(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded([*file(60), *file(50, EVE)[1:]])
    move(carried, other)
    poorer = [*file(20), *file(45, EVE)[1:]]

    (question,) = previewed(poorer, now=LATER).questions

    assert question.code == "lowered"
    assert (
        "1 campaign-day would be lowered by more than 20% and $1.00: from $60.00" in question.text
    )
    (row,) = question.rows
    assert row == ("Other", search.brand.name, DAY, "$60.00", "$20.00", "-$40.00")
    with pytest.raises(Unanswered, match="lowered by more than"):
        recorded(poorer, now=LATER)
    assert ledger() == {("Search", DAY): 60, ("Search", EVE): 50}
    recorded(poorer, Plan(answers={"lowered": "accept"}), now=LATER)
    assert ledger() == {
        ("Search", DAY): 0, ("Search", EVE): 0, ("Other", DAY): 20, ("Other", EVE): 45,
    }  # fmt: skip


def test_undoing_the_import_gives_the_day_back(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded(file(60))
    move(carried, other)
    recorded(file(70), now=LATER)

    batches.undo(SpendBatch.objects.latest("pk"), reason="wrong", now=LATER)

    assert ledger() == {("Search", DAY): 60, ("Other", DAY): 0}


def test_days_before_the_flight_stay(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded([*file(60), *file(50, EVE)[1:]])
    other.start_date = date.fromisoformat(DAY)
    other.save()
    move(carried, other)

    again = [*file(70), *file(49, EVE)[1:]]
    preview = previewed(again, now=LATER)
    done = recorded(again, now=LATER)

    assert ledger() == {("Search", DAY): 0, ("Search", EVE): 49, ("Other", DAY): 70}
    assert done.difference == preview.difference == {"USD": Decimal(9)}


def test_a_file_that_leaves_out_a_day_of_before_is_asked_about_it(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded([*file(60), *file(50, EVE)[1:]])
    move(carried, other)

    preview = previewed(file(70), now=LATER)

    assert [one.code for one in preview.questions] in ([], ["left_out"])
    recorded(file(70), Plan(answers={"left_out": "keep"}), now=LATER)
    assert ledger() == {("Search", DAY): 0, ("Search", EVE): 50, ("Other", DAY): 70}


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        (OnOverlap.SKIP, {("Search", DAY): 60, ("Other", DAY): 30}),
        (OnOverlap.REPLACE, {("Search", DAY): 0, ("Other", DAY): 70}),
        (OnOverlap.ADD, {("Search", DAY): 0, ("Other", DAY): 100}),
    ],
)
def test_a_day_that_is_skipped_stays_where_it_is(
    search: Campaign, other: Campaign, carried: CampaignReference, choice: OnOverlap, left: object
) -> None:
    recorded(file(60))
    record_all([DayTotal(other, DAY, 30, NOON)], source="elsewhere", now=NOON, kind=Kind.DAY_TOTAL)
    move(carried, other)

    assert "overlap" in refused(file(70), now=LATER).lower()
    plan = Plan(answers={"overlap": choice})
    preview = previewed(file(70), plan, now=LATER)
    done = recorded(file(70), plan, now=LATER)

    assert ledger() == left
    assert preview.difference == done.difference
    assert preview.taken_back == done.taken_back
    assert (preview.items, preview.recorded) == (done.items, done.recorded)


def test_an_id_that_moves_while_the_file_is_read_is_not_recorded_for_the_first_campaign(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    with Import.staged(io.BytesIO(as_bytes(file(60))), Plan(), now=NOON) as staged:
        move(carried, other)
        with pytest.raises(ImportRefused, match="Import the file again"):
            staged.record(now=NOON)
    assert ledger() == {}

    recorded(file(60))
    assert ledger() == {("Other", DAY): 60}


def test_days_that_are_left_out_and_set_to_zero_may_be_of_an_id_that_has_moved(
    search: Campaign, other: Campaign, carried: CampaignReference
) -> None:
    recorded([HEADER, f"{EVE},9,Search,111,5", f"{DAY},9,Search,111,60", f"{DAY},9,Else,8,1"])
    move(carried, other)
    lines = [HEADER, f"{EVE},9,Search,111,5", f"{DAY},9,Else,8,1"]

    recorded(lines, Plan(answers={"left_out": "zero", "lowered": "accept"}), now=LATER)

    assert ledger() == {("Search", EVE): 0, ("Search", DAY): 0, ("Other", EVE): 5}


def test_a_name_that_two_campaigns_have_is_no_moved_id(search: Campaign) -> None:
    namesake = CampaignFactory.create(name="Search")
    lines = ["date,campaign,amount", f"{DAY},Search,60"]
    for brand in (search.brand, namesake.brand):
        recorded(lines, Plan(platform="google_ads", brand_id=brand.pk))

    assert [one.spend.get().amount for one in (search, namesake)] == [60, 60]
