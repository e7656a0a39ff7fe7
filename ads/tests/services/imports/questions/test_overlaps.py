"""Overlaps of a file with what other sources have reported."""

from dataclasses import replace

import pytest
import time_machine

from ads.services import BudgetService
from ads.services.imports.plan import Plan
from ads.services.ledger import OnRecord
from ads.tests.factories import BrandFactory
from ads.tests.services.imports.questions.support import (
    HEAD,
    LATER,
    MINE,
    NOW,
    OTHERS,
    answered,
    asked,
    campaign,
)
from ads.tests.services.imports.support import (
    ledger,
    previewed,
    recorded,
    refused,
)
from ads.tests.support import at, delivers, spend

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("answer", "left", "figures"),
    [
        ("add", 260, (2, {"USD": 110}, 0, {}, 0)),
        ("replace", 160, (2, {"USD": 110}, 1, {"USD": -100}, 0)),
        ("skip", 170, (1, {"USD": 20}, 0, {}, 1)),
    ],
)
def test_an_overlap_is_added_replaced_or_skipped(
    answer: str, left: int, figures: tuple[object, ...]
) -> None:
    search = campaign("Search")
    recorded(OTHERS, Plan(source="etl"), now=NOW)

    preview = previewed(MINE, Plan(), now=LATER)
    question = asked(MINE, Plan())["overlap"]

    assert (preview.undecided, preview.undecided_amount) == (1, {"USD": 90})
    assert (preview.recorded, preview.difference) == (1, {"USD": 20})
    row = ("Search", search.brand.name, "2026-11-25", "etl", "$100.00", "$90.00")
    assert question.rows == [row]
    assert list(dict(question.choices).values()) == [
        "Add: it is other money, and both count: $190.00",
        "Replace: source import counts from now on: $90.00; $100.00 is taken back",
        "Skip: what is on record stays: $100.00",
    ]
    done = answered(MINE, Plan(), overlap=answer)
    assert (
        done.recorded,
        done.difference,
        done.replaced,
        done.taken_back,
        done.skipped_overlaps,
    ) == figures
    assert sum(ledger().values()) == left


def test_what_is_on_record_is_shown_by_source_with_entries() -> None:
    search = campaign("Search")
    recorded(OTHERS, Plan(source="etl"), now=NOW)
    spend(search, 7, NOW, at("2026-11-25 00:00").date())

    shown = [OnRecord(**vars(each)) for each in previewed(MINE, Plan(), now=LATER).on_record]

    assert [(each.source, each.are_totals, int(each.amount)) for each in shown] == [
        ("etl", True, 100),
        ("test", False, 7),
    ]


def test_replacing_that_would_start_a_campaign_is_asked_about_with_the_overlap() -> None:
    search = campaign("Search", daily_budget=100)
    recorded([HEAD, "Search,2026-11-28,120"], Plan(source="etl"), now=NOW)
    assert not delivers(search)
    mine = [HEAD, "Search,2026-11-28,60"]

    questions = asked(mine, Plan())

    assert set(questions) == {"overlap", "starts"}
    assert "It depends on the other answers." in questions["starts"].text
    replacing = Plan(answers={"overlap": "replace"})
    assert "would start 1 campaign" in refused(mine, replacing, now=LATER)
    skipping = replace(replacing, answers={"overlap": "skip"})
    assert {each.code for each in previewed(mine, skipping, now=LATER).questions} == {"overlap"}
    answered(mine, Plan(), overlap="replace", starts="accept")
    assert delivers(search)
    assert sum(ledger().values()) == 60


@time_machine.travel(NOW, tick=False)
def test_what_a_service_reports_by_another_source_is_no_question_where_it_is_zero() -> None:
    search = campaign("Search", brand=BrandFactory.create())
    BudgetService.report_day_total(search, NOW.date(), 0, source="etl", observed_at=NOW)

    assert asked([HEAD, "Search,2026-11-28,5"], Plan()) == {}
