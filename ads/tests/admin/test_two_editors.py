"""Two people edit one row: the second is told, and nothing is overwritten that nobody has seen."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group, Permission, User
from django.test import Client, RequestFactory

from ads.admin.base import ReadOnlyAdmin
from ads.admin.editing import GuardsEdits
from ads.admin.shown import AS_SHOWN
from ads.models import ApiKey, Campaign, CampaignReference, CampaignSchedule
from ads.services import BudgetService, CampaignService, rollover
from ads.tests.admin.pages import add, as_it_is, change, errors, filled_in, said, save
from ads.tests.engine.support import NOON, at_once, await_blocked, execute, held_open
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

#: Where two really save at the same moment.
commits = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(db: None) -> Client:
    """Another superuser's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("bob"))
    return client


def summary(response: Any) -> str:
    """The one message of an edit that was refused."""
    assert response.status_code == 200
    (message,) = said(response)
    return message


# --- fields -----------------------------------------------------------------------------------


def test_the_second_is_told_who_changed_what_and_nothing_is_saved(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50, brand=BrandFactory.create(timezone="UTC"))
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Spring"})

    assert summary(response).startswith("Nothing was saved: somebody has changed the same")
    assert "Bob changed daily budget from $50.00 to $80.00 (you: $60.00), " in summary(response)
    assert f'href="{change(campaign)}">look at it as it is now</a>' in summary(response)
    (told,) = errors(response).pop("daily_budget")
    assert told.startswith("Bob changed it from $50.00 to $80.00, ")
    assert "(UTC). You entered $60.00: save again to put that in its place." in told
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.name) == (80, campaign.name)


def test_what_the_second_entered_is_kept_and_saved_over_it_when_saved_again(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80", monthly_budget="900")
    told = admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Spring"})

    again = as_it_is(told)
    response = admin.post(change(campaign), again)

    assert (again["daily_budget"], again["name"]) == ("60", "Spring")
    assert response.status_code == 302
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.monthly_budget, stored.name) == (60, 900, "Spring")


def test_a_third_change_before_it_is_saved_again_is_told_too(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")
    told = admin.post(change(campaign), {**opened, "daily_budget": "60"})
    save(bob, change(campaign), daily_budget="90")

    response = admin.post(change(campaign), as_it_is(told))

    assert "from $80.00 to $90.00" in errors(response)["daily_budget"][0]
    assert campaign.fresh().daily_budget == 90


def test_what_only_the_other_changed_is_kept_and_told(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50, name="Spring")
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80", start_date="2026-05-01", status="paused")

    response = admin.post(change(campaign), {**opened, "name": "Summer"})

    assert response.status_code == 302
    stored = campaign.fresh()
    assert (stored.name, stored.daily_budget, stored.status) == ("Summer", 80, "paused")
    assert f"{stored.start_date}" == "2026-05-01"
    told = said(admin.get(change(campaign)))[0]
    assert told.startswith("While you were editing: ")
    for words in (
        "Bob changed status from Active to Paused, ",
        "Bob changed daily budget from $50.00 to $80.00, ",
        "Bob changed start date from nothing to 2026-05-01, ",
        "That is kept.",
    ):
        assert words in told
    event = stored.pgh_event_model.objects.latest("pgh_id")  # type: ignore[attr-defined]
    assert (event.name, event.daily_budget, event.pgh_label) == ("Summer", 80, "update")


def test_two_who_agree_do_not_hear_of_it(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "daily_budget": "80.00"})

    assert response.status_code == 302
    assert [message for message in said(admin.get(change(campaign))) if "While" in message] == []


def test_a_mistake_of_the_second_does_not_hide_what_the_first_did(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    wrong = admin.post(change(campaign), {**filled_in(admin, change(campaign)), "name": ""})
    save(bob, change(campaign), name="Bob's")

    response = admin.post(change(campaign), {**as_it_is(wrong), "name": "Mine"})

    assert "You entered Mine" in errors(response)["name"][0]
    assert campaign.fresh().name == "Bob's"


def test_one_person_in_two_windows_is_told_that_it_was_them(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=50)
    opened = filled_in(admin, change(brand))
    save(admin, change(brand), daily_budget="80")

    response = admin.post(change(brand), {**opened, "daily_budget": ""})

    (told,) = errors(response)["daily_budget"]
    assert told.startswith("You, in another window, changed it from $50.00 to $80.00")
    assert "You entered no limit" in told
    assert brand.fresh().daily_budget == 80


def test_what_is_together_wrong_is_refused_also_if_each_changed_one_half(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), end_date="2026-05-01")

    response = admin.post(change(campaign), {**opened, "start_date": "2026-05-02"})

    assert errors(response) == {"end_date": ["Must not be before start_date."]}
    assert campaign.fresh().start_date is None


