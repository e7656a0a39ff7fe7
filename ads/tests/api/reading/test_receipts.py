"""Reading over the API what pauses for used-up budgets were worth."""

from io import StringIO

import pgtrigger
import pytest
from django.core.management import call_command

from ads.models import Brand, DeliveryChange
from ads.tests.api.reading.support import told
from ads.tests.api.support import Program, problem
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_receipt_says_what_happened_and_what_it_cost(program: Program) -> None:
    campaign = CampaignFactory.create(daily_budget=10, brand__timezone="Asia/Tokyo")
    enforce_all(NOON)
    spend(campaign, "12.5", NOON)

    answer = told(program.get(f"/campaigns/{campaign.pk}/receipts"))

    noon = "2024-05-15T12:00:00Z"
    assert answer == {
        "id": campaign.pk,
        "timezone": "Asia/Tokyo",
        "currency": "USD",
        "kept": 0,
        "over": "2.50",
        "receipts": [
            {
                "id": DeliveryChange.objects.get(is_active=False).pk,
                "budget": "daily_budget",
                "period_start": "2024-05-15",
                "limit": "10.00",
                "spent_when_decided": "12.50",
                "spent": "12.50",
                "over": "2.50",
                "cost_by": "reporting",
                "source": "test",
                "spent_at": noon,
                "reported_at": None,
                "known_at": noon,
                "decided_at": noon,
                "told_at": None,
                "confirmed_at": None,
                "refusals": [],
            }
        ],
    }


def test_days_without_a_pause_have_no_receipts(program: Program) -> None:
    campaign = CampaignFactory.create(daily_budget=10)

    answer = told(program.get(f"/campaigns/{campaign.pk}/receipts?from=2024-05-01&to=2024-05-14"))

    assert (answer["receipts"], answer["kept"], answer["over"]) == ([], 0, "0.00")


@pytest.mark.parametrize("span", ["from=2024-05-15&to=2024-05-14", "from=2020-01-01&to=2024-05-14"])
def test_days_that_are_none_or_too_many_are_refused(program: Program, span: str) -> None:
    campaign = CampaignFactory.create()

    address = f"/campaigns/{campaign.pk}/receipts?{span}"

    (error,) = problem(program.get(address), 422, "invalid")["errors"]

    assert error["field"] == "from"


def test_the_last_days_of_the_calendar_are_no_error(program: Program) -> None:
    campaign = CampaignFactory.create()

    answer = told(program.get(f"/campaigns/{campaign.pk}/receipts?from=9999-12-01&to=9999-12-31"))

    assert answer["receipts"] == []


def test_receipts_of_all_brands_are_exported(program: Program) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=10)
    enforce_all(NOON)
    spend(campaign, "12.5", NOON)

    response = program.get("/exports/receipts.csv?from=2024-05-15&to=2024-05-15")

    head, row = b"".join(response.streaming_content).decode().splitlines()
    found = dict(zip(head.split(","), row.split(","), strict=True))
    assert (found["campaign"], found["budget"], found["over"]) == ("Spring", "daily_budget", "2.50")


def test_an_export_says_of_which_brands_receipts_are_left_out(program: Program) -> None:
    lost, fine = CampaignFactory.create_batch(2, daily_budget=10)
    enforce_all(NOON)
    for campaign in (lost, fine):
        spend(campaign, 10, NOON)
    assert "X-Invalid-Timezone-Brands" not in program.get("/exports/receipts.csv")
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=lost.brand_id).update(timezone="Mars/Olympus")

    response = program.get("/exports/receipts.csv")

    _, row = b"".join(response.streaming_content).decode().splitlines()
    assert fine.name in row
    assert response["X-Invalid-Timezone-Brands"] == str(lost.brand_id)
    assert "X-Invalid-Timezone-Brands" not in program.get("/exports/totals.csv")
    said = StringIO()
    call_command("export", "receipts", stdout=StringIO(), stderr=said)
    assert said.getvalue() == (
        f"{lost.brand} has an invalid timezone (Mars/Olympus), so its receipts are not exported. "
        "Correct the timezone.\n"
    )
