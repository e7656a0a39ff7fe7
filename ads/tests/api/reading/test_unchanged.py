"""Reading over the API: what has not changed is not sent again."""

import pytest

from ads.tests.api.support import Program, problem
from ads.tests.factories import CampaignFactory, ScheduleFactory

pytestmark = pytest.mark.django_db


ALWAYS = [(day, "00:00", "00:00") for day in range(7)]


@pytest.mark.parametrize(
    "path",
    [
        "/brands",
        "/brands/{brand}",
        "/campaigns",
        "/campaigns/{campaign}",
        "/campaigns/{campaign}/delivery",
        "/campaigns/{campaign}/summary",
        "/brands/{brand}/summary",
        "/delivery-changes",
    ],
)
def test_what_has_not_changed_is_not_sent_again(program: Program, path: str) -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(windows=ALWAYS)])
    address = path.format(campaign=campaign.pk, brand=campaign.brand_id)
    first = program.get(address)

    again = program.get(address, headers={"If-None-Match": f'"other", {first["ETag"]}'})

    assert first["ETag"].startswith('"')
    assert first["Cache-Control"] == "private, no-cache"
    assert first["Vary"] == "Authorization"
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["X-Request-ID"]
    assert "RateLimit" in again


def test_what_has_changed_is_sent(program: Program) -> None:
    campaign = CampaignFactory.create()
    first = program.get(f"/campaigns/{campaign.pk}")
    campaign.name = "Renamed"
    campaign.save()

    again = program.get(f"/campaigns/{campaign.pk}", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.json()["name"]) == (200, "Renamed")
    assert again["ETag"] != first["ETag"]


def test_a_problem_is_always_sent_and_never_kept(program: Program) -> None:
    answer = program.get("/campaigns/1", headers={"If-None-Match": "*"})

    problem(answer, 404, "not-found")
    assert "ETag" not in answer
    assert answer["Cache-Control"] == "no-store"
