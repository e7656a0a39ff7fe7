"""How many requests a key may make, also while Redis is gone."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.test import override_settings

from ads.api.frame import limits
from ads.services.senders.api_keys import Caller
from ads.tests.api.support import Program, key_for, problem
from ads.tests.own_redis import OwnRedis

#: 42 seconds before the next minute.
NOW = datetime(2026, 3, 1, 12, 0, 18, tzinfo=UTC)


def caller(key_id: int = 1, quota: int | None = None) -> Caller:
    return Caller(key_id, "ETL", "etl", None, frozenset(), quota)


def used(count: int = 1, *, at: datetime = NOW, **who: Any) -> list[int]:
    return [limits.count(caller(**who), at).used for _ in range(count)]


def test_requests_are_counted_by_key_and_minute(own_redis: OwnRedis) -> None:
    assert used(3) == [1, 2, 3]
    assert used(2, key_id=2) == [1, 2]
    assert used(at=NOW + timedelta(seconds=41)) == [4]
    assert used(at=NOW + timedelta(seconds=42)) == [1]


def test_the_headers_say_how_many_are_left_and_until_when(own_redis: OwnRedis) -> None:
    with override_settings(API_REQUESTS_PER_MINUTE=6000):
        allowance = limits.count(caller(), NOW)

    assert limits.headers_of(allowance) == {
        "RateLimit-Policy": '"default";q=6000;w=60',
        "RateLimit": '"default";r=5999;t=42',
    }


def test_the_keys_own_limit_wins(own_redis: OwnRedis) -> None:
    assert limits.count(caller(quota=7), NOW).quota == 7


@pytest.mark.django_db
def test_one_request_too_many_is_refused_with_the_seconds_to_wait(own_redis: OwnRedis) -> None:
    program = Program(key_for(requests_per_minute=5))

    # Six in one minute, whenever this runs: eleven are in two minutes at most.
    answers = [program.get("/key") for _ in range(11)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    problem(refused[0], 429, "too-many")
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert refused[0]["RateLimit"] == f'"default";r=0;t={refused[0]["Retry-After"]}'
    assert refused[0]["RateLimit-Policy"] == '"default";q=5;w=60'
    assert answers[0].status_code == 200
    assert answers[0]["RateLimit"].startswith('"default";r=4;t=')


@pytest.mark.django_db
def test_a_request_without_the_scope_is_counted_too(own_redis: OwnRedis) -> None:
    answer = Program(key_for(scopes=("read",))).post("/spend/entries", {})

    content = problem(answer, 403, "missing-scope")
    assert "spend:write" in content["detail"]
    assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]
    assert "r=5999" in answer["RateLimit"]


@pytest.mark.django_db
def test_invalid_keys_are_refused_by_address_and_a_valid_one_there_keeps_working(
    own_redis: OwnRedis,
) -> None:
    wrong, right = Program("bm_12345678_" + "x" * 43), Program(key_for())
    elsewhere = Program("bm_12345678_" + "x" * 43)
    elsewhere.client.defaults["REMOTE_ADDR"] = "192.0.2.7"

    with override_settings(API_FAILURES_PER_MINUTE=5):
        # Six in one minute, whenever this runs.
        answers = [wrong.get("/key") for _ in range(11)]
        good = [right.get("/key").status_code for _ in range(3)]
        other = elsewhere.get("/key")

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    content = problem(refused[0], 429, "too-many")
    assert content["detail"].startswith("More than 5 requests a minute with invalid keys")
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert answers[0].status_code == other.status_code == 401
    assert good == [200] * 3


@pytest.mark.parametrize("end", ["freeze", "stop"])
def test_without_redis_requests_are_counted_here_and_none_waits_long(
    own_redis: OwnRedis, end: str
) -> None:
    assert used(2) == [1, 2]
    getattr(own_redis, end)()

    began = time.monotonic()
    first = used()
    took_first = time.monotonic() - began
    others = used(100)
    took_others = time.monotonic() - began - took_first

    assert first + others == list(range(1, 102))
    assert took_first < 1
    assert took_others < 0.1


def test_many_at_once_do_not_queue_up_for_a_redis_that_is_frozen(own_redis: OwnRedis) -> None:
    used()
    own_redis.freeze()

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda _: used(10), range(8)))
    took = time.monotonic() - began

    assert max(max(ten) for ten in counts) == 80
    assert took < 2


def test_once_redis_answers_again_it_counts_on(
    own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PAUSE", 0.05)
    assert used(2) == [1, 2]
    own_redis.freeze()
    assert used() == [1]
    own_redis.thaw()
    time.sleep(0.1)

    # The request that was not answered in time may have been counted all the same.
    assert used()[0] in (3, 4)


def test_after_redis_has_ended_a_connection_it_counts_on_over_another(
    own_redis: OwnRedis,
) -> None:
    assert used(2) == [1, 2]
    with closing(redis.Redis.from_url(own_redis.url)) as client:
        client.client_kill_filter(_type="normal", skipme=True)

    assert used(2) == [3, 4]