def test_an_operators_pause_is_kept_by_who_edits_something_else(admin: Client) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    CampaignService.pause(campaign)

    admin.post(change(campaign), {**opened, "name": "Renamed"})

    stored = campaign.fresh()
    assert (stored.name, stored.status) == ("Renamed", "paused")


# --- what the system does in between -------------------------------------------------------------


@commits
def test_what_the_system_does_in_between_is_no_conflict(admin: Client) -> None:
    brand = BrandFactory.create()
    campaign = CampaignFactory.create(brand=brand, daily_budget=10)
    pages = [(row, filled_in(admin, change(row))) for row in (campaign, brand)]
    BudgetService.record_spend(campaign, Decimal(10))
    BudgetService.reset_daily_spend(campaign)
    BudgetService.record_spend(campaign, Decimal(10))
    rollover.roll_over_days(NOON)

    for row, opened in pages:
        response = admin.post(change(row), {**opened, "name": "Renamed"})

        assert response.status_code == 302
        assert not [message for message in said(admin.get(change(row))) if "While" in message]
        assert row.fresh().name == "Renamed"
    assert campaign.fresh().is_active is False


# --- what a page says it showed ------------------------------------------------------------------


@pytest.mark.parametrize("what", ["missing", "made up", "another row's", "another model's"])
def test_a_page_that_does_not_say_what_it_showed_saves_nothing(admin: Client, what: str) -> None:
    campaign, other = CampaignFactory.create_batch(2)
    opened = filled_in(admin, change(campaign))
    forged = {
        "missing": None,
        "made up": opened[AS_SHOWN][:-3] + "AAA",
        "another row's": filled_in(admin, change(other))[AS_SHOWN],
        "another model's": filled_in(admin, change(campaign.brand))[AS_SHOWN],
    }[what]

    response = save(admin, change(campaign), name="Renamed", **{AS_SHOWN: forged})

    (told,) = errors(response)["__all__"]
    assert told.startswith("Nothing was saved: the page did not say what it had shown you")
    assert campaign.fresh().name == campaign.name
    assert admin.post(change(campaign), as_it_is(response)).status_code == 302
    assert campaign.fresh().name == "Renamed"


def test_a_field_that_was_not_sent_stays_as_it_is(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)

    response = save(admin, change(campaign), daily_budget=None, name="Renamed")

    assert response.status_code == 302
    assert (campaign.fresh().daily_budget, campaign.fresh().name) == (50, "Renamed")


def test_a_field_that_was_not_on_the_page_stays_as_it_is(staff: Callable[..., Client]) -> None:
    viewer = staff("view_campaign", "view_campaignschedule", "view_campaignreference")
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create()])

    response = viewer.get(change(campaign))

    assert AS_SHOWN not in response.context
    assert viewer.post(change(campaign), {"name": "x"}).status_code == 403
    assert campaign.fresh().name == campaign.name


def test_every_page_on_which_something_is_changed_is_guarded() -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)

    assert [
        model
        for model, pages in django_admin.site._registry.items()
        if pages.has_change_permission(request)
        and not isinstance(pages, GuardsEdits | ReadOnlyAdmin)
    ] == []


def test_who_is_gone_is_gone(admin: Client) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    campaign.delete()

    response = admin.post(change(campaign), opened, follow=True)

    assert "doesn’t exist. Perhaps it was deleted?" in said(response)[0]
    assert not Campaign.objects.exists()


# --- rows within the page ------------------------------------------------------------------------


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


