"""Reading brands and campaigns over the API, page by page and filtered."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.holds import Hold
from ads.models import BudgetPace, Campaign, CampaignReference, Label
from ads.models.campaigns import State
from ads.services import pacing
from ads.services.lists import pages as listing
from ads.tests.api.reading.support import ids
from ads.tests.api.support import Program, key_for
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.platforms import doubles
from ads.tests.support import at, enforce_all, execute, spend_in_sql

pytestmark = pytest.mark.django_db


def instant(value: Any) -> str:
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")  # type: ignore[no-any-return]


def queries(program: Program, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert program.get(path).status_code == 200
    return len(captured)


def held_by_everything() -> dict[Hold, Campaign]:
    """One campaign for each hold, which has no other."""
    now = timezone.now()
    yesterday = now.date() - timedelta(days=1)
    spent = {
        Hold.BRAND_DAILY_BUDGET: CampaignFactory.create(brand__daily_budget=5),
        Hold.BRAND_MONTHLY_BUDGET: CampaignFactory.create(brand__monthly_budget=5),
        Hold.DAILY_BUDGET: CampaignFactory.create(daily_budget=5),
        Hold.MONTHLY_BUDGET: CampaignFactory.create(monthly_budget=5),
    }
    for campaign in spent.values():
        spend_in_sql(campaign, "5", now.date())
    stale = CampaignFactory.create(brand__stale_after_minutes=60, brand__stops_when_stale=True)
    doubles.known_as(stale, "7")
    doubles.account(doubles.connection(), answered_at=now - timedelta(hours=2))
    return {
        Hold.STATUS: CampaignFactory.create(status="draft"),
        Hold.BRAND_INACTIVE: CampaignFactory.create(brand__is_active=False),
        Hold.FLIGHT: CampaignFactory.create(end_date=yesterday),
        **spent,
        Hold.STALE_SPEND: stale,
        Hold.DAYPARTING: CampaignFactory.create(schedules=[ScheduleFactory.create()]),
    }


def test_a_brand_is_shown_with_its_configuration(program: Program) -> None:
    brand = BrandFactory.create(
        name="Aurora", timezone="Asia/Tokyo", daily_budget="75.4", last_daily_reset="2026-03-18"
    )

    assert program.get(f"/brands/{brand.pk}").json() == {
        "id": brand.pk,
        "name": "Aurora",
        "timezone": "Asia/Tokyo",
        "currency": "USD",
        "daily_budget": "75.40",
        "monthly_budget": None,
        "is_active": True,
        "stale_after_minutes": None,
        "stops_when_stale": False,
        "stops_early": False,
        "account_manager": None,
        "labels": [],
        "last_daily_reset": "2026-03-18",
        "last_monthly_reset": None,
        "created_at": instant(brand.created_at),
        "updated_at": instant(brand.updated_at),
        "pace": None,
    }


def test_a_campaign_is_shown_with_its_references_schedules_and_holds(
    program: Program,
) -> None:
    schedule = ScheduleFactory.create(name="Never")
    campaign = CampaignFactory.create(
        name="Spring",
        brand__name="Aurora",
        daily_budget="0.000001",
        monthly_budget=1234,
        end_date=date(2999, 1, 1),
        schedules=[schedule],
    )
    for platform, account in (("meta_ads", ""), ("google_ads", "123-456")):
        CampaignReference.objects.create(
            campaign=campaign, platform=platform, account=account, reference="77"
        )

    assert program.get(f"/campaigns/{campaign.pk}").json() == {
        "id": campaign.pk,
        "name": "Spring",
        "brand": {"id": campaign.brand_id, "name": "Aurora"},
        "status": "active",
        "is_active": False,
        "state": "paused_by_system",
        "currency": "USD",
        "daily_budget": "0.000001",
        "monthly_budget": "1234.00",
        "total_budget": None,
        "budget_group": None,
        "start_date": None,
        "end_date": "2999-01-01",
        "is_dayparting_enabled": True,
        "priority": 0,
        "dayparting_schedules": [{"id": schedule.pk, "name": "Never"}],
        "references": [
            {"platform": "meta_ads", "account": "", "id": "77"},
            {"platform": "google_ads", "account": "123-456", "id": "77"},
        ],
        "labels": [],
        "holds": [{"code": "dayparting", "sentence": "Outside hours (Never)"}],
        "spend_as_of": None,
        "created_at": instant(campaign.created_at),
        "updated_at": instant(campaign.updated_at),
        "pace": None,
    }


def test_a_campaign_that_nothing_can_decide_on_is_listed_without_holds(program: Program) -> None:
    campaign, other = CampaignFactory.create_batch(2)
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE ads_brand SET timezone = 'Mars' WHERE id = %s", [campaign.brand_id])

    assert program.get(f"/campaigns/{campaign.pk}").json()["holds"] is None
    answer = program.get("/campaigns")
    assert ids(answer) == [campaign.pk, other.pk]
    assert [item["holds"] for item in answer.json()["items"]] == [None, []]
    assert ids(program.get("/campaigns?hold=status")) == []


@pytest.mark.parametrize("what", ["brands", "campaigns"])
def test_pages_follow_one_another_and_list_everything_once(program: Program, what: str) -> None:
    made = CampaignFactory.create_batch(5)
    expected = [row.brand_id if what == "brands" else row.pk for row in made]
    pages = []

    address = f"/{what}?limit=2"
    while address:
        answer = program.get(address)
        pages.append(ids(answer))
        cursor = answer.json()["next_cursor"]
        link = f'</api/v1/{what}?limit=2&cursor={cursor}>; rel="next"'
        assert answer.headers.get("Link") == (link if cursor else None)
        address = cursor and f"/{what}?limit=2&cursor={cursor}"

    assert pages == [expected[:2], expected[2:4], expected[4:]]


def test_a_row_that_is_added_or_deleted_between_pages_moves_no_other(program: Program) -> None:
    made = CampaignFactory.create_batch(4)
    listed = [made[0].pk, made[1].pk]
    first = program.get("/campaigns?limit=2")
    made[1].delete()
    late = CampaignFactory.create()

    second = program.get(f"/campaigns?cursor={first.json()['next_cursor']}")

    assert ids(first) == listed
    assert ids(second) == [made[2].pk, made[3].pk, late.pk]


def test_a_full_last_page_says_that_it_is_the_last(program: Program) -> None:
    CampaignFactory.create_batch(2)

    answer = program.get("/campaigns?limit=2")

    assert len(ids(answer)) == 2
    assert answer.json()["next_cursor"] is None


def test_campaigns_are_filtered_by_brand_and_name(program: Program) -> None:
    brand = BrandFactory.create()
    mine = CampaignFactory.create(brand=brand, name="Spring")
    CampaignFactory.create(name="Spring")
    CampaignFactory.create(brand=brand, name="Spring 2")

    assert ids(program.get(f"/campaigns?brand={brand.pk}&name=Spring")) == [mine.pk]
    assert ids(program.get("/campaigns?name=spring")) == []
    assert ids(program.get("/campaigns?brand=9223372036854775807")) == []


def test_brands_and_campaigns_are_read_and_filtered_by_label_and_account_manager(
    program: Program,
) -> None:
    amelia = User.objects.create_user("amelia")
    brand, other = BrandFactory.create(account_manager=amelia), BrandFactory.create()
    campaign, plain = CampaignFactory.create(brand=brand), CampaignFactory.create(brand=other)
    for name in ("Q4", "Black Friday"):
        label = Label.objects.create(name=name)
        brand.labels.add(label)
        campaign.labels.add(label)

    assert program.get(f"/brands/{brand.pk}").json()["account_manager"] == "amelia"
    for path, row in (("/brands", brand), ("/campaigns", campaign)):
        assert program.get(f"{path}/{row.pk}").json()["labels"] == ["Black Friday", "Q4"]
        for query in ("label=q4", "account_manager=amelia", "label=Q4&account_manager=amelia"):
            assert ids(program.get(f"{path}?{query}")) == [row.pk], query
        assert ids(program.get(f"{path}?label=Gone")) == []
    assert plain.pk in ids(program.get("/campaigns"))
    limited = Program(key_for("Limited", source="limited", brands=(brand,)))
    assert limited.get(f"/brands/{brand.pk}").json()["account_manager"] is None
    for path in ("/brands", "/campaigns"):
        refused = limited.get(f"{path}?account_manager=amelia")
        assert refused.status_code == 422, path
        assert "leave the filter out" in refused.json()["detail"]


def test_campaigns_are_filtered_by_state(program: Program) -> None:
    made = {
        State.ACTIVE: CampaignFactory.create(),
        State.PAUSED_BY_SYSTEM: CampaignFactory.create(daily_budget=0),
        State.PAUSED_BY_USER: CampaignFactory.create(status="paused"),
        State.DRAFT: CampaignFactory.create(status="draft"),
        State.COMPLETED: CampaignFactory.create(status="completed"),
        State.ARCHIVED: CampaignFactory.create(status="archived"),
    }
    enforce_all(timezone.now())

    for state, campaign in made.items():
        answer = program.get(f"/campaigns?state={state.value}")
        assert ids(answer) == [campaign.pk]
        assert answer.json()["items"][0]["state"] == state.value


def test_campaigns_are_filtered_by_the_parts_of_one_reference(program: Program) -> None:
    both, google = CampaignFactory.create_batch(2)
    for campaign, platform, account, reference in (
        (both, "google_ads", "1", "77"),
        (both, "google_ads", "2", "77"),
        (both, "meta_ads", "1", "88"),
        (google, "google_ads", "1", "88"),
    ):
        CampaignReference.objects.create(
            campaign=campaign, platform=platform, account=account, reference=reference
        )

    assert ids(program.get("/campaigns?reference=77")) == [both.pk]
    assert ids(program.get("/campaigns?platform=google_ads")) == [both.pk, google.pk]
    assert ids(program.get("/campaigns?platform=google_ads&reference=88")) == [google.pk]
    assert ids(program.get("/campaigns?platform=meta_ads&account=2")) == []


@pytest.mark.parametrize("first_stretch", [1, 3, 1000])
def test_campaigns_are_filtered_by_any_hold_whether_or_not_they_were_stopped(
    program: Program, monkeypatch: pytest.MonkeyPatch, first_stretch: int
) -> None:
    monkeypatch.setattr(listing, "FIRST_STRETCH", first_stretch)
    CampaignFactory.create_batch(2, daily_budget=5, schedules=[])
    made = held_by_everything()
    Campaign.objects.update(is_active=True)

    for hold, campaign in made.items():
        answer = program.get(f"/campaigns?hold={hold.value}")
        assert ids(answer) == [campaign.pk], hold
        assert [held["code"] for held in answer.json()["items"][0]["holds"]] == [hold.value]


@pytest.mark.parametrize("first_stretch", [1, 2, 1000])
def test_pages_of_a_hold_follow_one_another(
    program: Program, monkeypatch: pytest.MonkeyPatch, first_stretch: int
) -> None:
    monkeypatch.setattr(listing, "FIRST_STRETCH", first_stretch)
    made = [CampaignFactory.create(daily_budget=budget) for budget in (0, 1, 0, 0, 1, 1, 0, 1)]
    held = [campaign.pk for campaign in made if not campaign.daily_budget]

    first = program.get("/campaigns?hold=daily_budget&limit=3")
    second = program.get(
        f"/campaigns?hold=daily_budget&limit=3&cursor={first.json()['next_cursor']}"
    )

    assert (ids(first), ids(second)) == (held[:3], held[3:])
    assert second.json()["next_cursor"] is None


def test_filters_go_together(program: Program) -> None:
    made = held_by_everything()
    campaign = made[Hold.DAILY_BUDGET]

    address = f"/campaigns?hold=daily_budget&state=paused_by_system&brand={campaign.brand_id}"

    enforce_all(timezone.now())
    assert ids(program.get(address)) == [campaign.pk]
    assert ids(program.get(f"{address}&name=other")) == []


@pytest.mark.parametrize(
    "path", ["/brands", "/campaigns", "/campaigns?hold=dayparting", "/campaigns?state=active"]
)
def test_a_longer_page_takes_no_more_queries(program: Program, path: str) -> None:
    schedule = ScheduleFactory.create()

    def add(count: int) -> None:
        for campaign in CampaignFactory.create_batch(count, schedules=[schedule]):
            CampaignReference.objects.create(
                campaign=campaign, platform="google_ads", reference=str(campaign.pk)
            )
        Campaign.objects.update(is_active=True)

    add(1)
    program.get(path)  # notes when the key was used, once a minute
    few = queries(program, path)
    add(10)

    # A filter by hours has a moment of its own, and so has the page; labels and paces are one each.
    assert queries(program, path) == few <= 20


def test_brands_and_campaigns_are_found_by_the_pace_of_their_month(program: Program) -> None:
    brand = BrandFactory.create(monthly_budget=1000)
    over = CampaignFactory.create(brand=brand, monthly_budget=0)
    CampaignFactory.create(brand=brand, monthly_budget=1000)
    spend_in_sql(over, "50", date(2024, 5, 10))
    pacing.refresh(at("2024-05-16 12:00"))

    (found,) = program.get("/campaigns?pace=over").json()["items"]

    assert found["id"] == over.pk
    assert (found["pace"]["state"], found["pace"]["spent"]) == ("over", "50.00")
    assert program.get("/brands?pace=over").json()["items"] == []
    assert program.get("/brands?pace=sideways").status_code == 422


def test_the_estimates_of_a_pace_have_the_digits_of_their_currency(program: Program) -> None:
    brand = BrandFactory.create(currency="KWD", monthly_budget=1000)
    spend_in_sql(CampaignFactory.create(brand=brand), "50", date(2024, 5, 10))
    pacing.refresh(at("2024-05-16 12:00"))
    BudgetPace.objects.update(expected=Decimal("71.0835"), pace_percent=Decimal("70.345"))

    (found,) = program.get("/brands").json()["items"]

    assert (found["pace"]["expected"], found["pace"]["pace_percent"]) == ("71.084", "70.34")


def test_campaigns_are_found_by_their_priority(program: Program) -> None:
    CampaignFactory.create()
    low = CampaignFactory.create(priority=-3)

    (found,) = program.get("/campaigns?priority=-3").json()["items"]

    assert (found["id"], found["priority"]) == (low.pk, -3)
    assert program.get("/campaigns?priority=40000").status_code == 422
    assert program.get("/campaigns?priority=1.0").status_code == 422
