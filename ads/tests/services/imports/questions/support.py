"""What the tests of questions share: asking a file, answering, and what is on record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign
from ads.services.imports.outcome import Imported
from ads.services.imports.plan import Plan
from ads.services.imports.questions import Unanswered
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import (
    Content,
    previewed,
    recorded,
)
from ads.tests.support import at, enforce_all

#: The afternoon after the files' last day.
NOW = at("2026-11-28 18:00")
LATER = NOW + timedelta(hours=1)
META = Plan(format="meta_ads")
GOOGLE = Plan(format="google_ads")
HEAD = "campaign,date,amount"
OTHERS = [HEAD, "Search,2026-11-25,100", "Search,2026-11-26,50"]
MINE = [HEAD, "Search,2026-11-25,90", "Search,2026-11-27,20"]


def campaign(name: str, **more: Any) -> Campaign:
    made = CampaignFactory.create(name=name, **more)
    enforce_all(NOW)
    return made


def asked(content: Content, plan: Plan, now: Any = LATER) -> dict[str, Any]:
    """The questions of a preview by code, and that recording raises just them."""
    questions = {each.code: each for each in previewed(content, plan, now=now).questions}
    if questions:
        with pytest.raises(Unanswered) as error:
            recorded(content, plan, now=now)
        assert {each.code for each in error.value.questions} == set(questions)
    return questions


def answered(content: Content, plan: Plan, now: Any = LATER, **answers: str) -> Imported:
    """Recorded with these answers; as its preview said."""
    plan = replace(plan, answers=answers)
    preview = previewed(content, plan, now=now)
    done = recorded(content, plan, now=now)
    names = ("recorded", "difference", "lowered", "lowered_by", "replaced", "taken_back", "zeroed")
    assert [getattr(done, name) for name in names] == [getattr(preview, name) for name in names]
    return done
