"""What an import would do: told beforehand, without a change and without a lock."""

import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from ads.models import Brand, Campaign, CampaignReference
from ads.services import BudgetService
from ads.services.imports import preview_of
from ads.services.imports.plan import Plan
from ads.services.imports.uploads import storable
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import as_bytes, previewed, recorded
from ads.tests.support import NOON, at_once, delivers, enforce_all, held_open, totals

pytestmark = pytest.mark.django_db

HEADER = "campaign,date,amount"
TODAY = NOON.date()


@pytest.fixture
def brand() -> Brand:
    return BrandFactory.create(name="Acme", monthly_budget=100)


@pytest.fixture
def search(brand: Brand) -> Campaign:
    return CampaignFactory.create(brand=brand, name="Search", daily_budget=10)


@pytest.fixture
def other(brand: Brand) -> Campaign:
    return CampaignFactory.create(brand=brand, name="Other")


def test_the_first_rows_are_shown_as_they_stand_and_as_they_were_understood(
    search: Campaign,
) -> None:
    preview = previewed([HEADER, "Search,2024-05-01,1.50", "Nobody,2024-05-01,2"])

    good, bad = preview.samples
    assert (good.line, good.cells) == (2, ["Search", "2024-05-01", "1.50"])
    assert (good.campaign_id, good.campaign, good.brand) == (search.pk, "Search", "Acme")
    assert (good.date, good.amount, good.reason) == ("2024-05-01", Decimal("1.5"), None)
    assert bad.reason == "campaign: there is none with the name or id 'Nobody'."
    assert bad.campaign_id is None
    assert bad.amount is None
    assert [(p.first_line, p.reason) for p in preview.problems] == [(3, bad.reason)]


def test_sums_are_shown_in_all_and_by_campaign(search: Campaign, other: Campaign) -> None:
    recorded([HEADER, "Search,2024-05-01,1", "Search,2024-05-02,3"])
    later = NOON + timedelta(hours=1)

    preview = previewed(
        [
            HEADER,
            "Search,2024-05-01,0.5",
            "Search,2024-05-01,0.5",
            "Search,2024-05-02,2",
            "Other,2024-05-09,7",
            "Other,2024-05-10,0",
        ],
        now=later,
    )

    assert (preview.rows, preview.items) == (5, 4)
    assert preview.amount == {"USD": 10}
    assert (preview.first_date, preview.last_date) == (date(2024, 5, 1), date(2024, 5, 10))
    assert (preview.recorded, preview.unchanged, preview.lowered) == (2, 2, 1)
    assert (preview.difference, preview.lowered_by) == ({"USD": 6}, {"USD": -1})
    assert preview.campaign_count == 2
    by_amount = [
        (c.campaign, c.rows, f"{c.amount:f}", str(c.difference)) for c in preview.campaigns
    ]
    assert by_amount == [("Other", 2, "7", "7"), ("Search", 3, "3.0", "-1")]


def test_older_observations_are_counted(search: Campaign) -> None:
    recorded([HEADER, "Search,2024-05-01,1"])

    preview = previewed([HEADER, "Search,2024-05-01,2"], Plan(observed_at=NOON - timedelta(days=1)))

    assert (preview.older, preview.recorded) == (1, 0)
    assert preview.difference == {"USD": 0}


ENTRIES = [
    f"{HEADER},external_id",
    "Search,2024-05-01,1,a",
    "Search,2024-05-01,2,b",
    "Search,2024-05-01,2,b",
    "Search,2024-05-01,0,c",
    "Search,2024-05-01,9,b",
]


def test_entries_are_distinguished_from_duplicates_and_conflicts(search: Campaign) -> None:
    recorded(ENTRIES[:2])

    preview = previewed([*ENTRIES, "Search,2024-05-01,9,a"])

    assert (preview.rows, preview.recorded) == (4, 1)
    assert preview.difference == {"USD": 2}
    assert (preview.duplicates, preview.zero) == (2, 1)
    assert [problem.first_line for problem in preview.problems] == [6, 7]
    done = recorded([*ENTRIES, "Search,2024-05-01,9,a"], Plan(skip_bad_rows=True))
    assert (done.rows, done.recorded, done.duplicates, done.zero) == (4, 1, 2, 1)
    assert done.refused.count == 2


