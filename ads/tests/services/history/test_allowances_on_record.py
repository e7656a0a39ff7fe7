"""Who let whom run on, when and why: on record however it was done, and shown where people look."""

from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.models import Allowance, Brand, Campaign, SpendTotal
from ads.services import BudgetService
from ads.services.actor import acting_as
from ads.services.delivery import allowances
from ads.services.explain.explanation import explain
from ads.services.history import audit
from ads.services.history.audit import NOBODY, AuditEntry
from ads.services.history.timeline import Happening
from ads.tests.admin.pages import act, change, changelist, confirm
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, execute, let_run_on, refused, spend

pytestmark = pytest.mark.django_db

DAY = "Spring – budget of 2024-05-15"


@pytest.fixture
def campaign() -> Campaign:
    brand = BrandFactory.create(name="Acme", daily_budget=500, monthly_budget=5000)
    return CampaignFactory.create(brand=brand, name="Spring", daily_budget=75)


def events(owner: Brand | Campaign) -> Any:
    every = audit.event_model("AllowanceEvent")._default_manager
    if isinstance(owner, Brand):
        return every.filter(brand_id=owner.pk, campaign_id=None)
    return every.filter(campaign_id=owner.pk)


def entries(owner: Brand | Campaign) -> list[AuditEntry]:
    """The owner's, the newest first."""
    return audit.recent(events(owner))


def told(entry: AuditEntry) -> tuple[str, ...]:
    return entry.actor, entry.what, entry.subject, *map(str, entry.changes)


def recorded() -> int:
    return audit.event_model("AllowanceEvent")._default_manager.count()


def test_each_is_on_record_with_who_gave_it_and_why_and_how_it_ended(campaign: Campaign) -> None:
    with acting_as("ann"):
        let_run_on(campaign, now=NOON, amount=20, until="18:00", reason="Launch")
    with acting_as("bob"):
        allowances.undo(Allowance.objects.get(), now=NOON)
        let_run_on(campaign.brand, "month", now=NOON, amount=100, reason="Asked by Jo")
        let_run_on(campaign, now=NOON, amount=5, until="15:00", reason="Again")
    with acting_as("task: enforce_dayparting"):
        allowances.expire(at("2024-05-15 15:00"))

    again = ("beyond the budget: $5.00", "until: 2024-05-15 15:00:00 UTC", "reason: Again")
    first = ("beyond the budget: $20.00", "until: 2024-05-15 18:00:00 UTC", "reason: Launch")
    assert [told(entry) for entry in entries(campaign)] == [
        ("task: enforce_dayparting", "ended", DAY, *again),
        ("bob", "allowed", DAY, *again),
        ("bob", "undone", DAY, *first),
        ("ann", "allowed", DAY, *first),
    ]
    month = ("beyond the budget: $100.00", "reason: Asked by Jo")
    assert [told(entry) for entry in entries(campaign.brand)] == [
        ("bob", "allowed", "Acme – budget of May 2024", *month)
    ]


def test_one_by_sql_is_on_record_too(campaign: Campaign) -> None:
    execute(
        "INSERT INTO ads_allowance (brand_id, campaign_id, period, start, amount, reason,"
        " created_by) VALUES (%s, %s, 'day', '2024-05-15', 40, 'by hand', 'sql')",
        [campaign.brand_id, campaign.pk],
    )
    execute("UPDATE ads_allowance SET undone_at = now(), undone_by = 'sql'")

    assert [told(entry)[:2] for entry in entries(campaign)] == [
        (NOBODY, "undone"),
        (NOBODY, "allowed"),
    ]


def test_spend_writes_nothing_into_the_record(campaign: Campaign) -> None:
    spend(campaign, 50, NOON)
    assert let_run_on(campaign.brand, "day", now=NOON) == 50
    assert recorded() == 1

    spend(campaign, 50, NOON)
    SpendTotal.objects.update(amount=7)

    assert recorded() == 1


def test_allowing_nothing_is_no_allowance(campaign: Campaign) -> None:
    assert let_run_on(campaign, now=NOON) == Decimal(0)

    assert recorded() == 0


def test_the_record_can_be_neither_changed_nor_deleted(campaign: Campaign) -> None:
    let_run_on(campaign, now=NOON, amount=5)

    for statement in (
        "UPDATE ads_allowanceevent SET amount = 7",
        "DELETE FROM ads_allowanceevent",
    ):
        with refused("The audit cannot be edited", DatabaseError):
            execute(statement)

    assert recorded() == 1


def test_the_record_outlives_the_allowance_and_the_campaign(campaign: Campaign) -> None:
    let_run_on(campaign, now=NOON, amount=5)
    pk, name = campaign.pk, campaign.name

    campaign.delete()

    (entry,) = entries(Campaign(pk=pk))
    assert entry.subject == f"{name} (deleted) – budget of 2024-05-15"
    assert not Allowance.objects.exists()