def test_a_schedule_that_only_the_other_attached_stays(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create()
    evenings = ScheduleFactory.create(name="Evenings")
    opened = filled_in(admin, change(campaign))
    bob.post(
        change(campaign),
        rows(filled_in(bob, change(campaign)), SCHEDULES, {"schedule": evenings.pk}),
    )

    response = admin.post(change(campaign), {**opened, "name": "Renamed"})

    assert response.status_code == 302
    assert attached(campaign) == ["Evenings"]
    assert campaign.fresh().name == "Renamed"
    told = said(admin.get(change(campaign)))[0]
    assert "Bob changed campaign schedules (added: Evenings), " in told


def test_if_both_attached_one_the_second_sees_both_before_they_are_saved(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create(name="Always")])
    evenings, mornings = (ScheduleFactory.create(name=name) for name in ("Evenings", "Mornings"))
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), **rows(opened, SCHEDULES, {"schedule": evenings.pk}))

    response = admin.post(change(campaign), rows(opened, SCHEDULES, {"schedule": mornings.pk}))

    (told,) = errors(response)["__all__"]
    assert told.startswith("Campaign schedules: Bob changed them (added: Evenings), ")
    assert attached(campaign) == ["Always", "Evenings"]
    assert admin.post(change(campaign), as_it_is(response)).status_code == 302
    assert attached(campaign) == ["Always", "Evenings", "Mornings"]


def test_what_the_other_detached_and_the_second_left_alone_stays_detached(
    admin: Client, bob: Client
) -> None:
    schedules = [ScheduleFactory.create(name=name) for name in ("Evenings", "Mornings")]
    campaign = CampaignFactory.create(schedules=schedules)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), **{f"{SCHEDULES}-0-DELETE": "on"})

    response = admin.post(change(campaign), {**opened, "name": "Renamed"})

    assert response.status_code == 302
    assert attached(campaign) == ["Mornings"]


