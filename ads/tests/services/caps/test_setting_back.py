"""Budgets are set back before a connection forgets its credentials."""

from typing import Any

import pytest
from django.db.models.functions import Now

from ads.models import (
    BudgetCap,
    Connection,
    PlatformAccount,
)
from ads.platforms.interface import (
    Unknown,
    Unreachable,
)
from ads.services import caps
from ads.services.connections import lifecycle
from ads.tests.platforms.doubles import NOON, Scripted
from ads.tests.services.caps.support import DAY, MINUTE, OWN, capped, rows, tick

pytestmark = pytest.mark.django_db


def test_budgets_are_set_back_before_a_connection_forgets_its_credentials(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    tick()
    platform.before[f"cap {its.remote_id}"] = lambda: caps.agree(NOON + MINUTE)
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert platform.capped[1:] == [("7", OWN)]
    assert (ended.accounts, ended.caps, ended.left, rows()) == (1, 0, "", [])
    assert Connection.objects.get().state == "disconnected"


def test_what_was_told_and_not_confirmed_is_set_back_too(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = Unknown("No answer.")
    tick()
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert (platform.capped[1:], ended.caps) == ([("7", OWN)], 1)
    assert "One campaign keeps the daily cap" in ended.left


def test_setting_back_waits_for_a_cap_that_is_being_told(
    platform: Scripted, its: PlatformAccount, monkeypatch: Any
) -> None:
    capped(its)
    tick()
    PlatformAccount.objects.update(capping_until=Now() + DAY)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        assert len(platform.capped) == 1
        PlatformAccount.objects.update(capping_until=None)

    monkeypatch.setattr("ads.services.caps.dispatch.time.sleep", wait)
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert (len(waited), platform.capped[1:], ended.caps) == (1, [("7", OWN)], 0)


def test_what_could_not_be_set_back_is_said(platform: Scripted, its: PlatformAccount) -> None:
    capped(its)
    tick()
    platform.caps["7"] = Unreachable("No answer.")
    ended = lifecycle.disconnect(its.connection, now=NOON + MINUTE)
    assert "One campaign keeps the daily cap" in ended.left
    assert Connection.objects.get().state == "disconnected"
    assert BudgetCap.objects.get().original == OWN
