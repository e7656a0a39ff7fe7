"""What the system writes is read by those who may, and changed by nobody."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ads.admin.base import model_admin
from ads.models import (
    AccountDifference,
    CampaignReference,
    DeliveryChange,
    Heartbeat,
    ReportedTotal,
    SimulatedSwitch,
    Spend,
    SpendTotal,
    WebhookDelivery,
)
from ads.services import BudgetService, Reference
from ads.services.senders import api_keys, webhook_endpoints
from ads.tests.admin.pages import add, change, changelist, context_of, undrawn
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.platforms import doubles
from ads.tests.platforms.doubles import difference

RECORDS = [
    "spend",
    "spendtotal",
    "reportedtotal",
    "deliverychange",
    "simulatedswitch",
    "heartbeat",
    "accountdifference",
    "brandevent",
    "campaignevent",
    "campaignscheduleevent",
    "daypartingscheduleevent",
    "daypartingwindowevent",
    "campaignreferenceevent",
    "apikeyevent",
    "apikeybrandevent",
    "webhookendpointevent",
    "webhookendpointbrandevent",
    "webhookdelivery",
]


def make(count: int) -> None:
    """``count`` rows or more of every record, each of another campaign and brand."""
    now = timezone.now()
    for number in range(count):
        schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
        campaign = CampaignFactory.create(
            brand=BrandFactory.create(daily_budget=5), schedules=[schedule]
        )
        BudgetService.record_spend(campaign, Decimal("1.5"), f"Click {number}")
        ReportedTotal.objects.create(
            source="test", campaign=campaign, date=date(2024, 5, 1), amount=1, observed_at=now
        )
        DeliveryChange.objects.create(campaign=campaign, at=now, is_active=False, actor="x")
        SimulatedSwitch.objects.create(campaign=campaign, at=now, is_on=True)
        AccountDifference.objects.create(
            account=doubles.account(doubles.connection(f"{now} {number}"), f"{now} {number}"),
            **difference(now),
        )
        name = f"{now} {number}"
        sender: Any = {"name": name, "source": name, "brands": [campaign.brand]}
        api_keys.issue(**sender, scopes=["read"], now=now)
        endpoint, _ = webhook_endpoints.create(**sender)
        WebhookDelivery.objects.create(
            endpoint=endpoint, webhook_id="x", received_at=now, answer={}
        )
        CampaignReference.objects.create(campaign=campaign, platform="x", reference=campaign.pk)
        Heartbeat.objects.create(task=f"task {now} {number}", last_duration=timedelta(seconds=1))
        type(campaign).objects.filter(pk=campaign.pk).update(daily_budget=number)
        type(campaign.brand).objects.filter(pk=campaign.brand.pk).update(daily_budget=number)


def row(record: str) -> Any:
    """The newest row of a record."""
    return apps.get_model("ads", record)._default_manager.latest("pk")


def test_not_even_a_superuser_adds_changes_or_deletes_a_record(admin: Client) -> None:
    make(1)

    for record in RECORDS:
        one = row(record)
        model = type(one)
        before = list(model._default_manager.order_by("pk").values())

        answers = [
            admin.get(add(f"ads_{record}")),
            admin.post(add(f"ads_{record}"), {"amount": "1"}),
            admin.post(change(one), {"amount": "1"}),
            admin.post(change(one).replace("/change/", "/delete/"), {"post": "yes"}),
        ]
        deleting = {"action": "delete_selected", "_selected_action": one.pk, "post": "yes"}
        admin.post(changelist(f"ads_{record}"), deleting)

        assert [answer.status_code for answer in answers] == [403] * 4, record
        assert list(model._default_manager.order_by("pk").values()) == before, record


def test_a_long_ledger_is_counted_only_so_far(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_admin, "COUNTED", 60)
    campaign = CampaignFactory.create()
    Spend.objects.bulk_create(
        Spend(campaign=campaign, amount=1, date=date(2024, 5, 1)) for _ in range(100)
    )

    with CaptureQueriesContext(connection) as captured:
        page = admin.get(changelist("ads_spend"))

    counts = [
        query["sql"]
        for query in captured
        if "COUNT(" in query["sql"] and "ads_spend" in query["sql"]
    ]
    assert len(counts) == 1
    assert "LIMIT 61" in counts[0]
    assert "The newest 60; filter to see others" in page.content.decode()
    assert page.context["cl"].paginator.num_pages == 2


def test_the_ledger_is_found_by_campaign_kind_and_date(admin: Client) -> None:
    spring = CampaignFactory.create(name="Spring")
    autumn = CampaignFactory.create(name="Autumn", brand=spring.brand)
    day = date(2024, 5, 1)
    BudgetService.record_spend(spring, Decimal(5), "Click", date=day, external_id="abc")
    BudgetService.record_correction(autumn, Decimal(-2), "Refund", date=day + timedelta(days=1))

    def found(**query: str | int) -> list[str]:
        rows = context_of(admin, changelist("ads_spend"), query)["cl"]
        return [entry.description for entry in rows.result_list]

    assert found() == ["Refund", "Click"]
    assert found(q="spring") == ["Click"]
    assert found(q="abc") == ["Click"]
    assert found(campaign__id__exact=autumn.pk) == ["Refund"]
    assert found(kind__exact="correction") == ["Refund"]
    assert found(date_from="2024-05-02") == ["Refund"]


def test_delivery_changes_are_found_by_hold_and_trigger(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(5))
    BudgetService.record_spend(campaign, Decimal(5))
    now = timezone.now()
    for code in ["dayparting", "daily_budget"]:
        DeliveryChange.objects.create(
            campaign=campaign, at=now, is_active=False, holds=[code], trigger=code, actor="x"
        )

    def found(**query: str) -> list[list[str]]:
        rows = context_of(admin, changelist("ads_deliverychange"), query)["cl"]
        return [change.holds for change in rows.result_list]

    assert found(hold="dayparting") == [["dayparting"]]
    assert found(trigger="daily_budget") == [["daily_budget"]]


def test_totals_show_the_amount_and_what_is_allowed(admin: Client) -> None:
    campaign = CampaignFactory.create()
    BudgetService.record_spend(campaign, Decimal("7.25"))
    BudgetService.reset_daily_spend(campaign)
    BudgetService.record_spend(campaign, Decimal(1))

    total = SpendTotal.objects.get(campaign=campaign, period="day")
    page = admin.get(change(total)).content.decode()

    assert all(figure in page for figure in ["$8.25", "$7.25"])


def test_a_record_is_shown_to_those_who_may_see_it(staff: Callable[..., Client]) -> None:
    make(1)
    others = staff("view_brand")

    with undrawn():
        for record in RECORDS:
            listed = changelist(f"ads_{record}")
            assert staff(f"view_{record}").get(listed).status_code == 200, record
            assert others.get(listed).status_code == 403, record


@pytest.mark.django_db
def test_nobody_is_shown_anything_without_logging_in(client: Client) -> None:
    response = client.get(changelist("ads_spend"))

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_a_reported_total_says_under_which_reference_it_was_reported(admin: Client) -> None:
    campaign = CampaignFactory.create()
    for known_as in ("", Reference("google_ads", "", "7").known_as):
        ReportedTotal.objects.create(
            source="etl", campaign=campaign, date=date(2024, 5, 1), amount=1,
            observed_at=timezone.now(), known_as=known_as,
        )  # fmt: skip

    listed = admin.get(changelist("ads_reportedtotal"), {"q": "google_ads"})

    (shown,) = listed.context["cl"].result_list
    assert "google_ads / 7" in listed.content.decode()
    assert "google_ads / 7" in admin.get(change(shown)).content.decode()
    assert "the campaign itself" in admin.get(changelist("ads_reportedtotal")).content.decode()


def test_delivery_changes_are_found_by_campaign_and_by_who_made_them(admin: Client) -> None:
    spring = CampaignFactory.create(name="Spring sale")
    summer = CampaignFactory.create(name="Summer sale")
    DeliveryChange.objects.all().delete()
    made = {}
    for campaign, actor in ((spring, "system"), (summer, "system"), (summer, "Otto")):
        made[campaign.name, actor] = DeliveryChange.objects.create(
            campaign=campaign, at=timezone.now(), is_active=True, trigger="edit", actor=actor
        )

    def found(text: str) -> set[DeliveryChange]:
        return set(
            context_of(admin, changelist("ads_deliverychange"), {"q": text})["cl"].result_list
        )

    assert found("spring") == {made["Spring sale", "system"]}
    assert found("SALE") == set(made.values())
    assert found("otto") == {made["Summer sale", "Otto"]}
    assert found("ott") == set()


def test_reported_totals_are_found_by_campaign_source_and_reference(admin: Client) -> None:
    spring = CampaignFactory.create(name="Spring sale")
    summer = CampaignFactory.create(name="Summer sale")
    made = [
        ReportedTotal.objects.create(
            campaign=campaign,
            date=date(2024, 5, 15),
            source=source,
            known_as=known_as,
            amount=1,
            observed_at=timezone.now(),
        )
        for campaign, source, known_as in (
            (spring, "etl", ""),
            (summer, "etl", "google_ads\x1f\x1f4711"),
            (summer, "platform", ""),
        )
    ]

    def found(text: str) -> list[ReportedTotal]:
        rows = context_of(admin, changelist("ads_reportedtotal"), {"q": text})["cl"]
        return sorted(rows.result_list, key=made.index)

    assert found("SPRING") == made[:1]
    assert found("etl") == made[:2]
    assert found("4711") == made[1:2]
    assert found("plat") == []