def test_two_who_attach_the_same_agree(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create()
    evenings = ScheduleFactory.create(name="Evenings")
    opened = filled_in(admin, change(campaign))
    mine = rows(opened, SCHEDULES, {"schedule": evenings.pk})
    assert bob.post(change(campaign), mine).status_code == 302

    assert admin.post(change(campaign), mine).status_code == 302
    assert attached(campaign) == ["Evenings"]
    assert CampaignSchedule.objects.count() == 1


def test_a_window_that_the_other_deleted_while_it_was_changed_comes_back_only_knowingly(
    admin: Client, bob: Client
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00"), (1, "09:00", "12:00")])
    opened = filled_in(admin, change(schedule))
    save(bob, change(schedule), **{"windows-0-DELETE": "on"})

    response = admin.post(change(schedule), {**opened, "windows-0-end_time": "13:00"})

    (told,) = errors(response)["__all__"]
    assert "(removed: Monday, 09:00, 12:00)" in told
    assert [window.day_of_week for window in schedule.windows.all()] == [1]
    assert admin.post(change(schedule), as_it_is(response)).status_code == 302
    assert sorted(
        (window.day_of_week, f"{window.end_time:%H:%M}") for window in schedule.windows.all()
    ) == [(0, "13:00"), (1, "12:00")]


def test_a_window_that_the_other_changed_while_it_was_deleted_goes_only_knowingly(
    admin: Client, bob: Client
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    opened = filled_in(admin, change(schedule))
    save(bob, change(schedule), **{"windows-0-end_time": "14:00"})

    response = admin.post(change(schedule), {**opened, "windows-0-DELETE": "on"})

    (told,) = errors(response)["__all__"]
    assert "(changed: Monday, 09:00, 12:00 to Monday, 09:00, 14:00)" in told
    assert schedule.windows.count() == 1
    admin.post(change(schedule), as_it_is(response))
    assert schedule.windows.count() == 0


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

    assert "google_ads, 815 to google_ads, 4711" in errors(response)["__all__"][0]
    reference.refresh_from_db()
    assert reference.reference == "4711"


# --- other kinds of fields -----------------------------------------------------------------------


def test_choices_of_several_and_instants_are_compared_too(admin: Client, bob: Client) -> None:
    brands = [BrandFactory.create(name=name) for name in ("Acme", "Zeta")]
    key = ApiKey.objects.create(
        name="ETL", source="etl", prefix="bm_x", secret_hash="0" * 64, scopes=["read"],
        expires_at=datetime(2030, 1, 1, 12, 0, 0, 123, tzinfo=UTC),
    )  # fmt: skip
    key.brands.set(brands[:1])
    opened = filled_in(admin, change(key))
    save(bob, change(key), brands=[brand.pk for brand in brands], expires_at_0="2031-01-01")

    renamed = admin.post(change(key), {**opened, "name": "Nightly"})
    conflicting = admin.post(change(key), {**opened, "expires_at_0": "2032-01-01"})

    assert renamed.status_code == 302
    key.refresh_from_db()
    assert (key.name, key.expires_at and key.expires_at.year) == ("Nightly", 2031)
    assert set(key.brands.all()) == set(brands)
    (told,) = errors(conflicting)["expires_at"]
    assert "from 2030-01-01 12:00 UTC to 2031-01-01 12:00 UTC" in told


def test_groups_of_people_are_guarded_too(admin: Client, bob: Client) -> None:
    group = Group.objects.create(name="Night shift")
    view, edit = (Permission.objects.get(codename=f"{may}_brand") for may in ("view", "change"))
    opened = filled_in(admin, change(group))
    save(bob, change(group), permissions=[view.pk])

    response = admin.post(change(group), {**opened, "permissions": [edit.pk]})

    (told,) = errors(response)["permissions"]
    assert told.startswith("Bob changed it from nothing to ")
    assert list(group.permissions.all()) == [view]


# --- at the same moment --------------------------------------------------------------------------


@commits
def test_who_saves_while_another_is_saving_waits_and_is_told(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    answers: list[Any] = []
    other = "UPDATE ads_campaign SET daily_budget = 80 WHERE id = %s"

    with at_once() as start, held_open(lambda: execute(other, [campaign.pk])) as commit:
        start(
            lambda: answers.append(
                admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Mine"})
            )
        )
        await_blocked()
        commit()

    (response,) = answers
    assert "from $50.00 to $80.00" in errors(response)["daily_budget"][0]
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.name) == (80, campaign.name)


@commits
def test_of_many_who_save_at_once_one_saves_and_every_other_is_told(db: None) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    browsers = []
    for number in range(6):
        client = Client()
        client.force_login(User.objects.create_superuser(f"editor {number}"))
        browsers.append((client, filled_in(client, change(campaign)), 100 + number))
    saved: list[int] = []
    told: list[int] = []

    def press_save(client: Client, opened: dict[str, Any], budget: int) -> None:
        response = client.post(change(campaign), {**opened, "daily_budget": str(budget)})
        (saved if response.status_code == 302 else told).append(budget)

    with at_once() as start:
        for browser in browsers:
            start(lambda browser=browser: press_save(*browser))

    assert (len(saved), len(told)) == (1, 5)
    assert campaign.fresh().daily_budget == saved[0]


@commits
def test_a_row_within_the_page_that_is_being_saved_elsewhere_is_waited_for(admin: Client) -> None:
    campaign = CampaignFactory.create()
    reference = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference="815"
    )
    opened = filled_in(admin, change(campaign))
    answers: list[Any] = []
    other = "UPDATE ads_campaignreference SET reference = '4711' WHERE id = %s"

    with at_once() as start, held_open(lambda: execute(other, [reference.pk])) as commit:
        start(lambda: answers.append(admin.post(change(campaign), {**opened, "name": "Renamed"})))
        await_blocked()
        commit()

    assert answers[0].status_code == 302
    reference.refresh_from_db()
    assert (reference.reference, campaign.fresh().name) == ("4711", "Renamed")


# --- adding ---------------------------------------------------------------------------------------


def test_an_add_form_that_is_sent_twice_makes_one_row(admin: Client) -> None:
    brand = BrandFactory.create()
    opened = {**filled_in(admin, add("ads_campaign")), "name": "Spring", "brand": brand.pk}

    first = admin.post(add("ads_campaign"), opened)
    second = admin.post(add("ads_campaign"), opened)

    assert AS_SHOWN not in opened
    assert first.status_code == 302
    assert errors(second) == {"name": ["The brand already has a campaign of this name."]}
    assert Campaign.objects.count() == 1
