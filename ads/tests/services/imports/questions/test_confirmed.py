"""What is confirmed is what was seen: what changes between the preview and the confirmation."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign, Spend
from ads.services.imports.outcome import Imported
from ads.services.imports.plan import Plan
from ads.services.imports.questions import Unanswered
from ads.services.imports.run import Import
from ads.tests.services.imports.questions.support import (
    HEAD,
    LATER,
    MINE,
    NOW,
    OTHERS,
    campaign,
)
from ads.tests.services.imports.support import (
    Content,
    as_bytes,
    ledger,
    previewed,
    recorded,
)
from ads.tests.support import delivers

pytestmark = pytest.mark.django_db


def confirmed(content: Content, plan: Plan, between: Any, **answers: str) -> Imported:
    """Recorded as confirmed on a preview, after which ``between`` happened."""
    questions = {each.code: each for each in previewed(content, plan, now=LATER).questions}
    seen = {code: each.figures for code, each in questions.items()}
    between()
    file = io.BytesIO(as_bytes(content))
    plan = replace(plan, answers=answers)
    with Import.staged(file, plan, now=LATER) as staged:
        return staged.record(now=LATER, seen=seen)


def test_figures_that_changed_since_they_were_confirmed_are_asked_about_again() -> None:
    campaign("Search")
    recorded([HEAD, "Search,2026-11-25,100"], now=NOW)
    lower = [HEAD, "Search,2026-11-25,50"]

    with pytest.raises(Unanswered, match=r"from \$200\.00 on record to \$50\.00"):
        confirmed(
            lower,
            Plan(),
            lambda: recorded([HEAD, "Search,2026-11-25,200"], now=NOW + timedelta(minutes=1)),
            lowered="accept",
        )
    assert sum(ledger().values()) == 200

    confirmed(lower, Plan(), lambda: None, lowered="accept")
    assert sum(ledger().values()) == 50


def test_an_overlap_that_appears_after_the_preview_refuses_the_file() -> None:
    campaign("Search")

    with pytest.raises(Unanswered, match="on record already"):
        confirmed(
            MINE,
            Plan(),
            lambda: recorded(OTHERS, Plan(source="etl"), now=NOW),
            overlap="add",
        )

    assert sum(ledger().values()) == 150
    assert set(Spend.objects.values_list("source", flat=True)) == {"etl"}


def test_a_campaign_that_would_start_since_the_preview_refuses_all_of_it() -> None:
    search = campaign("Search", daily_budget=100, monthly_budget=1000)
    recorded([HEAD, "Search,2026-11-28,101"], now=NOW)

    Campaign.objects.filter(pk=search.pk).update(daily_budget=90)
    lower = [HEAD, "Search,2026-11-28,95"]
    assert previewed(lower, Plan(), now=LATER).questions == []

    with pytest.raises(Unanswered, match="would start 1 campaign"):
        confirmed(
            lower,
            Plan(),
            lambda: Campaign.objects.filter(pk=search.pk).update(daily_budget=100),
        )

    assert not delivers(search)
    assert sum(ledger().values()) == 101
