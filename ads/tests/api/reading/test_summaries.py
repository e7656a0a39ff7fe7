"""Reading over the API what was spent."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Allowance
from ads.services import BudgetService
from ads.tests.api.reading.support import told
from ads.tests.api.support import Program, problem
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_campaign_s_summary_has_its_figures_and_its_days(program: Program) -> None:
    campaign = CampaignFactory.create(
        name="Spring", brand__timezone="Asia/Tokyo", daily_budget=10, monthly_budget=20
    )
    spend(campaign, "3.5", NOON, date(2024, 5, 13))
    spend(campaign, 4, NOON)
    BudgetService.reset_daily_spend(campaign)
    spend(campaign, "1.000001", NOON)
    enforce_all(NOON)

    summary = told(program.get(f"/campaigns/{campaign.pk}/summary?from=2024-05-13"))

    assert summary == {
        "id": campaign.pk,
        "name": "Spring",
        "timezone": "Asia/Tokyo",
        "currency": "USD",
        "date": "2024-05-15",
        "daily_budget": "10.00",
        "daily_spend": "5.000001",
        "daily_waived": "4.00",
        "daily_limit": "14.00",
        "daily_remaining": "8.999999",
        "monthly_budget": "20.00",
        "monthly_spend": "8.500001",
        "monthly_waived": "0.00",
        "monthly_limit": "20.00",
        "monthly_remaining": "11.499999",
        "is_budget_available": True,
        "allowances": [
            {
                "id": Allowance.objects.get().pk,
                "period": "day",
                "amount": "4.00",
                "until": None,
                "reason": "reset_daily_spend",
                "allowed_by": "system",
            }
        ],
        "by_day": [
            {"date": "2024-05-13", "spend": "3.50", "waived": "0.00"},
            {"date": "2024-05-14", "spend": "0.00", "waived": "0.00"},
            {"date": "2024-05-15", "spend": "5.000001", "waived": "4.00"},
        ],
        "state": "active",
        "is_active": True,
    }


def test_a_brand_s_summary_adds_its_campaigns_up(program: Program) -> None:
    brand = BrandFactory.create(daily_budget=10)
    first, second = CampaignFactory.create_batch(2, brand=brand)
    CampaignFactory.create(brand=brand, status="paused")
    spend(first, 4, NOON)
    spend(second, 5, NOON)
    spend(CampaignFactory.create(), 100, NOON)
    enforce_all(NOON)

    summary = told(program.get(f"/brands/{brand.pk}/summary?from=2024-05-15&to=2024-05-15"))

    assert (summary["daily_spend"], summary["daily_remaining"]) == ("9.00", "1.00")
    assert (summary["campaigns"], summary["active_campaigns"]) == (3, 2)
    assert summary["by_day"] == [{"date": "2024-05-15", "spend": "9.00", "waived": "0.00"}]


def test_days_are_those_of_the_month_so_far_unless_others_are_asked_for(program: Program) -> None:
    campaign = CampaignFactory.create()
    path = f"/campaigns/{campaign.pk}/summary"

    def days(query: str) -> tuple[int, str, str]:
        listed = [day["date"] for day in told(program.get(f"{path}{query}"))["by_day"]]
        return len(listed), listed[0], listed[-1]

    assert days("") == (15, "2024-05-01", "2024-05-15")
    assert days("?to=2024-02-29") == (29, "2024-02-01", "2024-02-29")
    assert days("?from=2023-05-16") == (366, "2023-05-16", "2024-05-15")
    assert days("?from=0001-01-01&to=0001-01-01") == (1, "0001-01-01", "0001-01-01")
    assert days("?from=9999-12-31&to=9999-12-31") == (1, "9999-12-31", "9999-12-31")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2023-05-15", "from"),  # 367 days
        ("from=2024-05-16", "from"),  # after today
        ("from=0001-01-01&to=9999-12-31", "from"),
        ("from=2024-02-31", "from"),
        ("from=15.05.2024", "from"),
        ("to=2024-5-1", "to"),
        ("to=1715731200", "to"),
        ("to=2024-05-15T00:00:00", "to"),
        ("to=%EF%BC%92024-05-01", "to"),
        ("to=", "to"),
        ("to=2024-05-15%00", "to"),
        ("day=2024-05-15", "day"),
    ],
)
@pytest.mark.parametrize("path", ["/campaigns/{campaign}/summary", "/brands/{brand}/summary"])
def test_silly_days_are_refused(program: Program, path: str, query: str, field: str) -> None:
    campaign = CampaignFactory.create()
    address = path.format(campaign=campaign.pk, brand=campaign.brand_id)

    (error,) = problem(program.get(f"{address}?{query}"), 422, "invalid")["errors"]

    assert error["field"] == field
    assert "value" in error
    assert error["reason"]


def test_a_summary_takes_a_fixed_number_of_queries(program: Program) -> None:
    campaign = CampaignFactory.create()
    CampaignFactory.create_batch(5, brand=campaign.brand)
    spend(campaign, 5, NOON)
    counts = []
    for path in (f"/campaigns/{campaign.pk}/summary", f"/brands/{campaign.brand_id}/summary"):
        program.get(path)
        with CaptureQueriesContext(connection) as captured:
            program.get(f"{path}?from=2024-01-01")
        counts.append(len(captured))

    assert counts == [7, 7]
