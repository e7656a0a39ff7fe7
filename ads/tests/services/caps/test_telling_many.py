"""Many caps: requests are kept for switching, time ends, and one process decides."""

from typing import Any

import pytest
from django.db import transaction

from ads.models import (
    Brand,
    Connection,
    PlatformAccount,
)
from ads.services import caps, locks, platforms
from ads.tests.platforms.doubles import NOON, Scripted
from ads.tests.services.caps.support import MINUTE, OWN, SECOND, capped, rows, tick
from ads.tests.support import at_once

pytestmark = pytest.mark.django_db


def test_the_share_that_is_kept_for_switching_is_not_used(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    Connection.objects.update(operations_per_day=100, operations=80, operations_on=NOON.date())
    assert platforms.hand_out_caps(NOON) == (1, 0)
    Connection.objects.update(operations=10)
    assert platforms.hand_out_caps(NOON) == (0, 1)


def test_telling_many_ends_where_the_share_for_switching_begins(
    platform: Scripted, its: PlatformAccount
) -> None:
    for remote_id in "789":
        capped(its, remote_id)
    platform.operations_per_day = 100
    Connection.objects.update(operations_per_day=100, operations=78, operations_on=NOON.date())
    tick()
    assert len(platform.capped) == 2


def test_telling_many_ends_before_its_time_is_up(platform: Scripted, its: PlatformAccount) -> None:
    for remote_id in "12345":
        capped(its, remote_id)
    now = NOON

    def late() -> Any:
        nonlocal now
        now += 15 * SECOND
        return now

    caps.agree(NOON)
    platforms.cap(its.pk, late)
    assert 1 <= len(platform.capped) < 5
    for _ in range(4):
        platforms.cap(its.pk, late)
    assert len(platform.capped) == 5


@pytest.mark.django_db(transaction=True)
def test_while_another_process_decides_nothing_is_decided(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    found: list[int] = []
    with transaction.atomic(), at_once() as start:
        assert locks.is_alone(locks.Only.CAPPING)
        start(lambda: found.append(caps.agree(NOON)))
    assert (found, rows()) == ([0], [])
    assert caps.agree(NOON) == 1


def test_many_campaigns_are_decided_on_in_parts(
    platform: Scripted, its: PlatformAccount, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ads.services.caps.outbox._CHUNK", 2)
    for n in range(5):
        capped(its, str(n))
    tick()
    assert len(platform.capped) == 5
    Brand.objects.update(platform_caps="none")
    tick(NOON + MINUTE)
    assert (platform.capped[5:], rows()) == ([(str(n), OWN) for n in range(5)], [])
