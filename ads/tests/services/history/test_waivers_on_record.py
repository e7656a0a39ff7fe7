"""Who waived what, when: on record however it was done, and shown where people look."""

from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign, SpendTotal
from ads.services import BudgetService
from ads.services.delivery import waivers
from ads.services.history import audit
from ads.services.history.audit import NOBODY, AuditEntry
from ads.services.history.timeline import Happening
from ads.tests.admin.pages import act, change, changelist, confirm
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, execute, refused, spend, spend_in_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(brand=BrandFactory.create(name="Acme"), name="Spring")


def waivers_of(owner: Brand | Campaign) -> Any:
    events = audit.event_model("SpendTotalEvent")._default_manager
    if isinstance(owner, Brand):
        return events.filter(brand_id=owner.pk, campaign_id=None)
    return events.filter(campaign_id=owner.pk)


def entries(owner: Brand | Campaign) -> list[AuditEntry]:
    """The owner's waivers, the newest first."""
    return audit.recent(waivers_of(owner))


def told(entry: AuditEntry) -> tuple[str, str, str, str, str]:
    (only,) = entry.changes
    return entry.actor, entry.what, entry.subject, only.label, only.new


def recorded() -> int:
    """How many waivers are on record."""
    return audit.event_model("SpendTotalEvent")._default_manager.count()


def test_each_waiver_is_on_record_with_what_it_added_to_those_before(campaign: Campaign) -> None:
    with pghistory.context(actor="ann"):
        spend(campaign, 50, NOON)
        waivers.waive(campaign, "day", now=NOON)
    with pghistory.context(actor="bob"):
        spend(campaign, "7.50", NOON)
        waivers.waive(campaign, "day", now=NOON)
        waivers.waive(campaign.brand, "month", now=NOON)

    day = "Spring – spend of 2024-05-15"
    assert [told(entry) for entry in entries(campaign)] == [
        ("bob", "waived", day, "no longer counts", "$7.50"),
        ("ann", "waived", day, "no longer counts", "$50.00"),
    ]
    assert [told(entry) for entry in entries(campaign.brand)] == [
        ("bob", "waived", "Acme – spend of May 2024", "no longer counts", "$57.50"),
    ]


def test_a_waiver_by_sql_and_one_taken_back_are_on_record_too(campaign: Campaign) -> None:
    spend(campaign, 50, NOON)

    execute("UPDATE ads_spendtotal SET waived = 40 WHERE campaign_id = %s AND period = 'day'",
            [campaign.pk])  # fmt: skip
    execute("UPDATE ads_spendtotal SET waived = 0 WHERE waived > 0")

    assert [told(entry)[:2] + told(entry)[3:] for entry in entries(campaign)] == [
        (NOBODY, "waived", "counts again", "$40.00"),
        (NOBODY, "waived", "no longer counts", "$40.00"),
    ]


def test_spend_writes_nothing_into_the_record_also_on_a_day_that_was_waived(
    campaign: Campaign,
) -> None:
    spend(campaign, 50, NOON)
    spend_in_sql(campaign, "1", NOON.date())
    assert recorded() == 0
    waivers.waive(campaign, "day", now=NOON)
    assert recorded() == 1

    spend(campaign, 50, NOON)
    spend_in_sql(campaign, "1", NOON.date())
    SpendTotal.objects.update(amount=7)

    assert recorded() == 1


def test_waiving_nothing_is_no_waiver(campaign: Campaign) -> None:
    assert waivers.waive(campaign, "day", now=NOON) == Decimal(0)

    assert recorded() == 0


def test_the_record_of_waivers_can_be_neither_changed_nor_deleted(campaign: Campaign) -> None:
    spend(campaign, 50, NOON)
    waivers.waive(campaign, "day", now=NOON)

    for statement in (
        "UPDATE ads_spendtotalevent SET waived = 0",
        "DELETE FROM ads_spendtotalevent",
    ):
        with refused("The audit cannot be edited", DatabaseError):
            execute(statement)

    assert recorded() == 1


def test_the_record_outlives_the_sum_and_the_campaign(campaign: Campaign) -> None:
    brand, pk = campaign.brand, campaign.pk
    SpendTotal.objects.create(campaign=campaign, brand=brand, period="day", start=NOON.date())
    SpendTotal.objects.update(waived=5)

    campaign.delete()

    (entry,) = entries(Campaign(pk=pk))
    assert entry.subject == f"#{pk} (deleted) – spend of 2024-05-15"


@pytest.mark.parametrize("count", [2, 20])
def test_any_number_of_waivers_is_described_with_as_many_queries(
    campaign: Campaign, count: int
) -> None:
    for _ in range(count):
        spend(campaign, 1, NOON)
        waivers.waive(campaign, "day", now=NOON)

    with CaptureQueriesContext(connection) as queries:
        assert len(audit.recent(waivers_of(campaign), limit=50)) == count

    assert len(queries) == 5


@pytest.fixture
def admin() -> Client:
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("olivia"))
    return client


def shown(client: Client, owner: Brand | Campaign) -> list[tuple[str, str, str, str]]:
    """The waivers in the story on the owner's page."""
    page = client.get(change(owner), {"history": "money"})
    happenings: list[Happening] = [row["happening"] for row in page.context["happenings"]]
    return [(h.actor, h.title, h.changes[0].label, h.changes[0].new) for h in happenings]


def test_the_admin_action_is_recorded_under_the_users_name_and_shown(
    admin: Client, campaign: Campaign
) -> None:
    entry = BudgetService.record_spend(campaign, 50)

    confirm(admin, act(admin, "ads_campaign", "reset_daily_spend", [campaign]))

    waiver = f"Let run on: the spend of {entry.date} waived"
    assert shown(admin, campaign) == [("olivia", waiver, "no longer counts", "$50.00")]
    assert "<b>no longer counts</b> $50.00" in admin.get(change(campaign)).content.decode()
    assert shown(admin, campaign.brand) == []


def test_waivers_are_found_by_brand_campaign_and_person(admin: Client, campaign: Campaign) -> None:
    for owner in (campaign, CampaignFactory.create(name="Autumn")):
        spend(owner, 50, NOON)
        with pghistory.context(actor=f"friend of {owner.name}"):
            waivers.waive(owner, "day", now=NOON)

    def found(text: str) -> list[str]:
        response = admin.get(changelist("ads_spendtotalevent"), {"q": text})
        return [event.entry.subject for event in response.context["cl"].result_list]

    spring, autumn = (f"{name} – spend of 2024-05-15" for name in ("Spring", "Autumn"))
    assert found("") == [autumn, spring]
    assert found("acme") == found("spring") == found("friend of spring") == [spring]


def test_the_command_is_recorded_under_its_name_and_shown(
    admin: Client, campaign: Campaign
) -> None:
    entry = BudgetService.record_spend(campaign, 50)

    say("reset_budgets", "--waive", "--daily", "--brand", "Acme")

    said = [row[-3:] for row in rows(say("explain", "Spring"))]
    waived = ["no longer counts", "$50.00"]
    own = f"Let run on: the spend of {entry.date} waived"
    told = [[title, *rest] for _, title, *rest in shown(admin, campaign)]
    assert told == [[own, *waived], [own.replace("the spend", "the brand's spend"), *waived]]
    assert [[title, *rest] for _, title, *rest in shown(admin, campaign.brand)] == [[own, *waived]]
    (actor,) = {actor for actor, *_ in shown(admin, campaign)}
    assert actor.startswith("command: reset_budgets")
    for waiver in (own, own.replace("the spend", "the brand's spend")):
        assert [waiver, "no longer counts: $50.00", f"by {actor}"] in said
