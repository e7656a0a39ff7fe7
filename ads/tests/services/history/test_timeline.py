"""What happened, as one story: what is in it, in which order, told how, page by page."""

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.models import (
    Allowance,
    Brand,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    DeliveryChange,
)
from ads.services import BudgetService, SpendEntry, visible
from ads.services.actor import acting_as
from ads.services.delivery import allowances
from ads.services.history import audit, timeline
from ads.services.history.timeline import Happening, Kind
from ads.services.team import notes
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, let_run_on, spend, waived_before

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(100))
    return CampaignFactory.create(brand=brand, name="Spring", daily_budget=Decimal(75))


def story(owner: Brand | Campaign, kind: Kind | None = None) -> list[Happening]:
    return timeline.of(owner, kind=kind).happenings


def titles(owner: Brand | Campaign, kind: Kind | None = None) -> list[str]:
    return [happening.title for happening in story(owner, kind)]


def changes(happening: Happening) -> list[tuple[str, str, str]]:
    return [(change.label, change.old, change.new) for change in happening.changes]


def switched(campaign: Campaign, minutes: int, **fields: Any) -> DeliveryChange:
    """It was switched so many minutes after noon."""
    return DeliveryChange.objects.create(
        campaign=campaign,
        at=NOON + timedelta(minutes=minutes),
        **{"is_active": True, "trigger": "edit", "actor": "system", **fields},
    )


def test_an_edit_says_who_changed_what_from_what_to_what(campaign: Campaign) -> None:
    with pghistory.context(actor="olivia"):
        campaign.daily_budget = Decimal(100)
        campaign.save(update_fields=["daily_budget"])

    edited, created = story(campaign)

    assert (edited.title, edited.actor, edited.kind) == (
        "Daily budget changed",
        "olivia",
        Kind.EDITS,
    )
    assert changes(edited) == [("daily budget", "$75.00", "$100.00")]
    assert edited.context
    assert created.title == "Created"


def test_several_fields_of_one_edit_are_one_happening(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        name="Summer", status="paused", monthly_budget=Decimal(9)
    )

    edited = story(campaign)[0]

    assert edited.title == "Name, status and monthly budget changed"
    assert changes(edited) == [
        ("name", "Spring", "Summer"),
        ("status", "Active", "Paused"),
        ("monthly budget", "–", "$9.00"),
    ]


def test_a_switch_says_why_with_the_figures_of_then(campaign: Campaign) -> None:
    switched(
        campaign,
        0,
        is_active=False,
        holds=["daily_budget", "dayparting"],
        trigger="spend",
        daily_spend=Decimal("75.40"),
        daily_budget=Decimal(75),
    )

    (off,) = story(campaign, Kind.SWITCHES)

    assert (off.title, off.is_on, off.actor, off.trigger) == (
        "Switched off",
        False,
        "system",
        "spend",
    )
    assert off.reasons == ("Daily budget used up: $75.40 of $75.00; Outside hours",)


def test_allowances_of_the_campaign_and_of_its_brand_are_distinguished(campaign: Campaign) -> None:
    spend(campaign, 50, NOON)
    let_run_on(campaign, "day", now=NOON, amount=50, until="18:00", reason="Launch")
    let_run_on(campaign.brand, "month", now=NOON)

    brands, own = story(campaign, Kind.MONEY)

    assert own.title == (
        "Let run on: $50.00 beyond the daily budget of 2024-05-15, until 2024-05-15 18:00 UTC"
    )
    assert own.reasons == ("Launch",)
    assert brands.title == "Let run on: $50.00 beyond the brand's monthly budget of May 2024"
    assert titles(campaign.brand, Kind.MONEY) == [brands.title.replace("brand's ", "")]
    allowances.undo(Allowance.objects.get(campaign=campaign), now=NOON)
    assert titles(campaign, Kind.MONEY)[0] == (
        "Allowance undone: $50.00 beyond the daily budget of 2024-05-15"
    )


def test_what_was_waived_before_there_were_allowances_is_told_as_it_was(campaign: Campaign) -> None:
    spend(campaign, 50, NOON)
    waived_before(campaign.totals.get(period="day"))

    (waived,) = story(campaign, Kind.MONEY)

    assert waived.title == "Let run on: the spend of 2024-05-15 waived"
    assert changes(waived) == [("no longer counts", "", "$50.00")]


def test_a_correction_has_its_reason_and_who_recorded_it(campaign: Campaign) -> None:
    day = timezone.now().date() - timedelta(days=1)
    BudgetService.record_spend(campaign, 20, date=day)
    with acting_as("olivia"):
        BudgetService.record_correction(campaign, Decimal("-3.5"), "Refund of clicks", date=day)

    for owner in (campaign, campaign.brand):
        (told,) = story(owner, Kind.MONEY)
        assert told.title == f"Correction of -$3.50 for {day}"
        assert told.reasons == ("Refund of clicks",)
        assert told.actor == "olivia"
    assert told.campaigns == ((campaign.pk, "Spring"),)


