"""Others report the same days while a file is recorded: what it was asked is asked again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ads.models import Campaign, ReportedTotal, Spend
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused
from ads.services.ledger import DayTotal, record_all
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import Content, ledger, recorded
from ads.tests.support import NOON, at_once, await_blocked, delivers, enforce_all, held_open

pytestmark = pytest.mark.django_db(transaction=True)

DAY = NOON.date()
MINUTE = timedelta(minutes=1)
HEAD = "campaign,date,amount"


@pytest.fixture
def search() -> Campaign:
    campaign = CampaignFactory.create(name="Search", daily_budget=100)
    enforce_all(NOON)
    return campaign


def report(campaign: Campaign, amount: int, source: str) -> Callable[[], object]:
    rows = [DayTotal(campaign, DAY, amount, NOON)]
    return lambda: record_all(rows, source=source, now=NOON, kind=Spend.Kind.DAY_TOTAL)


def refused_while(work: Callable[[], object], content: Content, plan: Plan) -> str:
    """Why the file is refused that is recorded while ``work`` is being committed."""
    said: list[str] = []

    def record() -> None:
        with pytest.raises(ImportRefused) as error:
            recorded(content, plan, now=NOON + MINUTE)
        said.append(str(error.value))

    with held_open(work) as commit, at_once() as start:
        start(record)
        await_blocked()
        commit()
    return said[0]


def test_a_lowering_that_appears_while_it_is_recorded_refuses_the_file(search: Campaign) -> None:
    said = refused_while(report(search, 90, "import"), [HEAD, f"Search,{DAY},50"], Plan())

    assert "from $90.00 on record to $50.00" in said
    assert ledger() == {("Search", str(DAY)): 90}


def test_a_start_that_appears_while_it_is_recorded_refuses_the_file(search: Campaign) -> None:
    said = refused_while(report(search, 101, "import"), [HEAD, f"Search,{DAY},99"], Plan())

    assert "would start 1 campaign" in said
    assert ledger() == {("Search", str(DAY)): 101}
    assert not delivers(search)


@pytest.mark.parametrize("answer", ["add", "replace", "skip", None])
def test_an_overlap_that_appears_while_it_is_recorded_refuses_the_file(
    search: Campaign, answer: str | None
) -> None:
    other = CampaignFactory.create(name="Other")
    recorded([HEAD, f"Other,{DAY},10"], Plan(source="etl"))
    lines = [HEAD, f"Search,{DAY},50", *([f"Other,{DAY},20"] if answer else [])]
    plan = Plan()
    if answer:
        plan = replace(plan, answers={"overlap": answer, "starts": "accept"})

    said = refused_while(report(search, 40, "agency"), lines, plan)

    assert "$40.00 by agency" in said
    assert ledger() == {("Search", str(DAY)): 40, ("Other", str(DAY)): Decimal(10)}
    assert set(ReportedTotal.objects.values_list("source", "campaign")) == {
        ("agency", search.pk),
        ("etl", other.pk),
    }
