"""What cannot be told, and where nothing is told at all."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.admin.receipts.text import on_platforms
from ads.models import (
    Brand,
    BudgetCap,
    Connection,
    PlatformAccount,
    PlatformCampaign,
)
from ads.platforms.interface import (
    CredentialsRefused,
    OutOfQuota,
    Refused,
    Unreachable,
)
from ads.services import caps, restored
from ads.tests.factories import BrandFactory
from ads.tests.platforms.doubles import NOON, Scripted
from ads.tests.services.caps.support import (
    DAY,
    MINUTE,
    OWN,
    capped,
    look,
    rows,
    tick,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("there", "code"),
    [
        ({"is_budget_shared": True}, "shared_budget"),
        ({"daily_budget": None}, "no_daily_budget"),
    ],
)
def test_what_has_no_budget_of_its_own_is_refused_and_holds_up_no_other(
    platform: Scripted, its: PlatformAccount, there: dict[str, Any], code: str
) -> None:
    capped(its, there=there)
    capped(its, "8")
    tick()
    assert platform.capped == [("8", Decimal(75))]
    refused = BudgetCap.objects.get(place__remote_id="7")
    assert (refused.state, refused.code) == ("refused", code)
    assert "budget" in refused.answer

    PlatformCampaign.objects.filter(remote_id="7").update(is_budget_shared=False, daily_budget=OWN)
    tick(NOON + MINUTE)
    assert platform.capped[1:] == [("7", Decimal(75))]


@pytest.mark.parametrize("code", ["shared_budget", "no_daily_budget", "currency"])
def test_what_the_platform_alone_calls_shared_is_asked_again_the_next_day(
    platform: Scripted, its: PlatformAccount, code: str
) -> None:
    capped(its)
    platform.caps["7"] = Refused(code, "Not there.")
    for n in range(3):
        tick(NOON + n * MINUTE)
    assert len(platform.capped) == 1
    tick(NOON + DAY)
    assert len(platform.capped) == 2


def test_a_brand_in_another_currency_than_the_account_is_not_capped(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its, brand=BrandFactory.create(currency="EUR", platform_caps="limit"))
    tick()
    assert platform.capped == []
    assert BudgetCap.objects.get().code == "currency"


def test_what_the_platform_refuses_is_shown_in_its_words_and_asked_again_the_next_day(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = Refused("MINIMUM", "Below the minimum.", "Use more.")
    tick()
    row = BudgetCap.objects.get()
    assert (row.state, row.code, row.answer) == (
        "refused", "MINIMUM", "Below the minimum. Use more.",
    )  # fmt: skip
    tick(NOON + DAY - MINUTE)
    assert len(platform.capped) == 1
    del platform.caps["7"]
    tick(NOON + DAY)
    assert [row[1] for row in rows()] == ["confirmed"]


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Unreachable("No answer."), timedelta(minutes=5)),
        (OutOfQuota("Too many.", retry_after=timedelta(hours=1)), timedelta(hours=1)),
    ],
)
def test_an_error_makes_all_caps_of_the_account_wait(
    platform: Scripted, its: PlatformAccount, error: Any, again: timedelta
) -> None:
    for remote_id in "78":
        capped(its, remote_id)
    platform.caps["7"] = error
    tick()
    assert [remote_id for remote_id, _ in platform.capped] == ["7"]
    assert caps.due_accounts(NOON + again - MINUTE) == []
    platform.caps.clear()
    tick(NOON + again)
    assert [row[1] for row in rows()] == ["confirmed", "confirmed"]


def test_refused_credentials_are_noted_on_the_connection(
    platform: Scripted, its: PlatformAccount
) -> None:
    capped(its)
    platform.caps["7"] = CredentialsRefused("Revoked.")
    tick()
    assert Connection.objects.get().state == "refused"
    assert caps.due_accounts(NOON + DAY) == []


@pytest.mark.parametrize("given", [{"is_read_only": True}, {"state": "refused"}])
def test_where_nothing_may_be_switched_nothing_is_capped(
    platform: Scripted, its: PlatformAccount, given: dict[str, Any]
) -> None:
    capped(its)
    Connection.objects.update(**given)
    tick()
    assert platform.capped == []


@pytest.mark.parametrize("is_restored_by_hand", [True, False])
def test_what_stays_where_nothing_may_be_set_any_more_waits_for_nothing(
    platform: Scripted, its: PlatformAccount, is_restored_by_hand: bool
) -> None:
    campaign = capped(its)
    tick()
    PlatformAccount.objects.update(is_read_only=True)
    for minute in range(1, 3):
        tick(NOON + minute * MINUTE)
    assert rows() == [("7", "superseded", OWN, OWN)]
    assert BudgetCap.objects.get().settled_at == NOON + MINUTE
    assert platform.capped == [("7", Decimal(75))]
    assert on_platforms(campaign)[0]["capped"] == (
        "The original budget of $200.00 a day was not restored. Nothing is set in this account "
        "any more. Set it there by hand."
    )

    if is_restored_by_hand:
        look(NOON + DAY, c7=OWN)
        tick(NOON + DAY)
        assert rows() == []
    PlatformAccount.objects.update(is_read_only=False)
    Brand.objects.update(platform_caps="none")
    tick(NOON + DAY)

    assert platform.capped[1:] == ([] if is_restored_by_hand else [("7", OWN)])
    assert rows() == []


def test_after_a_restore_caps_wait(platform: Scripted, its: PlatformAccount) -> None:
    capped(its)
    restored.hold(NOON - DAY, NOON)
    tick()
    assert platform.capped == []
    restored.resume(NOON)
    tick()
    assert len(platform.capped) == 1