def test_a_correction_that_a_program_sent_is_its_source_s(campaign: Campaign) -> None:
    day = timezone.now().date()
    row = SpendEntry(campaign.pk, "-1", "Credit note", day, external_id="c-1")
    BudgetService.take_corrections([row], source="billing")

    (told,) = story(campaign, Kind.MONEY)
    assert told.actor == "source billing"


def test_a_campaigns_history_has_the_brands_edits_that_can_switch_it(
    campaign: Campaign,
) -> None:
    brand = campaign.brand
    for field, value in [("name", "Acme Inc"), ("is_active", False), ("daily_budget", Decimal(9))]:
        Brand.objects.filter(pk=brand.pk).update(**{field: value})

    told = titles(Campaign.objects.get(pk=campaign.pk))
    assert [title for title in told if title.startswith("Brand")] == [
        "Brand Acme Inc: daily budget changed",
        "Brand Acme Inc paused",
    ]
    assert titles(brand) == [
        "Daily budget changed",
        "Brand paused",
        "Name changed",
        "Created",
    ]


def test_edits_of_schedules_appear_from_when_they_were_attached(campaign: Campaign) -> None:
    schedule = ScheduleFactory.create(name="Nights", windows=[(0, "22:00", "06:00")])
    schedule.windows.update(end_time=time(5))
    link = CampaignSchedule.objects.create(campaign=campaign, schedule=schedule)
    _as_if_earlier("ads_campaignscheduleevent")

    with pghistory.context(actor="olivia"):
        schedule.windows.create(day_of_week=1, start_time=time(20), end_time=time(23))
        schedule.windows.filter(day_of_week=0).delete()
    schedule.priority = 5
    schedule.save(update_fields=["priority"])
    now = story(campaign, Kind.EDITS)
    link.delete()

    hours = next(told for told in now if told.title.startswith("Hours"))
    assert hours.title == "Hours of the schedule Nights changed"
    assert hours.actor == "olivia"
    assert changes(hours) == [
        ("removed", "", "Monday 22:00–05:00 (+1 day)"),
        ("added", "", "Tuesday 20:00–23:00"),
    ]
    assert [told.title for told in now if told.title.startswith("Schedule")] == [
        "Schedule Nights changed",
        "Schedule Nights attached",
    ]
    # Without it, what becomes of it is no longer this campaign's story.
    own = ["Schedule Nights detached", "Schedule Nights attached"]
    assert [title for title in titles(campaign) if "Nights" in title] == own
    schedule.delete()
    assert [title for title in titles(campaign) if "Schedule" in title] == own


def test_schedules_and_groups_that_were_deleted_are_named_as_they_were_called(
    campaign: Campaign,
) -> None:
    schedule = ScheduleFactory.create(name="Late")
    schedule.name = "Nights"
    schedule.save(update_fields=["name"])
    with acting_as("olivia"):
        campaign.dayparting_schedules.add(schedule)
        campaign.is_dayparting_enabled = True
        campaign.save(update_fields=["is_dayparting_enabled"])
    group = BudgetGroupFactory.create(brand=campaign.brand, name="Search")
    for its in (group, None):
        Campaign.objects.filter(pk=campaign.pk).update(budget_group=its)
    schedule.delete()
    group.delete()

    left, joined = (told for told in story(campaign) if "group" in told.title)
    assert changes(joined) == [("budget group", "–", "Search (deleted)")]
    assert changes(left) == [("budget group", "Search (deleted)", "–")]
    assert [title for title in titles(campaign) if "chedule" in title] == [
        "Schedule Nights detached",
        "Schedule Nights attached",
    ]


def test_references_are_named(campaign: Campaign) -> None:
    known = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="A1", reference="815"
    )
    known.delete()

    assert [title for title in titles(campaign, Kind.EDITS) if title.startswith("Platform")] == [
        "Platform ID removed: google_ads / A1 / 815",
        "Platform ID added: google_ads / A1 / 815",
    ]


def test_a_platform_id_that_is_moved_is_in_both_campaigns_histories(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand, name="Autumn")
    known = CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference="815"
    )
    CampaignReference.objects.filter(pk=known.pk).update(campaign=other)
    CampaignReference.objects.filter(pk=known.pk).update(reference="816")

    moved = "Platform ID moved: google_ads / 815"
    assert [title for title in titles(campaign) if title.startswith("Platform")] == [
        moved,
        "Platform ID added: google_ads / 815",
    ]
    assert [title for title in titles(other) if title.startswith("Platform")] == [
        "Platform ID changed: google_ads / 816",
        moved,
    ]
    for one in (campaign, other):
        (told,) = (each for each in story(one) if each.title == moved)
        assert changes(told) == [("campaign", "Spring", "Autumn")]


