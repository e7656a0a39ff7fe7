"""What is exported can be read back: nothing changes; an edited cell changes that alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.models import Brand, Campaign, CampaignReference, CampaignSchedule, DaypartingSchedule
from ads.services.campaign_lookup import Reference
from ads.services.setup.columns import BRAND, CAMPAIGN, _id, items, joined, written_id
from ads.tests.services.setup.support import (
    applied,
    changes,
    exported,
    previewed,
    rows_of,
    written,
)

pytestmark = pytest.mark.django_db

#: Letters that spreadsheets, CSV and the notation of lists could stumble over.
NAMES = st.text(st.sampled_from("abAB 1=+-@'\"/;,:éß\u00a0日none"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text
)
BUDGETS = st.none() | st.decimals(0, 10**9, places=2) | st.decimals(0, 1, places=6)
DATES = st.none() | st.dates(date(2020, 1, 1), date(2030, 12, 31))
PARTS = st.text(st.sampled_from("ab1/;\"' :-"), min_size=1, max_size=6).filter(
    lambda text: text.strip() == text
)
EDITS: dict[str, Any] = {
    "status": st.sampled_from(["draft", "active", "paused", "completed", "archived"]),
    "daily_budget": BUDGETS,
    "monthly_budget": BUDGETS,
    "start_date": DATES,
    "end_date": DATES,
    "dayparting": st.booleans(),
    "schedules": st.lists(st.integers(0, 2), unique=True),
    "platform_ids": st.lists(st.tuples(PARTS, st.just("") | PARTS, PARTS), unique=True, max_size=2),
}


@st.composite
def worlds(draw: Any) -> list[dict[str, Any]]:
    """Brands with their campaigns."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    return [
        {
            "name": name,
            "timezone": draw(st.sampled_from(["UTC", "Europe/Berlin", "America/Havana"])),
            "currency": draw(st.sampled_from(["USD", "EUR", "JPY", "KWD"])),
            "daily_budget": draw(BUDGETS),
            "is_active": draw(st.booleans()),
            "campaigns": draw(
                st.lists(
                    st.fixed_dictionaries({"name": NAMES, **EDITS}),
                    max_size=3,
                    unique_by=lambda one: one["name"],
                )
            ),
        }
        for name in names
    ]


def spelled(parts: Any) -> Any:
    """A platform ID in its one spelling."""
    one = Reference(*parts)
    return one.platform, one.account, one.reference


def make(world: list[dict[str, Any]]) -> None:
    """Bring it about, with three schedules of odd names."""
    schedules = [DaypartingSchedule.objects.create(name=name) for name in ("none", "a; b", '"')]
    taken: set[Any] = set()
    for brand in world:
        values = {name: value for name, value in brand.items() if name != "campaigns"}
        row = Brand.objects.create(**values)
        for one in brand["campaigns"]:
            dates = sorted(day for day in (one["start_date"], one["end_date"]) if day)
            both = len(dates) == 2
            campaign = Campaign.objects.create(
                brand=row,
                name=one["name"],
                status=one["status"],
                daily_budget=one["daily_budget"],
                monthly_budget=one["monthly_budget"],
                start_date=dates[0] if both else one["start_date"],
                end_date=dates[1] if both else one["end_date"],
                is_dayparting_enabled=one["dayparting"],
            )
            for number in one["schedules"]:
                CampaignSchedule.objects.create(campaign=campaign, schedule=schedules[number])
            for parts in set(map(spelled, one["platform_ids"])) - taken:
                taken.add(parts)
                names = dict(zip(("platform", "account", "reference"), parts, strict=True))
                CampaignReference.objects.create(campaign=campaign, **names)


@contextmanager
def made(world: list[dict[str, Any]]) -> Iterator[None]:
    """The world, which is rolled back afterwards."""
    with transaction.atomic():
        make(world)
        yield
        transaction.set_rollback(True)


SLOWLY = settings(
    deadline=None, max_examples=24, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOWLY
@given(worlds())
def test_an_export_that_is_read_back_changes_nothing(world: list[dict[str, Any]]) -> None:
    with made(world):
        text = exported()

        assert changes(text) == []
        applied(text)
        assert exported() == text


@SLOWLY
@given(worlds(), st.data())
def test_an_edited_cell_changes_that_and_nothing_else(
    world: list[dict[str, Any]], data: st.DataObject
) -> None:
    with made(world):
        rows = rows_of(exported())
        row = data.draw(st.sampled_from(rows))
        columns = CAMPAIGN if row["campaign"] else BRAND
        names = [
            name for name in columns if name in EDITS and name not in ("start_date", "end_date")
        ]
        column = data.draw(st.sampled_from(names))
        value = data.draw(EDITS[column])
        if column == "schedules":
            value = tuple(sorted(("none", "a; b", '"')[number] for number in value))
        elif column == "platform_ids":
            value = tuple(
                sorted({spelled((f"new {platform}", *rest)) for platform, *rest in value})
            )
        elif columns is BRAND and column == "status":
            value = value == "active"
        currency = next(
            one["currency"]
            for one in rows
            if one["brand_id"] == row["brand_id"] and one["currency"]
        )
        before = row[column]
        row[column] = columns[column].cell(value, currency)
        text = written(rows)

        found = [
            (one.pk, change.column)
            for one in previewed(text).plan.changed
            for change in one.changes()
        ]
        expected = row["campaign_id"] or row["brand_id"]
        assert found == ([] if row[column] == before else [(int(expected), column)])
        applied(text)
        assert exported() == text.replace("\r\n", "\r\n")


@given(st.lists(NAMES.filter(lambda text: text.strip() != ""), max_size=4))
def test_lists_in_a_cell_are_read_as_they_were_written(texts: list[str]) -> None:
    assert items(joined(texts)) == texts


@given(PARTS, st.just("") | PARTS, PARTS)
def test_platform_ids_are_read_as_they_were_written(
    platform: str, account: str, reference: str
) -> None:
    parts = spelled((platform, account, reference))
    assert _id(written_id(parts)) == parts


def test_money_in_a_file_has_the_decimal_places_of_its_currency() -> None:
    for currency, text in (("JPY", "1200"), ("USD", "1200.00"), ("KWD", "1200.000")):
        assert BRAND["daily_budget"].cell(Decimal(1200), currency) == text
