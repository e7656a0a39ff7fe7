"""Setup files that are workbooks: cells with types, and a round trip by way of a spreadsheet."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference
from ads.services.setup import Preview, RowsRefused, SetupRefused, Sheet, apply, preview
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.services.imports.workbooks.support import Formula, Shown, workbook, workbook_of
from ads.tests.services.setup.support import exported, rows_of
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db


def read(content: bytes, **options: Any) -> Sheet:
    return Sheet.read(io.BytesIO(content), "setup.xlsx", **options)


def previewed(content: bytes, **options: Any) -> Preview:
    return preview(read(content, **options), NOON)


@pytest.fixture
def spring() -> Campaign:
    return CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)


def test_numbers_and_days_are_read_from_their_cells(spring: Campaign) -> None:
    content = workbook(
        ["campaign_id", "daily_budget", "monthly_budget", "start_date", "status"],
        [spring.pk, 80.1, 1200, date(2024, 5, 1), "paused"],
    )

    apply(read(content), NOON)

    after = spring.fresh()
    assert (after.daily_budget, after.monthly_budget) == (Decimal("80.1"), 1200)
    assert (after.start_date, after.status) == (date(2024, 5, 1), "paused")


def test_an_export_that_was_a_workbook_in_between_changes_nothing(spring: Campaign) -> None:
    schedule = ScheduleFactory.create(name="Nights; weekends")
    CampaignFactory.create(
        brand=spring.brand,
        name="=1+1",
        monthly_budget=Decimal("0.000001"),
        start_date=date(2024, 5, 1),
        schedules=[schedule],
    )
    CampaignReference.objects.create(
        campaign=spring, platform="meta_ads", reference="238512345678901234"
    )
    rows = rows_of(exported())
    typed = {"brand_id": int, "campaign_id": int, "daily_budget": float, "monthly_budget": float}

    def cell(column: str, text: str) -> Any:
        if column in ("start_date", "end_date") and text not in ("", "none"):
            return date.fromisoformat(text)
        return typed[column](text) if column in typed and text not in ("", "none") else text

    found = previewed(
        workbook(list(rows[0]), *([cell(*pair) for pair in row.items()] for row in rows))
    )

    assert found.plan.changed == []
    assert found.counts["unchanged"] == 3


def test_an_amount_that_the_sheet_shows_in_another_currency_is_refused(spring: Campaign) -> None:
    content = workbook(["campaign_id", "daily_budget"], [spring.pk, Shown(80, '#,##0.00 "€"')])

    with pytest.raises(RowsRefused) as refused:
        previewed(content)

    assert str(refused.value.problems[0]) == (
        "line 2, daily_budget: '80': it is an amount in EUR (Euro), and the brand's currency is "
        "USD (US Dollar). Write it in USD."
    )


def test_which_of_several_sheets_is_to_be_said(spring: Campaign) -> None:
    rows: list[list[Any]] = [["brand", "campaign", "daily_budget"], ["Acme", "Spring", 80]]
    one = workbook_of({"Read me": [["A note"]], "Setup": rows})
    two = workbook_of({"May": rows, "June": rows})

    found = previewed(one)
    assert [change.name for change in found.plan.changed] == ["Spring"]
    assert found.plan.notes[0].startswith("Of the workbook's 2 sheets, “Setup” is read")
    with pytest.raises(SetupRefused, match="Several sheets of the workbook have rows"):
        read(two)
    assert [change.name for change in previewed(two, sheet="June").plan.changed] == ["Spring"]
    with pytest.raises(SetupRefused, match="no sheet 'July'"):
        read(two, sheet="July")


def test_a_cell_that_cannot_be_trusted_is_refused_with_its_column(spring: Campaign) -> None:
    content = workbook(
        ["campaign_id", "daily_budget"], [spring.pk, Formula("=40*2")], calculated=False
    )

    with pytest.raises(RowsRefused) as refused:
        previewed(content)

    [problem] = refused.value.problems
    assert str(problem).startswith("line 2, daily_budget: '=40*2'")
    assert "never calculated" in problem.reason
