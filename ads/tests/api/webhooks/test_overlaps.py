"""Webhooks with day totals that another source has reported: as their endpoint is set."""

from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, WebhookDelivery
from ads.services import BudgetService
from ads.tests.api.support import problem
from ads.tests.api.webhooks.support import Sender
from ads.tests.support import NOON, totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def content(campaign: Campaign) -> dict[str, Any]:
    """Of a day of which another source has reported $40.00."""
    BudgetService.report_day_total(campaign, NOON.date(), 40, source="other", observed_at=NOON)
    row = {
        "campaign": campaign.pk,
        "date": NOON.date().isoformat(),
        "amount": "45.50",
        "observed_at": NOON.isoformat(),
    }
    return {"type": "spend.day_totals", "data": {"day_totals": [row]}}


def test_an_overlap_is_refused_with_the_figures_unless_the_endpoint_says_what_is_right(
    content: dict[str, Any], campaign: Campaign
) -> None:
    refused = problem(Sender().send(content), 409, "overlap")

    assert refused["errors"][0]["overlap"]["on_record"] == {"other": "40"}
    assert refused["detail"].endswith("The choice is a setting of the endpoint, On overlap.")
    assert totals(campaign)["day", NOON.date()] == 40
    assert not WebhookDelivery.objects.exists()  # delivered again once it is set, it is recorded


@pytest.mark.parametrize(
    ("choice", "sum_of_day", "counted"),
    [("add", "85.50", "recorded"), ("replace", "45.50", "recorded"), ("skip", "40", "skipped")],
)
def test_the_endpoint_says_what_is_right(
    content: dict[str, Any], campaign: Campaign, choice: str, sum_of_day: str, counted: str
) -> None:
    answer = Sender(on_overlap=choice).send(content)

    assert answer.status_code == 200, answer.content
    assert answer.json()[counted] == 1
    assert totals(campaign)["day", NOON.date()] == Decimal(sum_of_day)
