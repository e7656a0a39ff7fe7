"""Reading over the API whether a campaign delivers, what was spent, and what was switched."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import DeliveryChange
from ads.services import BudgetService, lifecycle
from ads.services.actor import acting_as
from ads.tests.api.support import Program, key_for, problem
from ads.tests.engine.support import NOON, at, enforce_all, execute, held_open, spend
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

OFFICE = [(day, "09:00", "17:00") for day in range(5)]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on Wednesday, 15 May 2024."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def program() -> Program:
    return Program(key_for(scopes=("read",)))


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()


# --- delivery -------------------------------------------------------------------------------------


def test_a_held_campaign_tells_each_hold_with_its_figures_and_when_it_returns(
    program: Program,
) -> None:
    campaign = CampaignFactory.create(
        name="Spring",
        brand__name="Aurora",
        brand__timezone="America/New_York",
        daily_budget=75,
        schedules=[ScheduleFactory.create(name="Nights", windows=[(0, "22:00", "06:00")])],
    )
    spend(campaign, "75.40", NOON)

    assert told(program.get(f"/campaigns/{campaign.pk}/delivery")) == {
        "id": campaign.pk,
        "name": "Spring",
        "brand": {"id": campaign.brand_id, "name": "Aurora"},
        "delivers": False,
        "status": "active",
        "state": "paused_by_system",
        "holds": [
            {
                "code": "daily_budget",
                "sentence": "Daily budget used up: $75.40 of $75.00",
                "lifts_at": "2024-05-16T04:00:00Z",
            },
            {
                "code": "dayparting",
                "sentence": "Outside its hours (Nights)",
                "lifts_at": "2024-05-20T22:00:00Z",
            },
        ],
        "returns_at": "2024-05-20T22:00:00Z",
        "next_change": {"at": "2024-05-20T22:00:00Z", "delivers": True, "holds": []},
    }


def test_a_delivering_campaign_tells_when_the_clock_stops_it(program: Program) -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(windows=OFFICE)])
    enforce_all(NOON)

    delivery = told(program.get(f"/campaigns/{campaign.pk}/delivery"))

    assert (delivery["delivers"], delivery["state"], delivery["holds"]) == (True, "active", [])
    assert delivery["returns_at"] is None
    assert delivery["next_change"] == {
        "at": "2024-05-15T17:00:00Z",
        "delivers": False,
        "holds": ["dayparting"],
    }


def test_the_answer_stays_the_same_until_something_happens(program: Program) -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(windows=OFFICE)])
    enforce_all(NOON)
    path = f"/campaigns/{campaign.pk}/delivery"
    first = program.get(path)

    with time_machine.travel(at("2024-05-15 16:59:59.999"), tick=False):
        assert program.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    with time_machine.travel(at("2024-05-15 17:00"), tick=False):
        assert program.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_delivery_of_a_campaign_takes_a_fixed_number_of_queries(program: Program) -> None:
    campaign = CampaignFactory.create(
        daily_budget=5, schedules=[ScheduleFactory.create(windows=OFFICE) for _ in range(5)]
    )
    spend(campaign, 5, NOON)
    path = f"/campaigns/{campaign.pk}/delivery"
    program.get(path)

    with CaptureQueriesContext(connection) as captured:
        program.get(path)

    assert len(captured) == 7


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/{campaign}/delivery",
        "/campaigns/{campaign}/summary",
        "/brands/{brand}/summary",
    ],
)
def test_a_timezone_that_nobody_can_read_is_named(program: Program, path: str) -> None:
    campaign = CampaignFactory.create()
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE ads_brand SET timezone = 'Mars/Olympus'")

    answer = program.get(path.format(campaign=campaign.pk, brand=campaign.brand_id))

    assert "'Mars/Olympus'" in problem(answer, 409, "conflict")["detail"]


# --- summaries ------------------------------------------------------------------------------------


def test_a_campaign_s_summary_has_its_figures_and_its_days(program: Program) -> None:
    campaign = CampaignFactory.create(
        name="Spring", brand__timezone="Asia/Tokyo", daily_budget=10, monthly_budget=20
    )
    spend(campaign, "3.5", NOON, date(2024, 5, 13))
    spend(campaign, 4, NOON)
    BudgetService.reset_daily_spend(campaign)
    spend(campaign, "1.000001", NOON)
    enforce_all(NOON)

    summary = told(program.get(f"/campaigns/{campaign.pk}/summary?from=2024-05-13"))

    assert summary == {
        "id": campaign.pk,
        "name": "Spring",
        "timezone": "Asia/Tokyo",
        "date": "2024-05-15",
        "daily_budget": "10.00",
        "daily_spend": "5.000001",
        "daily_waived": "4.00",
        "daily_remaining": "8.999999",
        "monthly_budget": "20.00",
        "monthly_spend": "8.500001",
        "monthly_waived": "0.00",
        "monthly_remaining": "11.499999",
        "is_budget_available": True,
        "by_day": [
            {"date": "2024-05-13", "spend": "3.50", "waived": "0.00"},
            {"date": "2024-05-14", "spend": "0.00", "waived": "0.00"},
            {"date": "2024-05-15", "spend": "5.000001", "waived": "4.00"},
        ],
        "state": "active",
        "is_active": True,
    }


def test_a_brand_s_summary_adds_its_campaigns_up(program: Program) -> None:
    brand = BrandFactory.create(daily_budget=10)
    first, second = CampaignFactory.create_batch(2, brand=brand)
    CampaignFactory.create(brand=brand, status="paused")
    spend(first, 4, NOON)
    spend(second, 5, NOON)
    spend(CampaignFactory.create(), 100, NOON)
    enforce_all(NOON)

    summary = told(program.get(f"/brands/{brand.pk}/summary?from=2024-05-15&to=2024-05-15"))

    assert (summary["daily_spend"], summary["daily_remaining"]) == ("9.00", "1.00")
    assert (summary["campaigns"], summary["active_campaigns"]) == (3, 2)
    assert summary["by_day"] == [{"date": "2024-05-15", "spend": "9.00", "waived": "0.00"}]


def test_days_are_those_of_the_month_so_far_unless_others_are_asked_for(program: Program) -> None:
    campaign = CampaignFactory.create()
    path = f"/campaigns/{campaign.pk}/summary"

    def days(query: str) -> tuple[int, str, str]:
        listed = [day["date"] for day in told(program.get(f"{path}{query}"))["by_day"]]
        return len(listed), listed[0], listed[-1]

    assert days("") == (15, "2024-05-01", "2024-05-15")
    assert days("?to=2024-02-29") == (29, "2024-02-01", "2024-02-29")
    assert days("?from=2023-05-16") == (366, "2023-05-16", "2024-05-15")
    assert days("?from=0001-01-01&to=0001-01-01") == (1, "0001-01-01", "0001-01-01")
    assert days("?from=9999-12-31&to=9999-12-31") == (1, "9999-12-31", "9999-12-31")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2023-05-15", "from"),  # 367 days
        ("from=2024-05-16", "from"),  # after today
        ("from=0001-01-01&to=9999-12-31", "from"),
        ("from=2024-02-31", "from"),
        ("from=15.05.2024", "from"),
        ("to=2024-5-1", "to"),
        ("to=1715731200", "to"),
        ("to=2024-05-15T00:00:00", "to"),
        ("to=%EF%BC%92024-05-01", "to"),
        ("to=", "to"),
        ("to=2024-05-15%00", "to"),
        ("day=2024-05-15", "day"),
    ],
)
@pytest.mark.parametrize("path", ["/campaigns/{campaign}/summary", "/brands/{brand}/summary"])
def test_silly_days_are_refused(program: Program, path: str, query: str, field: str) -> None:
    campaign = CampaignFactory.create()
    address = path.format(campaign=campaign.pk, brand=campaign.brand_id)

    (error,) = problem(program.get(f"{address}?{query}"), 422, "invalid")["errors"]

    assert error["field"] == field
    assert "value" in error
    assert error["reason"]


def test_a_summary_takes_a_fixed_number_of_queries(program: Program) -> None:
    campaign = CampaignFactory.create()
    CampaignFactory.create_batch(5, brand=campaign.brand)
    spend(campaign, 5, NOON)
    counts = []
    for path in (f"/campaigns/{campaign.pk}/summary", f"/brands/{campaign.brand_id}/summary"):
        program.get(path)
        with CaptureQueriesContext(connection) as captured:
            program.get(f"{path}?from=2024-01-01")
        counts.append(len(captured))

    assert counts == [6, 6]


# --- delivery changes -----------------------------------------------------------------------------


def test_a_change_is_told_with_its_reasons_and_the_figures_it_was_decided_on(
    program: Program,
) -> None:
    campaign = CampaignFactory.create(
        name="Spring", brand__name="Aurora", daily_budget=75, brand__monthly_budget=500
    )
    enforce_all(NOON)
    with acting_as("key: ETL"):
        spend(campaign, "75.40", NOON)
    off = DeliveryChange.objects.latest("id")

    changes = told(program.get("/delivery-changes"))

    assert [item["is_active"] for item in changes["items"]] == [True, False]
    assert changes["items"][1] == {
        "id": off.pk,
        "campaign": {"id": campaign.pk, "name": "Spring"},
        "brand": {"id": campaign.brand_id, "name": "Aurora"},
        "at": "2024-05-15T12:00:00Z",
        "recorded_at": off.recorded_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "is_active": False,
        "holds": ["daily_budget"],
        "trigger": "spend",
        "actor": "key: ETL",
        "daily_spend": "75.40",
        "daily_budget": "75.00",
        "monthly_spend": "75.40",
        "monthly_budget": None,
        "brand_daily_spend": "75.40",
        "brand_daily_budget": None,
        "brand_monthly_spend": "75.40",
        "brand_monthly_budget": "500.00",
    }
    assert changes["has_more"] is False


def switched(count: int) -> list[int]:
    """Ids of changes, each of a campaign of its own, in the order in which they were recorded."""
    for _ in range(count):
        CampaignFactory.create()
        enforce_all(NOON)
    return list(DeliveryChange.objects.order_by("id").values_list("pk", flat=True))


def listed(changes: Any) -> list[int]:
    return [item["id"] for item in changes["items"]]


def test_a_chain_of_cursors_tells_each_change_once(program: Program) -> None:
    expected = switched(5)
    seen = []

    changes = told(program.get("/delivery-changes?limit=2"))
    seen += listed(changes)
    while changes["has_more"]:
        answer = program.get(f"/delivery-changes?limit=2&cursor={changes['next_cursor']}")
        changes = told(answer)
        seen += listed(changes)

    assert seen == expected
    nothing_new = told(program.get(f"/delivery-changes?cursor={changes['next_cursor']}"))
    assert nothing_new == {
        "items": [],
        "next_cursor": changes["next_cursor"],
        "has_more": False,
    }
    (*_, newest) = switched(1)
    assert listed(told(program.get(f"/delivery-changes?cursor={changes['next_cursor']}"))) == [
        newest
    ]


def test_who_begins_before_there_is_anything_goes_on_from_there(program: Program) -> None:
    nothing = told(program.get("/delivery-changes"))
    assert nothing["items"] == []

    expected = switched(2)

    assert (
        listed(told(program.get(f"/delivery-changes?cursor={nothing['next_cursor']}"))) == expected
    )


def test_it_can_be_begun_at_an_instant_with_any_offset(program: Program) -> None:
    switched(2)
    last = DeliveryChange.objects.latest("id")
    since = last.recorded_at.astimezone(at("2024-05-15").tzinfo)
    text = (since + timedelta(hours=2)).replace(tzinfo=None).isoformat() + "%2B02:00"

    assert listed(told(program.get(f"/delivery-changes?since={text}"))) == [last.pk]
    for far in ("9999-12-31T23:59:59-12:00", "5000-01-01T00:00:00Z"):
        changes = told(program.get(f"/delivery-changes?since={far}"))
        assert changes["items"] == []
        told(program.get(f"/delivery-changes?cursor={changes['next_cursor']}"))


def test_changes_of_a_brand_or_a_campaign_alone(program: Program) -> None:
    brand = BrandFactory.create()
    first, second = CampaignFactory.create_batch(2, brand=brand)
    foreign = CampaignFactory.create()
    enforce_all(NOON)

    def campaigns(query: str) -> list[int]:
        changes = told(program.get(f"/delivery-changes?{query}"))
        return sorted(item["campaign"]["id"] for item in changes["items"])

    assert campaigns(f"brand={brand.pk}") == [first.pk, second.pk]
    assert campaigns(f"campaign={second.pk}") == [second.pk]
    assert campaigns(f"brand={brand.pk}&campaign={foreign.pk}") == []
    assert campaigns("brand=9223372036854775807&campaign=9223372036854775807") == []


def test_a_key_of_one_brand_follows_that_brand_alone() -> None:
    mine, foreign = CampaignFactory.create_batch(2)
    enforce_all(NOON)
    limited = Program(key_for(brands=(mine.brand,)))

    changes = told(limited.get("/delivery-changes"))

    assert [item["campaign"]["id"] for item in changes["items"]] == [mine.pk]
    nothing = told(limited.get(f"/delivery-changes?campaign={foreign.pk}"))
    assert nothing == told(limited.get("/delivery-changes?campaign=123456789"))
    assert nothing == told(limited.get(f"/delivery-changes?brand={foreign.brand_id}"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=r5", "cursor"),
        ("cursor=c" + "9" * 18 + "-1", "cursor"),
        ("cursor=c1-" + "9" * 19, "cursor"),
        ("cursor=c1-1%0A", "cursor"),
        ("since=2024-05-15", "since"),
        ("since=2024-05-15T12:00:00", "since"),
        ("since=2024-05-15T12:00:00+02:00", "since"),  # the plus sign reads as a space
        ("since=2024-02-30T12:00:00Z", "since"),
        ("since=2024-05-15T24:00:01Z", "since"),
        ("since=1715774400", "since"),
        ("since=2024-05-15T12:00:00Z&cursor=c1-1", "since"),
        ("limit=0", "limit"),
        ("brand=x", "brand"),
        ("campaign=9223372036854775808", "campaign"),
        ("hold=flight", "hold"),
    ],
)
def test_a_bad_beginning_is_refused(program: Program, query: str, field: str) -> None:
    (error,) = problem(program.get(f"/delivery-changes?{query}"), 422, "invalid")["errors"]

    assert error["field"] == field
    assert error["reason"]


@pytest.mark.parametrize("cursor", ["c0-0", "c" + "9" * 17 + "-" + "9" * 18])
def test_the_smallest_and_the_largest_cursor_are_read(program: Program, cursor: str) -> None:
    expected = switched(1) if cursor == "c0-0" else []

    assert listed(told(program.get(f"/delivery-changes?cursor={cursor}"))) == expected


def test_following_takes_a_fixed_number_of_queries(program: Program) -> None:
    switched(1)
    program.get("/delivery-changes")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            told(program.get("/delivery-changes"))
        counts.append(len(captured))
        switched(5)

    assert counts == [3, 3]


@pytest.mark.django_db(transaction=True)
def test_a_change_whose_transaction_is_open_is_told_when_it_is_committed() -> None:
    program = Program(key_for(scopes=("read",)))
    early, late = CampaignFactory.create_batch(2, daily_budget=Decimal(1))
    enforce_all(NOON)
    before = told(program.get("/delivery-changes"))

    with held_open(lambda: spend(early, 1, NOON)) as commit:
        spend(late, 1, NOON)
        meanwhile = told(program.get(f"/delivery-changes?cursor={before['next_cursor']}"))
        commit()
    after = told(program.get(f"/delivery-changes?cursor={meanwhile['next_cursor']}"))

    assert meanwhile["items"] == []
    assert [item["campaign"]["id"] for item in after["items"]] == [early.pk, late.pk]


def test_a_limited_key_is_told_what_switched_a_campaign_and_no_names_of_others() -> None:
    campaign = CampaignFactory.create(status="paused")
    for actor in ("key: Acme and Globex", "webhook: Globex", "command: sweep, by ann", "bob",
                  "bob (import)", "task: update_spend", "system"):  # fmt: skip
        with acting_as(actor):
            act = lifecycle.pause if campaign.status == "active" else lifecycle.activate
            act(campaign, now=NOON)
    limited = Program(key_for("Limited", source="limited", brands=(campaign.brand,)))
    shown = ["key", "webhook", "command", "person", "person", "task: update_spend", "system"]

    items = limited.get("/delivery-changes").json()["items"]
    assert [item["actor"] for item in items] == shown
    text = b"".join(limited.get("/exports/delivery-changes.csv").streaming_content).decode()
    assert [row["actor"] for row in csv.DictReader(text.splitlines())] == shown

    everything = Program(key_for()).get("/delivery-changes").json()["items"]
    assert everything[0]["actor"] == "key: Acme and Globex"
