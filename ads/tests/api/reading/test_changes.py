"""Reading over the API what was switched on and off, as it happens."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import DeliveryChange
from ads.services.actor import acting_as
from ads.services.delivery import lifecycle
from ads.tests.api.reading.support import listed, told
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, enforce_all, held_open, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def switched(count: int) -> list[int]:
    """Ids of changes, each of a campaign of its own, in the order in which they were recorded."""
    for _ in range(count):
        CampaignFactory.create()
        enforce_all(NOON)
    return list(DeliveryChange.objects.order_by("id").values_list("pk", flat=True))


def test_a_change_has_its_reasons_and_the_figures_behind_it(
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
        "total_spend": "0.00",
        "total_budget": None,
        "group_spend": "0.00",
        "group_budget": None,
        "group_period": "",
        "on_its_way": None,
        "currency": "USD",
    }
    assert changes["has_more"] is False


def test_a_chain_of_cursors_has_each_change_once(program: Program) -> None:
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
def test_a_change_appears_once_its_transaction_is_committed() -> None:
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


def test_a_limited_key_sees_what_switched_a_campaign_without_names_of_others() -> None:
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