def test_who_is_limited_learns_no_name_of_another_brands_campaign(campaign: Campaign) -> None:
    secret = CampaignFactory.create(name="Secret")
    known = CampaignReference.objects.create(campaign=secret, platform="google_ads", reference="1")
    CampaignReference.objects.filter(pk=known.pk).update(campaign=campaign)
    events = audit.event_model("CampaignReferenceEvent")._default_manager

    with visible.limited({campaign.brand_id}):
        (told,) = (each for each in story(campaign) if each.title.startswith("Platform"))
        (entry,) = audit.recent(visible.rows(events.all()))

    expected = [("campaign", "a campaign of another brand", "Spring")]
    assert changes(told) == expected
    assert [(change.label, change.old, change.new) for change in entry.changes] == expected


def test_campaigns_switched_together_are_one_happening_of_their_brand(campaign: Campaign) -> None:
    others = [
        CampaignFactory.create(brand=campaign.brand, name=name)
        for name in ("Autumn", "Winter", "X")
    ]
    for one in [campaign, *others]:
        switched(one, 1, is_active=False, holds=["brand_inactive"], trigger="edit", actor="olivia")
    switched(others[0], 2)

    on, off = story(campaign.brand, Kind.SWITCHES)

    assert [one.title for one in (on, off)] == ["Campaign switched on", "4 campaigns switched off"]
    assert (on.count, on.campaigns) == (1, ((others[0].pk, "Autumn"),))
    assert off.count == 4
    assert [name for _, name in off.campaigns] == ["Autumn", "Spring", "Winter"]
    assert off.reasons == ("Brand paused by olivia",)


def test_own_budgets_of_several_campaigns_have_no_single_campaigns_figures(
    campaign: Campaign,
) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    for one in (campaign, other):
        switched(
            one, 0, is_active=False, holds=["daily_budget"], daily_spend=one.pk, daily_budget=1
        )

    assert story(campaign.brand, Kind.SWITCHES)[0].reasons == ("Daily budget used up",)


def _as_if_earlier(table: str) -> None:
    """What a table has recorded was recorded an hour ago."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET pgh_created_at = pgh_created_at - interval '1 hour'")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _much(campaign: Campaign) -> None:
    """Some of everything, much of it at the same instants."""
    for number in range(14):
        switched(campaign, number // 3, is_active=number % 2 == 0)
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=Decimal(number + 1))
        Brand.objects.filter(pk=campaign.brand_id).update(daily_budget=Decimal(number + 1))
        spend(campaign, 1, NOON)
        let_run_on(campaign, "day", now=NOON)
    day = timezone.now().date()
    for number in range(3):
        for owner in (campaign, campaign.brand):
            notes.write(owner, f"Note {number}", NOON + timedelta(minutes=number))
        BudgetService.record_correction(campaign, Decimal(1), "More", date=day)


@pytest.mark.parametrize("owner_of", [lambda campaign: campaign, lambda campaign: campaign.brand])
@pytest.mark.parametrize("kind", [None, *Kind])
def test_page_by_page_it_is_the_whole_history_in_order_and_nothing_twice(
    campaign: Campaign, owner_of: Callable[[Campaign], Any], kind: Kind | None
) -> None:
    _much(campaign)
    owner = owner_of(campaign)
    whole = timeline.of(owner, kind=kind, limit=1000)
    assert whole.older is None
    assert len(whole.happenings) > 5 or kind == Kind.MONEY

    pages, older = [], ""
    while True:
        page = timeline.of(owner, kind=kind, older=older, limit=4)
        pages += page.happenings
        if page.older is None:
            break
        older = page.older

    assert pages == whole.happenings
    assert [one.at for one in pages] == sorted((one.at for one in pages), reverse=True)
    assert kind is None or {one.kind for one in pages} == {kind}


@pytest.mark.parametrize("owner_of", [lambda campaign: campaign, lambda campaign: campaign.brand])
def test_it_is_read_by_two_queries_however_much_has_happened(
    campaign: Campaign, owner_of: Callable[[Campaign], Any]
) -> None:
    _much(campaign)
    owner = owner_of(Campaign.objects.select_related("brand").get(pk=campaign.pk))

    with CaptureQueriesContext(connection) as queries:
        assert len(timeline.of(owner).happenings) > 20

    assert len(queries) <= 2


def test_another_campaigns_history_is_separate(campaign: Campaign) -> None:
    other = CampaignFactory.create(name="Other")
    _much(campaign)

    assert titles(other) == ["Created"]
    assert titles(other.brand) == ["Created"]


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2024-05-15T12:00:00~1~2", "2024-05-15T12:00:00+00:00~77~2", "~~", "a~b~c"],
)
def test_text_that_is_no_position_is_refused(campaign: Campaign, text: str) -> None:
    with pytest.raises(timeline.UnknownPosition, match="is not the end of a page"):
        timeline.of(campaign, older=text)
