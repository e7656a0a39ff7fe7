"""Daily caps at each platform's stand-in: set, told as limits change, refused, and set back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Brand, BudgetCap, Campaign, CampaignReference, PlatformAccount
from ads.services import caps, platforms
from ads.services.connections import lifecycle
from ads.services.delivery import lifecycle as campaigns
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.stand_in import StandIn
from ads.tests.platforms.test_faults_at_random import CREDENTIALS
from ads.tests.support import at_once, enforce_all, let_run_on
from stand_ins import world
from stand_ins.world import World

pytestmark = pytest.mark.real_clock

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACCOUNT = "7001000001"
ZONE = "America/New_York"
#: Own budgets of 200; this one has none of its own.
SHARED = "1103"


@pytest.fixture(scope="module", params=sorted(CREDENTIALS))
def process(request: pytest.FixtureRequest) -> Iterator[StandIn]:
    with StandIn.started(request.param) as stand_in:
        yield stand_in


@pytest.fixture
def there(process: StandIn, settings: Any) -> StandIn:
    """Three campaigns, of one brand that wants caps, each limited to $75 a day."""
    settings.SIMULATED_PLATFORM = False
    settings.PLATFORM_ENDPOINTS = {process.platform: process.address}
    own = {
        key: world.Campaign(key, ACCOUNT, f"Campaign {key}", daily_budget=Decimal(200))
        for key in ("1101", "1102")
    }
    is_meta = process.platform == "meta_ads"  # which has no budgets that are shared
    shared = world.Campaign(
        SHARED,
        ACCOUNT,
        "Shopping",
        shared_budget="" if is_meta else "900",
        parts_have_budgets=is_meta,
    )
    account = world.Account(ACCOUNT, "Acme", ZONE, "USD")
    process.reset(
        World(
            {ACCOUNT: account},
            {**own, SHARED: shared},
            {"900": Decimal(180)},
            clock=NOON,
            began=NOON,
        )
    )
    brand = BrandFactory.create(name="Acme", timezone=ZONE, platform_caps="limit")
    known = {**process.addresses, "refresh_token": "stand-in-token"}
    known["access_token"] = "stand-in-token"  # noqa: S105
    connection = lifecycle.add(
        platform=process.platform,
        name="Agency",
        given={name: known[name] for name in CREDENTIALS[process.platform]},
        now=NOON,
    )
    for key in (*own, SHARED):
        CampaignReference.objects.create(
            campaign=CampaignFactory.create(brand=brand, name=key, daily_budget=75),
            platform=process.platform,
            account=ACCOUNT,
            reference=key,
        )
    enforce_all(NOON)
    platforms.list_accounts(connection.pk, NOON)
    lifecycle.read([PlatformAccount.objects.get().pk], is_read=True, now=NOON)
    platforms.ask(PlatformAccount.objects.get().pk, NOON)
    return process


def tick(now: datetime) -> None:
    caps.agree(now)
    for pk in caps.due_accounts(now):
        platforms.cap(pk, lambda: now)


def budgets(there: StandIn) -> dict[str, Decimal | None]:
    found = there.state()["campaigns"]
    return {
        key: None if its["daily_budget"] is None else Decimal(its["daily_budget"])
        for key, its in found.items()
    }


@pytest.mark.django_db
def test_caps_follow_the_limits_and_end_with_the_own_budgets(there: StandIn) -> None:
    tick(NOON)
    assert budgets(there) == {"1101": 75, "1102": 75, SHARED: None}
    refused = BudgetCap.objects.get(campaign__name=SHARED)
    assert (refused.state, "own" in refused.answer) == ("refused", True)
    assert there.state()["shared_budgets"] == {"900": "180"}

    let_run_on(Campaign.objects.get(name="1101"), amount="25.50", now=NOON + MINUTE)
    Campaign.objects.filter(name="1102").update(daily_budget=Decimal("60.29"))
    tick(NOON + MINUTE)
    assert budgets(there) == {"1101": Decimal("100.5"), "1102": Decimal("60.29"), SHARED: None}

    Brand.objects.update(platform_caps="strict")
    tick(NOON + 2 * MINUTE)
    half = {"meta_ads": ("57.42", "34.45")}.get(there.platform, ("50.25", "30.14"))
    assert budgets(there) == {"1101": Decimal(half[0]), "1102": Decimal(half[1]), SHARED: None}

    there.post("/campaigns/1102", {"daily_budget": "150"})  # by hand
    there.set_clock(NOON + timedelta(hours=2))
    now = NOON + timedelta(hours=2)
    platforms.ask(PlatformAccount.objects.get().pk, now)
    tick(now)
    assert budgets(there)["1102"] == Decimal(half[1])

    lifecycle.disconnect(PlatformAccount.objects.get().connection, now=now)
    assert budgets(there) == {"1101": 200, "1102": 150, SHARED: None}
    assert not BudgetCap.objects.exclude(set_amount=None).exists()


@pytest.mark.django_db
def test_a_budget_that_people_set_since_the_last_look_is_not_overwritten(there: StandIn) -> None:
    there.post("/campaigns/1101", {"daily_budget": "150"})
    there.post("/campaigns/1102", {"daily_budget": "60"})
    tick(NOON)
    assert budgets(there) == {"1101": 150, "1102": 60, SHARED: None}
    tick(NOON + MINUTE)
    assert budgets(there) == {"1101": 75, "1102": 60, SHARED: None}

    there.post("/campaigns/1101", {"daily_budget": "140"})
    lifecycle.disconnect(PlatformAccount.objects.get().connection, now=NOON + 2 * MINUTE)
    assert budgets(there) == {"1101": 140, "1102": 60, SHARED: None}
    assert not BudgetCap.objects.exclude(set_amount=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["lost", "server_error", "html_502", "quota"])
def test_what_goes_wrong_while_a_cap_is_told_is_made_good(there: StandIn, kind: str) -> None:
    there.fault(kind, "set_cap")
    there.fault(kind, "read_back", after=1)
    for n in range(4):
        tick(NOON + n * timedelta(hours=1))
    assert budgets(there) == {"1101": 75, "1102": 75, SHARED: None}
    assert set(
        BudgetCap.objects.exclude(campaign__name=SHARED).values_list("state", flat=True)
    ) == {"confirmed"}


@pytest.mark.django_db(transaction=True)
def test_a_stop_does_not_wait_for_caps_that_hang(there: StandIn) -> None:
    account = PlatformAccount.objects.get().pk
    platforms.sync_platforms(NOON)
    caps.agree(NOON)
    there.fault("timeout", "set_cap", seconds=2)
    done: list[str] = []

    def cap() -> None:
        platforms.cap(account, lambda: NOON)
        done.append("capped")

    def stop() -> None:
        campaigns.pause(Campaign.objects.get(name="1102"), now=NOON)
        platforms.sync_platforms(NOON)
        done.append("stopped")

    with at_once() as start:
        for work in (cap, cap, stop):
            start(work)

    # The second finds that the account is being told caps.
    assert done[-1] == "capped"
    assert "1102" not in there.serving()
    tick(NOON + timedelta(minutes=5))
    assert budgets(there) == {"1101": 75, "1102": 75, SHARED: None}
