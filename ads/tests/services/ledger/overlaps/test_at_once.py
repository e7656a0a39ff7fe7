"""Sources that report one campaign's day at the same moment: one of them counts."""

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from ads.models import Campaign, ReportedTotal
from ads.services import OnOverlap, Overlap
from ads.services.ledger import Recorded, day_totals
from ads.services.ledger.verification import find_drift
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import TODAY, Sender, google, known_as, outcomes, take, total
from ads.tests.support import NOON, at_once, await_blocked, enforce_all, execute, held_open, totals

pytestmark = pytest.mark.django_db(transaction=True)

CRIPPLED = pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create()


@pytest.fixture
def cripple(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Leave out the second look, to see that it is what holds."""

    def leave_out(*, crippled: bool) -> None:
        if crippled:
            monkeypatch.setattr(day_totals.Posting, "_check_again", lambda *_: None)

    return leave_out


def report(source: str, *rows: Any, on_overlap: OnOverlap | None = None) -> Recorded:
    return take(*rows, sender=Sender(source), on_overlap=on_overlap)


def counting(campaign: Campaign) -> list[Any]:
    """The sources that count, and their totals."""
    of_campaign = ReportedTotal.objects.filter(campaign=campaign).exclude(amount=0)
    return list(of_campaign.order_by("source").values_list("source", "amount"))


@CRIPPLED
def test_of_two_first_reports_at_once_the_second_is_refused(
    campaign: Campaign, cripple: Any, *, crippled: bool
) -> None:
    cripple(crippled=crippled)
    answered: list[str] = []

    with (
        held_open(lambda: report("a", total(campaign, 40))) as commit,
        at_once() as start,
    ):
        second = start(lambda: answered.extend(outcomes(report("b", total(campaign, 45)))))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert answered == ["recorded" if crippled else "overlap"]
    assert totals(campaign)["day", TODAY] == (85 if crippled else 40)


def test_the_first_reports_of_many_sources_at_once_leave_one(campaign: Campaign) -> None:
    answered: Counter[str] = Counter()

    def send(source: str, amount: int) -> None:
        answered.update(outcomes(report(source, total(campaign, amount))))

    with at_once() as start:
        for n in range(8):
            start(partial(send, f"source {n}", n + 1))

    assert answered == {"recorded": 1, "overlap": 7}
    ((_, amount),) = counting(campaign)
    assert totals(campaign)["day", TODAY] == amount
    assert find_drift() == []


@CRIPPLED
def test_of_two_that_replace_the_same_total_at_once_the_second_replaces_the_first(
    campaign: Campaign, cripple: Any, *, crippled: bool
) -> None:
    cripple(crippled=crippled)
    report("old", total(campaign, 10))

    with (
        held_open(lambda: report("a", total(campaign, 40), on_overlap=OnOverlap.REPLACE)) as commit,
        at_once() as start,
    ):
        second = start(lambda: report("b", total(campaign, 45), on_overlap=OnOverlap.REPLACE))
        await_blocked()
        commit()
        second.result(timeout=20)

    assert counting(campaign) == ([("a", 40), ("b", 45)] if crippled else [("b", 45)])
    assert totals(campaign)["day", TODAY] == (85 if crippled else 45)


def test_many_that_replace_each_other_on_many_days_never_deadlock() -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaigns = CampaignFactory.create_batch(6, brand=brand)
    enforce_all(NOON)
    for number, campaign in enumerate(campaigns):
        for platform_id in (str(number), f"{number} v2"):
            known_as(campaign, google(platform_id))
    rows = [
        total(google(f"{number}{suffix}"), 7, date=TODAY)
        for number in range(6)
        for suffix in ("", " v2")
    ]

    def replace(n: int) -> None:
        order = rows if n % 2 else rows[::-1]
        report(f"source {n % 5}", *order[: 12 - n % 3], on_overlap=OnOverlap.REPLACE)

    with at_once() as start:
        for n in range(20):
            start(partial(replace, n))

    for campaign in campaigns:
        known = counting(campaign)
        assert len({source for source, _ in known}) == 1
        assert totals(campaign)["day", TODAY] == sum(amount for _, amount in known)
    assert find_drift() == []
    assert enforce_all(NOON).switched == 0


@pytest.mark.parametrize("choice", [None, OnOverlap.SKIP, OnOverlap.REPLACE])
def test_a_file_is_taken_back_where_somebody_reports_its_day_meanwhile(
    campaign: Campaign, choice: OnOverlap | None
) -> None:
    refused: list[Overlap] = []

    def record_file() -> None:
        try:
            with transaction.atomic():
                execute(
                    "CREATE TEMP TABLE staged_totals ON COMMIT DROP AS SELECT %s::bigint AS"
                    " campaign_id, %s::date AS date, ''::text AS known_as, 45::numeric AS amount,"
                    " %s::timestamptz AS observed_at",
                    [campaign.pk, TODAY, NOON],
                )
                staged = "staged_totals AS staged"
                day_totals.post(staged, source="file", now=NOON, on_overlap=choice)
        except Overlap as error:
            refused.append(error)

    with (
        held_open(lambda: report("a", total(campaign, 40))) as commit,
        at_once() as start,
    ):
        recording = start(record_file)
        await_blocked()
        commit()
        recording.result(timeout=20)

    assert [error.on_record for error in refused] == [{"a": {"USD": Decimal(40)}}]
    assert totals(campaign)["day", TODAY] == 40