@pytest.mark.parametrize("count", [2, 20])
def test_any_number_is_described_with_as_many_queries(campaign: Campaign, count: int) -> None:
    for _ in range(count):
        let_run_on(campaign, now=NOON, amount=1)

    with CaptureQueriesContext(connection) as queries:
        assert len(audit.recent(events(campaign), limit=50)) == count

    assert len(queries) == 3


@pytest.fixture
def admin() -> Client:
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("olivia"))
    return client


def shown(client: Client, owner: Brand | Campaign) -> list[tuple[str, str, tuple[str, ...]]]:
    """The allowances in the story on the owner's page."""
    page = client.get(change(owner), {"history": "money"})
    happenings: list[Happening] = [row["happening"] for row in page.context["happenings"]]
    return [(h.actor, h.title, h.reasons) for h in happenings]


def test_the_admin_action_is_recorded_under_the_users_name_and_shown(
    admin: Client, campaign: Campaign
) -> None:
    entry = BudgetService.record_spend(campaign, 50)
    asked = act(admin, "ads_campaign", "reset_daily_spend", [campaign])

    confirm(admin, asked, period="day", amount="20", until="23:59", reason="Launch <day>")

    day = str(entry.date)
    title = f"Let run on: $20.00 beyond the daily budget of {day}, until {day} 23:59 UTC"
    ((actor, said, why),) = shown(admin, campaign)
    assert (actor, why) == ("olivia", ("Launch <day>",))
    assert said.startswith(title)
    assert "Launch &lt;day&gt;" in admin.get(change(campaign)).content.decode()
    assert shown(admin, campaign.brand) == []


def test_they_are_found_by_brand_by_campaign_and_by_whom(admin: Client, campaign: Campaign) -> None:
    for owner in (campaign, CampaignFactory.create(name="Autumn", daily_budget=5)):
        with acting_as(f"friend of {owner.name}"):
            let_run_on(owner, now=NOON, amount=5)

    def found(text: str) -> list[str]:
        response = admin.get(changelist("ads_allowanceevent"), {"q": text})
        return [event.entry.subject for event in response.context["cl"].result_list]

    autumn = "Autumn – budget of 2024-05-15"
    assert found("") == [autumn, DAY]
    assert found("acme") == found("spring") == found("friend of spring") == [DAY]


def test_the_command_is_recorded_under_its_name_and_shown(
    admin: Client, campaign: Campaign
) -> None:
    entry = BudgetService.record_spend(campaign, 50)

    say("reset_budgets", "--waive", "--daily", "--brand", "Acme", "--reason", "Launch")

    day = str(entry.date)
    own = f"Let run on: $50.00 beyond the daily budget of {day}"
    brand_s = own.replace("the daily", "the brand's daily")
    assert sorted(title for _, title, _ in shown(admin, campaign)) == sorted([own, brand_s])
    assert [title for _, title, _ in shown(admin, campaign.brand)] == [own]
    ((actor, _, why),) = {*shown(admin, campaign.brand)}
    assert actor.startswith("command: reset_budgets")
    assert why == ("Launch",)
    said = [row[-3:] for row in rows(say("explain", "Spring"))]
    for title in (own, brand_s):
        assert [title, "Launch", f"by {actor}"] in said


def test_what_was_waived_before_is_carried_over_and_nothing_else_changes(
    campaign: Campaign,
) -> None:
    carry_over = import_module("ads.migrations.0016_allowance").CARRY_OVER
    spend(campaign, 80, NOON)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with acting_as("ann"):
        execute("ALTER TABLE ads_spendtotal DISABLE TRIGGER USER")
        execute(
            "UPDATE ads_spendtotal SET waived = 80 WHERE period = 'day' AND campaign_id = %s",
            [campaign.pk],
        )
        execute(
            "UPDATE ads_spendtotal SET waived = 30 WHERE period = 'month' AND campaign_id IS NULL"
        )
        execute("ALTER TABLE ads_spendtotal ENABLE TRIGGER USER")
        execute(
            "INSERT INTO ads_spendtotalevent (pgh_created_at, pgh_label, pgh_obj_id, brand_id,"
            " campaign_id, period, start, amount, waived, pgh_context_id)"
            " SELECT now(), 'waived', id, brand_id, campaign_id, period, start, amount, waived,"
            " _pgh_attach_context() FROM ads_spendtotal WHERE campaign_id = %s AND waived > 0",
            [campaign.pk],
        )
    sums = list(SpendTotal.objects.order_by("id").values())
    execute("ALTER TABLE ads_allowance DISABLE TRIGGER USER")
    execute(carry_over)
    execute("ALTER TABLE ads_allowance ENABLE TRIGGER USER")

    assert list(SpendTotal.objects.order_by("id").values()) == sums
    assert [
        (one.owner, one.period, one.amount, one.until, one.reason, one.created_by)
        for one in Allowance.objects.order_by("period")
    ] == [
        (campaign, "day", 80, None, "carried over", "ann"),
        (campaign.brand, "month", 30, None, "carried over", "system"),
    ]
    assert explain(campaign, NOON).delivers
    allowances.undo(Allowance.objects.get(campaign=campaign), now=NOON)
    assert SpendTotal.objects.get(campaign=campaign, period="day").waived == 0
