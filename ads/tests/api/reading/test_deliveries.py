"""Reading over the API whether a campaign delivers, and why not."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.tests.api.reading.support import told
from ads.tests.api.support import Program, problem
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, at, enforce_all, execute, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


OFFICE = [(day, "09:00", "17:00") for day in range(5)]


def test_a_held_campaign_has_each_hold_with_its_figures_and_its_return(
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
                "sentence": "Outside hours (Nights)",
                "lifts_at": "2024-05-20T22:00:00Z",
            },
        ],
        "returns_at": "2024-05-20T22:00:00Z",
        "next_change": {"at": "2024-05-20T22:00:00Z", "delivers": True, "holds": []},
    }


def test_a_delivering_campaign_has_its_next_scheduled_stop(program: Program) -> None:
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

    assert len(captured) == 9


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