def test_campaigns_it_would_pause_are_shown_with_the_reason(
    search: Campaign, other: Campaign
) -> None:
    enforce_all(NOON)

    preview = previewed([HEADER, f"Search,{TODAY},10"])
    assert (preview.would_stop, preview.would_start) == (1, 0)
    (switch,) = preview.switches
    assert (switch.campaign, switch.brand, switch.is_active) == ("Search", "Acme", False)
    assert switch.holds == ["Daily budget"]

    preview = previewed([HEADER, f"Search,{TODAY},8", "Other,2024-05-02,92"])
    assert {switch.campaign for switch in preview.switches} == {"Search", "Other"}
    assert preview.switches[0].holds == ["Brand's monthly budget"]
    assert delivers(search)


def test_what_is_recorded_already_counts_once(search: Campaign) -> None:
    enforce_all(NOON)
    recorded([HEADER, f"Search,{TODAY},6"])
    later = NOON + timedelta(minutes=5)

    assert previewed([HEADER, f"Search,{TODAY},9"], now=later).would_stop == 0
    assert previewed([HEADER, f"Search,{TODAY},10"], now=later).would_stop == 1


def test_campaigns_a_lowered_total_would_resume_are_shown(search: Campaign) -> None:
    enforce_all(NOON)
    recorded([HEADER, f"Search,{TODAY},10"])
    assert not delivers(search)

    preview = previewed([HEADER, f"Search,{TODAY},9"], now=NOON + timedelta(minutes=5))

    assert (preview.would_start, preview.would_stop) == (1, 0)
    assert not delivers(search)


def test_what_was_waived_stays_waived(search: Campaign) -> None:
    enforce_all(NOON)
    recorded([HEADER, f"Search,{TODAY},10"])
    BudgetService.reset_daily_spend(search)

    assert previewed([HEADER, f"Search,{TODAY},19"], now=NOON + timedelta(1 / 24)).would_stop == 0


def test_a_past_month_pauses_nobody(search: Campaign) -> None:
    enforce_all(NOON)

    assert previewed([HEADER, "Search,2024-04-30,1000"]).would_stop == 0


def test_unmatched_references_are_shown_with_a_suggested_match(search: Campaign) -> None:
    CampaignFactory.create(name="Twice")
    CampaignFactory.create(name="Twice")
    CampaignReference.objects.create(
        campaign=search, platform="google_ads", account="9", reference="1"
    )

    preview = previewed(
        [
            "Day,Customer ID,Campaign,Campaign ID,Cost",
            "2024-05-01,9,Search,1,1",
            "2024-05-01,9,Search,2,5",
            "2024-05-03,9,Search,2,5",
            "2024-05-01,9,Twice,3,4",
        ]
    )

    assert (preview.rows, preview.waiting_rows) == (1, 3)
    assert preview.waiting_amount == {"USD": 14}
    assert preview.last_date == date(2024, 5, 3)
    assert preview.unknown_count == 2
    first, second = preview.unknown
    assert (first.account, first.reference, first.name) == ("9", "2", "Search")
    assert first.rows == 2
    assert first.amount == 10
    assert (first.suggested_id, first.suggested) == (search.pk, "Acme / Search")
    assert (second.reference, second.suggested_id) == ("3", None)
    assert preview.samples[1].reference == "2"


def test_problems_are_named_up_to_a_thousand_and_counted(search: Campaign) -> None:
    preview = previewed([HEADER, *["Search,2024-05-01,x"] * 1200])

    assert (len(preview.problems), preview.problem_count) == (1000, 1200)
    assert preview.problems[-1].first_line == 1001


def test_a_preview_can_be_written_as_json_with_the_plan_as_it_was_settled(
    search: Campaign,
) -> None:
    content = as_bytes([HEADER.replace(",", ";"), "Search;2024-05-01;1,5"])

    preview = preview_of(io.BytesIO(content), Plan(decimal=","), now=NOON)
    values = json.loads(json.dumps(storable.json(preview)))

    assert values["amount"] == {"USD": "1.5"}
    assert values["first_date"] == "2024-05-01"
    plan = Plan.from_json(values["plan"])
    assert (plan.format, plan.delimiter, plan.source) == ("plain", ";", "import")
    assert plan.skip_bad_rows is False


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_nobody_and_nobody_waits_for_it() -> None:
    campaign = CampaignFactory.create(name="Search", daily_budget=10)
    enforce_all(NOON)

    def record() -> None:
        BudgetService.record_spend(campaign, 1, date=TODAY)

    with held_open(record) as commit:
        assert previewed([HEADER, f"Search,{TODAY},10"]).would_stop == 1
        commit()
    with transaction.atomic():
        previewed([HEADER, f"Search,{TODAY},10"])
        with at_once() as start:
            start(record)

    assert totals(campaign)["day", TODAY] == 2
