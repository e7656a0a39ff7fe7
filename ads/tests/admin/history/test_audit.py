"""Every change of configuration is shown: who, when, from what to what."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from ads.models import Brand, BudgetPlan, CampaignSchedule, Person, ScheduledChange
from ads.services import visible
from ads.services.actor import acting_as
from ads.services.history.audit import NOBODY, AuditEntry, describe, event_model, recent
from ads.services.reports import links
from ads.tests.admin.pages import change, changelist, context_of, save
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    ScheduleFactory,
)
from ads.tests.services.plans.support import schedule as plan_budget
from ads.tests.support import NOON


def entries(name: str) -> list[AuditEntry]:
    """The audit of one model, the newest first."""
    return recent(event_model(name)._default_manager.all())


def changes(entry: AuditEntry) -> list[tuple[str, str, str]]:
    """What an entry says was changed."""
    return [(change.label, change.old, change.new) for change in entry.changes]


def test_an_edit_in_the_admin_is_shown_under_the_users_name(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(75))

    save(admin, change(brand), daily_budget="", timezone="Asia/Tokyo", is_active=None)

    entry = entries("BrandEvent")[0]
    assert (entry.actor, entry.what, entry.subject) == ("olivia", "changed", "Acme")
    assert changes(entry) == [
        ("timezone", "UTC", "Asia/Tokyo"),
        ("daily budget", "$75.00", "–"),
        ("active", "yes", "no"),
    ]


def test_bulk_updates_and_raw_sql_are_shown_too(db: None) -> None:
    brand = BrandFactory.create(daily_budget=Decimal(75))
    Brand.objects.update(daily_budget=Decimal(80))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ads_brand SET daily_budget = 90 WHERE id = %s", [brand.pk])

    newest, older, created = entries("BrandEvent")

    assert (newest.actor, changes(newest)) == (NOBODY, [("daily budget", "$80.00", "$90.00")])
    assert changes(older) == [("daily budget", "$75.00", "$80.00")]
    assert created.what == "created"


def test_a_change_of_status_and_a_deletion_are_in_words(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring", status="draft")

    save(admin, change(campaign), status="paused")
    admin.post(change(campaign).replace("/change/", "/delete/"), {"post": "yes"})

    deleted, changed, _ = entries("CampaignEvent")
    assert (changed.what, changes(changed)) == ("changed", [("status", "Draft", "Paused")])
    assert (deleted.what, deleted.subject, deleted.actor) == ("deleted", "Spring", "olivia")


def test_windows_and_attached_schedules_are_named(db: None) -> None:
    schedule = ScheduleFactory.create(name="Nights", windows=[(0, "22:00", "06:00")])
    campaign = CampaignFactory.create(name="Spring", schedules=[schedule])
    schedule.windows.update(end_time="07:00")
    CampaignSchedule.objects.filter(campaign=campaign).delete()

    window = entries("DaypartingWindowEvent")[0]
    assert window.subject == "Nights – Monday 22:00–07:00 (+1 day)"
    assert changes(window) == [("end time", "06:00:00", "07:00:00")]
    assert [(entry.what, entry.subject) for entry in entries("CampaignScheduleEvent")] == [
        ("detached", "Spring – Nights"),
        ("attached", "Spring – Nights"),
    ]


def test_users_are_named_with_what_they_may_do(db: None) -> None:
    user = User.objects.create_user("eve", is_staff=True)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    user.delete()

    deleted, raised, created = entries("AccountEvent")

    assert [entry.subject for entry in (deleted, raised, created)] == ["eve"] * 3
    assert changes(created) == [
        ("active", "", "yes"),
        ("staff status", "", "yes"),
        ("superuser status", "", "no"),
    ]
    assert changes(raised) == [("superuser status", "no", "yes")]
    assert ("superuser status", "", "yes") in changes(deleted)


def test_platform_ids_are_named(db: None) -> None:
    campaign = CampaignFactory.create(name="Spring")
    known = campaign.references.create(platform="google_ads", account="123", reference="777")
    known.delete()

    assert [(entry.what, entry.subject, entry.changes) for entry in entries(
        "CampaignReferenceEvent"
    )] == [
        ("deleted", "Spring – google_ads / 123 / 777", ()),
        ("created", "Spring – google_ads / 123 / 777", ()),
    ]  # fmt: skip


def test_planned_budgets_say_what_becomes_what_and_when(db: None) -> None:
    campaign = CampaignFactory.create(
        name="Spring", brand=BrandFactory.create(name="Acme", currency="EUR")
    )
    planned = plan_budget(campaign, None, date(2024, 6, 1), "daily_budget")
    ScheduledChange.objects.filter(pk=planned.pk).update(amount=120)
    ScheduledChange.objects.filter(pk=planned.pk).update(before=75, after=120, says="As planned.")

    applied, changed, made = entries("ScheduledChangeEvent")

    subject = "Acme – Spring – Daily budget from 2024-06-01"
    assert [(entry.what, entry.subject) for entry in (applied, changed, made)] == [
        ("applied", subject),
        ("changed", subject),
        ("planned", subject),
    ]
    assert changes(made) == [("becomes", "", "no limit")]
    assert changes(changed) == [("becomes", "no limit", "€120.00")]
    assert changes(applied) == [
        ("was", "–", "€75.00"),
        ("became", "–", "€120.00"),
        ("says", "–", "As planned."),
    ]


def test_what_a_plan_carries_forward_is_shown_with_who_chose_it(admin: Client) -> None:
    BudgetPlan.objects.create(brand=BrandFactory.create(name="Acme"))
    with acting_as("ann"):
        BudgetPlan.objects.update(carries="unspent")

    page = context_of(admin, changelist("ads_budgetplanevent"))["cl"]
    changed, made = (event.entry for event in page.result_list)

    assert (made.what, made.subject) == ("created", "Acme")
    assert (changed.what, changed.subject, changed.actor) == ("changed", "Acme", "ann")
    assert changes(changed) == [("carried forward", "Nothing", "What was left is added")]


def test_share_links_of_one_brand_are_told_apart_by_their_month(db: None) -> None:
    link, _ = links.share(BrandFactory.create(name="Acme"), date(2024, 4, 1), NOON)
    links.revoke(link, NOON)

    revoked, made = entries("ReportLinkEvent")

    assert revoked.subject == made.subject == "Acme – April 2024"
    assert changes(revoked) == [("revoked", "–", "2024-05-15 12:00:00 UTC")]
    assert "month" not in [label for label, _, _ in changes(made)]


def test_what_was_deleted_since_is_named_as_it_was_called_at_last(db: None) -> None:
    eve = User.objects.create_user("eve")
    group = BudgetGroupFactory.create(name="Search", brand__name="Acme", brand__currency="EUR")
    brand = group.brand
    campaign = CampaignFactory.create(brand=brand, budget_group=group, daily_budget=5)
    schedule = ScheduleFactory.create(name="Late", windows=[(0, "22:00", "06:00")])
    schedule.name = "Nights"
    schedule.save(update_fields=["name"])
    eve.groups.add(Group.objects.get(name="Viewer"))
    Person.objects.create(user=eve, every_brand=False).brands.add(brand)
    Brand.objects.filter(pk=brand.pk).update(account_manager=eve)
    for row in (campaign, schedule, group, brand, eve):
        row.delete()

    assert entries("DaypartingWindowEvent")[0].subject == (
        "Nights (deleted) – Monday 22:00–06:00 (+1 day)"
    )
    assert entries("AccountRoleEvent")[0].subject == "eve (deleted) – Viewer"
    assert entries("PersonBrandEvent")[0].subject == "eve (deleted) – Acme (deleted)"
    assert ("account manager", "–", "eve (deleted)") in changes(entries("BrandEvent")[-2])
    made = changes(entries("CampaignEvent")[-1])
    assert ("brand", "", "Acme (deleted)") in made
    assert ("budget group", "", "Search (deleted)") in made
    assert ("daily budget", "", "€5.00") in made


def test_a_deleted_campaign_of_another_brand_is_not_named_to_limited_people(db: None) -> None:
    campaign = CampaignFactory.create(name="Secret")
    campaign.references.create(platform="google_ads", reference="777")
    campaign.delete()

    with visible.limited([BrandFactory.create().pk]):
        assert entries("CampaignReferenceEvent")[0].subject == (
            "a campaign of another brand (deleted) – google_ads / 777"
        )


def test_the_difference_is_to_the_same_rows_event_before(db: None) -> None:
    first = BrandFactory.create(name="First", daily_budget=Decimal(1))
    second = BrandFactory.create(name="Second", daily_budget=Decimal(2))
    for brand, budget in [(first, 3), (second, 4), (first, 5)]:
        Brand.objects.filter(pk=brand.pk).update(daily_budget=Decimal(budget))

    events: list[Any] = list(
        event_model("BrandEvent")._default_manager.filter(pgh_label="update").order_by("pgh_id")
    )

    assert [changes(entry)[0][1:] for entry in describe(events)] == [
        ("$1.00", "$3.00"),
        ("$2.00", "$4.00"),
        ("$3.00", "$5.00"),
    ]


def test_each_objects_page_shows_its_own_audit(admin: Client) -> None:
    schedule = ScheduleFactory.create(name="Nights", windows=[(0, "22:00", "06:00")])
    campaign = CampaignFactory.create(name="Spring", schedules=[schedule])
    ScheduleFactory.create(name="Other", windows=[(1, "22:00", "06:00")])

    def told(row: Any) -> list[str]:
        return [told["happening"].title for told in context_of(admin, change(row))["happenings"]]

    assert told(campaign.brand)[-1] == "Created"
    assert told(campaign)[-2:] == ["Created", "Schedule Nights attached"]
    audited = context_of(admin, change(schedule))["audit"]
    assert sorted((entry.what, entry.subject) for _, entry in audited) == [
        ("created", "Nights"),
        ("created", "Nights – Monday 22:00–06:00 (+1 day)"),
    ]


def test_the_audit_is_found_by_name_by_whom_and_by_what(admin: Client) -> None:
    acme = BrandFactory.create(name="Acme")
    BrandFactory.create(name="Globex")
    save(admin, change(acme), name="Acme Inc")

    def found(**query: str) -> list[str]:
        rows = context_of(admin, changelist("ads_brandevent"), query)["cl"]
        return [event.entry.subject for event in rows.result_list]

    assert found() == ["Acme Inc", "Globex", "Acme"]
    assert found(q="glob") == ["Globex"]
    assert found(q="olivia") == ["Acme Inc"]
    assert found(what="update") == ["Acme Inc"]
