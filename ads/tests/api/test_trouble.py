"""The database goes away, Redis goes away, everybody sends at once: nothing is lost or doubled."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from ads.models import Campaign, Spend
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.ledger.verification import verify
from ads.services.operations.outages import is_outage
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import CampaignFactory
from ads.tests.own_redis import OwnRedis, free_port
from ads.tests.support import PATIENCE, delivers, execute, held_open

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def program() -> Program:
    return Program(key_for(requests_per_minute=10**6))


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Three that deliver, with $75 a day."""
    campaigns: list[Campaign] = CampaignFactory.create_batch(3, daily_budget=75)
    enforce(Campaign.objects.all(), timezone.now(), Trigger.EDIT)
    return campaigns


def batch(campaigns: list[Campaign], rows: int) -> dict[str, Any]:
    """Rows of a dollar, in turn for each of the campaigns."""
    return {
        "entries": [
            {"campaign": campaigns[i % len(campaigns)].pk, "amount": 1, "external_id": f"{i}"}
            for i in range(rows)
        ]
    }


def spent() -> list[Decimal]:
    """What each campaign has spent by the ledger, whose sums are right."""
    assert verify(fix=False, now=timezone.now()) == []
    amounts = dict.fromkeys(
        Campaign.objects.order_by("pk").values_list("pk", flat=True), Decimal(0)
    )
    for spend in Spend.objects.all():
        amounts[spend.campaign_id] += spend.amount
    return list(amounts.values())


def end_whoever_waits_for_a_lock() -> None:
    """As a server does that is shut down; returns once it has met somebody."""
    with connection.cursor() as cursor:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchall():
                break
            time.sleep(0.01)
        else:
            raise AssertionError("nobody waited")
    connection.close()


def test_a_server_that_goes_away_in_the_middle_of_a_batch_has_recorded_none_of_it(
    program: Program, campaigns: list[Campaign]
) -> None:
    sent = batch(campaigns, 300)

    # The batch is in the ledger, uncommitted, and waits for a campaign that it is to stop.
    lock = "SELECT FROM ads_campaign WHERE id = %s FOR NO KEY UPDATE"
    with held_open(lambda: execute(lock, [campaigns[0].pk])), ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end_whoever_waits_for_a_lock)
        answer = program.post("/spend/entries", sent)
        ended.result()

    problem(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) >= 1
    close_old_connections()  # as the server does before each request
    assert spent() == [0, 0, 0]

    again = program.post("/spend/entries", sent)

    assert again.status_code == 200
    assert again.json()["recorded"] == 300
    assert spent() == [100, 100, 100]
    assert not any(delivers(campaign) for campaign in campaigns)


def test_a_server_that_cannot_be_reached_is_a_problem_that_passes(
    program: Program, campaigns: list[Campaign]
) -> None:
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = free_port()
    try:
        answer = program.post("/spend/entries", batch(campaigns, 3))
    finally:
        connection.settings_dict["PORT"] = port

    assert int(answer["Retry-After"]) >= 1
    assert str(port) not in str(problem(answer, 503, "unavailable"))
    assert program.post("/spend/entries", batch(campaigns, 3)).json()["recorded"] == 3


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        ("40P01", True),  # deadlock
        ("40001", True),  # serialisation
        ("55P03", True),  # lock not granted in time
        ("57014", True),  # statement cancelled
        ("57P03", True),  # server starting
        ("53300", True),  # too many connections
        ("22003", False),  # number out of range
        ("23505", False),  # not unique
        ("42P01", False),  # no such table
    ],
)
def test_an_outage_is_distinguished_from_a_refused_statement(code: str, passes: bool) -> None:
    with pytest.raises(DatabaseError) as caught:
        execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")

    assert is_outage(caught.value) is passes


def in_threads(act: Callable[[int], Any], count: int) -> list[Any]:
    def alone(i: int) -> Any:
        try:
            return act(i)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(alone, range(count)))


def test_the_same_batch_from_many_at_once_counts_once(
    program: Program, campaigns: list[Campaign]
) -> None:
    sent = batch(campaigns, 60)

    answers = in_threads(lambda _: program.post("/spend/entries", sent), 16)

    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["recorded"] for answer in answers) == 60
    assert sum(answer.json()["duplicates"] for answer in answers) == 15 * 60
    assert Spend.objects.count() == 60
    assert spent() == [20, 20, 20]


def test_batches_of_many_that_overlap_in_any_order_count_each_row_once(
    program: Program, campaigns: list[Campaign]
) -> None:
    rows = batch(campaigns, 90)["entries"]

    def send(i: int) -> Any:
        part = rows[i * 10 : i * 10 + 30]
        return program.post("/spend/entries", {"entries": part if i % 2 else part[::-1]})

    answers = in_threads(send, 7)

    assert {answer.status_code for answer in answers} == {200}
    assert Spend.objects.count() == 90
    assert spent() == [30, 30, 30]


@pytest.fixture(params=["freeze", "stop"])
def without_redis(request: pytest.FixtureRequest, own_redis: OwnRedis) -> None:
    getattr(own_redis, request.param)()


def test_without_redis_spend_is_recorded_and_enforced_without_delay(
    without_redis: None, program: Program, campaigns: list[Campaign]
) -> None:
    first, second, third = campaigns
    rows = batch([first, second], 160)

    began = time.monotonic()
    answer = program.post("/spend/entries", rows)
    took = time.monotonic() - began

    assert answer.status_code == 200
    assert answer["RateLimit"].startswith('"default";r=999999;t=')
    assert spent() == [80, 80, 0]
    assert [delivers(first), delivers(second), delivers(third)] == [False, False, True]
    assert took < 3
