"""Two people edit the rows within one page: schedules, windows, platform IDs."""

from typing import Any

from django.test import Client

from ads.models import Campaign, CampaignReference
from ads.tests.admin.pages import as_it_is, change, errors, filled_in, formset_errors, save
from ads.tests.factories import CampaignFactory, ScheduleFactory


def rows(opened: dict[str, Any], prefix: str, *added: dict[str, Any]) -> dict[str, Any]:
    """The same page with rows added."""
    total = int(opened[f"{prefix}-TOTAL_FORMS"])
    more = {f"{prefix}-TOTAL_FORMS": total + len(added)}
    for index, row in enumerate(added, start=total):
        more |= {f"{prefix}-{index}-{name}": text for name, text in row.items()}
    return {**opened, **more}


SCHEDULES = "campaignschedule_set"


def attached(campaign: Campaign) -> list[str]:
    return sorted(campaign.dayparting_schedules.values_list("name", flat=True))


def test_a_schedule_that_only_the_other_attached_is_shown_and_stays(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(name="Always")])
    evenings = ScheduleFactory.create(name="Evenings")
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), **rows(opened, SCHEDULES, {"schedule": evenings.pk}))

    response = admin.post(change(campaign), {**opened, "name": "Renamed"})

    (told,) = errors(response)["__all__"]
    assert told.startswith(f"Campaign schedules: Bob attached {campaign.name} – Evenings, ")
    assert formset_errors(response) == []
    assert campaign.fresh().name == campaign.name
    assert admin.post(change(campaign), as_it_is(response)).status_code == 302
    assert attached(campaign) == ["Always", "Evenings"]
    assert campaign.fresh().name == "Renamed"


def test_if_both_attached_one_the_second_sees_both_before_they_are_saved(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(name="Always")])
    evenings, mornings = (ScheduleFactory.create(name=name) for name in ("Evenings", "Mornings"))
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), **rows(opened, SCHEDULES, {"schedule": evenings.pk}))

    response = admin.post(change(campaign), rows(opened, SCHEDULES, {"schedule": mornings.pk}))

    again = as_it_is(response)
    assert [again[f"{SCHEDULES}-{index}-schedule"] for index in (1, 2)] == [
        str(evenings.pk),
        str(mornings.pk),
    ]
    assert attached(campaign) == ["Always", "Evenings"]
    assert admin.post(change(campaign), again).status_code == 302
    assert attached(campaign) == ["Always", "Evenings", "Mornings"]


def test_what_the_other_detached_and_the_second_left_alone_stays_detached(
    admin: Client, bob: Client
) -> None:
    schedules = [ScheduleFactory.create(name=name) for name in ("Evenings", "Mornings")]
    campaign = CampaignFactory.create(schedules=schedules)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), **{f"{SCHEDULES}-0-DELETE": "on"})

    response = admin.post(change(campaign), {**opened, "name": "Renamed"})

    (told,) = errors(response)["__all__"]
    assert told.startswith(f"Campaign schedules: Bob detached {campaign.name} – Evenings, ")
    assert admin.post(change(campaign), as_it_is(response)).status_code == 302
    assert attached(campaign) == ["Mornings"]


def test_a_schedule_that_both_attached_is_attached_once(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create()
    evenings = ScheduleFactory.create(name="Evenings")
    opened = filled_in(admin, change(campaign))
    mine = rows(opened, SCHEDULES, {"schedule": evenings.pk})
    assert bob.post(change(campaign), mine).status_code == 302

    told = admin.post(change(campaign), mine)
    again = as_it_is(told)
    assert admin.post(change(campaign), again).status_code == 200
    again |= {f"{SCHEDULES}-1-schedule": ""}

    assert admin.post(change(campaign), again).status_code == 302
    assert attached(campaign) == ["Evenings"]


def test_a_window_that_the_other_deleted_while_it_was_changed_is_gone(
    admin: Client, bob: Client
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00"), (1, "09:00", "12:00")])
    opened = filled_in(admin, change(schedule))
    save(bob, change(schedule), **{"windows-0-DELETE": "on"})

    response = admin.post(
        change(schedule), {**opened, "windows-0-end_time": "13:00", "windows-1-end_time": "14:00"}
    )

    (told,) = errors(response)["__all__"]
    assert f"Bob deleted {schedule.name} – Monday 09:00–12:00, " in told
    assert [window.day_of_week for window in schedule.windows.all()] == [1]
    assert admin.post(change(schedule), as_it_is(response)).status_code == 302
    assert [
        (window.day_of_week, f"{window.end_time:%H:%M}") for window in schedule.windows.all()
    ] == [(1, "14:00")]


def test_a_window_that_the_other_changed_while_it_was_deleted_goes_only_knowingly(
    admin: Client, bob: Client
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    opened = filled_in(admin, change(schedule))
    save(bob, change(schedule), **{"windows-0-end_time": "14:00"})

    response = admin.post(change(schedule), {**opened, "windows-0-DELETE": "on"})

    (told,) = errors(response)["__all__"]
    assert "Monday 09:00–14:00 (end time 12:00:00 → 14:00:00), " in told
    assert schedule.windows.count() == 1
    admin.post(change(schedule), as_it_is(response))
    assert schedule.windows.count() == 0


def test_a_window_that_only_the_other_changed_stays_as_the_other_left_it(
    admin: Client, bob: Client
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00"), (1, "09:00", "12:00")])
    opened = filled_in(admin, change(schedule))
    save(bob, change(schedule), **{"windows-0-end_time": "14:00"})

    response = admin.post(change(schedule), {**opened, "windows-1-end_time": "15:00"})

    assert admin.post(change(schedule), as_it_is(response)).status_code == 302
    assert sorted(f"{window.end_time:%H:%M}" for window in schedule.windows.all()) == [
        "14:00",
        "15:00",
    ]


def test_windows_that_overlap_only_together_are_refused(admin: Client, bob: Client) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    opened = filled_in(admin, change(schedule))
    added = {"day_of_week": "1", "start_time": "09:00", "end_time": "12:00"}
    assert bob.post(change(schedule), rows(opened, "windows", added)).status_code == 302

    mine = rows(opened, "windows", {**added, "end_time": "13:00"})
    told = admin.post(change(schedule), mine)
    response = admin.post(change(schedule), as_it_is(told))

    assert "overlap" in response.content.decode()
    assert schedule.windows.count() == 2


def test_a_reference_edited_on_its_own_page_is_compared_on_its_campaigns_too(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create()
    reference = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference="815"
    )
    opened = filled_in(admin, change(campaign))
    save(bob, change(reference), reference="4711")

    response = admin.post(change(campaign), {**opened, "references-0-reference": "816"})

    assert "(ID on the platform 815 → 4711)" in errors(response)["__all__"][0]
    reference.refresh_from_db()
    assert reference.reference == "4711"
