"""Spend arrives from the ad platforms, and the platforms learn whom to run."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import (
    AskedAccount,
    Campaign,
    CampaignReference,
    DeliveryChange,
    SimulatedSwitch,
    Spend,
    UnknownReference,
)
from ads.models.spend import Kind
from ads.platforms import KnownAs, ObservedTotal
from ads.services.delivery import lifecycle
from ads.services.ledger import DayTotal, record_all
from ads.services.platforms.updates import SpendUpdate, sync_platforms, update_spend
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import (
    NOON,
    SIMULATED,
    TODAY,
    FaultyPlatform,
    ScriptedPlatform,
    enforced,
    spent,
    update,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_spend_comes_in_while_a_campaign_delivers() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    enforced()

    first = update(NOON)
    assert (first.accounts, first.recorded, first.spend) == (1, 0, {})

    second = update(NOON + 5 * MINUTE)
    assert second.recorded == 1
    assert second.spend == {"USD": spent(campaign)}
    assert spent(campaign) > 0


def test_a_campaign_over_its_budget_stops_here_and_on_the_platform_in_one_run() -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal("0.10"))
    SimulatedSwitch.objects.create(campaign=campaign, at=NOON - HOUR, is_on=True, pace=75)
    enforced()

    done = update(NOON)

    assert done.switched == 1
    campaign.refresh_from_db()
    assert not campaign.is_active
    change = DeliveryChange.objects.latest("id")
    assert (change.campaign, change.is_active, change.holds) == (campaign, False, ["daily_budget"])
    assert change.daily_spend == spent(campaign) > Decimal("0.10")
    last = SimulatedSwitch.objects.latest("id")
    assert (last.is_on, last.at) == (False, NOON)

    before = spent(campaign)
    assert update(NOON + HOUR).recorded == 0
    assert spent(campaign) == before


def test_a_second_run_at_the_same_instant_changes_nothing() -> None:
    CampaignFactory.create_batch(3, daily_budget=75)
    enforced()
    update(NOON)
    update(NOON + HOUR)
    before = (Spend.objects.count(), SimulatedSwitch.objects.count())

    again = update(NOON + HOUR)

    assert again == SpendUpdate(accounts=3)
    assert (Spend.objects.count(), SimulatedSwitch.objects.count()) == before


def test_what_was_spent_between_the_last_tick_and_midnight_lands_on_its_own_day() -> None:
    tokyo = BrandFactory.create(timezone="Asia/Tokyo")
    campaign = CampaignFactory.create(brand=tokyo, daily_budget=None)
    midnight = datetime(2026, 3, 4, 15, tzinfo=UTC)  # 5 March begins in Tokyo
    enforced(midnight - HOUR)
    update(midnight - HOUR)
    update(midnight - 3 * MINUTE)
    before = spent(campaign, date(2026, 3, 4))

    update(midnight + 2 * MINUTE)

    assert spent(campaign, date(2026, 3, 4)) > before
    assert 0 < spent(campaign, date(2026, 3, 5)) < before


def test_an_account_that_fails_never_stops_the_others_and_loses_nothing() -> None:
    names = ("First", "Middle", "Last")
    campaigns = {name: CampaignFactory.create(brand__name=name, daily_budget=75) for name in names}
    enforced()
    update(NOON)

    done = update(NOON + HOUR, FaultyPlatform(seed=1, fails="Middle"))

    assert done.accounts == 3
    assert done.errors == ("simulated, Middle: TimeoutError: no answer after 5 s",)
    assert spent(campaigns["Middle"]) == 0
    assert spent(campaigns["First"]) > 0
    assert spent(campaigns["Last"]) > 0

    assert update(NOON + HOUR).errors == ()
    assert spent(campaigns["Middle"]) > 0


@pytest.mark.parametrize("part", ["accounts", "switch"])
def test_a_platform_that_is_down_never_stops_the_others(part: str) -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    enforced()
    update(NOON)
    lifecycle.pause(campaign, now=NOON + HOUR)
    down = FaultyPlatform(seed=1, source="down", fails=part)

    done = update_spend(NOON + HOUR, platforms=[down, SIMULATED])

    of_it = {error for error in done.errors if error.startswith("down")}
    assert of_it == {"down: ConnectionError: the platform is down"}
    assert done.spend["USD"] > 0
    assert sync_platforms(NOON + HOUR, platforms=[SIMULATED]).stopped == 0  # was told


@pytest.mark.parametrize("amount", ["NaN", "-1", "0.0000001", "1000000000000"])
def test_a_total_that_cannot_be_recorded_never_stops_the_others(amount: str) -> None:
    good, bad, also_good = CampaignFactory.create_batch(3, brand=BrandFactory.create())
    platform = ScriptedPlatform(
        seed=1,
        totals=tuple(
            ObservedTotal(campaign.pk, TODAY, Decimal(value), NOON)
            for campaign, value in ((good, "5"), (bad, amount), (also_good, "7"))
        ),
    )

    done = update(NOON, platform)

    (error,) = done.errors
    assert error.startswith(
        f"scripted: the total of campaign {bad.pk} on {TODAY} is refused: amount "
    )
    assert not AskedAccount.objects.exists()  # asked again for that day
    assert [spent(campaign) for campaign in (good, bad, also_good)] == [5, 0, 7]


def test_a_platform_may_report_by_what_it_knows_campaigns_by() -> None:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(brand=brand, daily_budget=10)
    enforced()
    CampaignReference.objects.create(
        campaign=campaign, platform="scripted", account="Acme", reference="7"
    )
    platform = ScriptedPlatform(
        seed=1,
        totals=(
            ObservedTotal(KnownAs("Acme", "7"), TODAY, Decimal(12), NOON),
            ObservedTotal(KnownAs("Acme", "8", "Spring"), TODAY, Decimal(5), NOON),
        ),
    )

    done = update(NOON, platform)

    assert done == SpendUpdate(
        accounts=1, recorded=1, spend={"USD": Decimal(12)}, waiting=1, switched=done.switched
    )
    assert AskedAccount.objects.get().last_success_at == NOON
    campaign.refresh_from_db()
    assert not campaign.is_active
    unknown = UnknownReference.objects.get()
    assert (unknown.platform, unknown.account, unknown.reference, unknown.name) == (
        "scripted", "Acme", "8", "Spring",
    )  # fmt: skip
    other = CampaignFactory.create(brand=brand)
    registry.match(unknown, other, now=NOON + MINUTE)
    assert [spent(campaign), spent(other)] == [12, 5]
    assert update(NOON, platform).recorded == 0


def test_what_a_platform_knows_by_two_ids_adds_up() -> None:
    campaign = CampaignFactory.create(brand__name="Acme")
    for reference in ("7", "8"):
        CampaignReference.objects.create(
            campaign=campaign, platform="scripted", account="Acme", reference=reference
        )
    both = [
        ObservedTotal(KnownAs("Acme", "7"), TODAY, Decimal(10), NOON),
        ObservedTotal(KnownAs("Acme", "8"), TODAY, Decimal(5), NOON),
    ]

    assert update(NOON, ScriptedPlatform(seed=1, totals=tuple(both))).spend == {"USD": 15}
    assert update(NOON, ScriptedPlatform(seed=1, totals=tuple(both))).recorded == 0
    by_id = ScriptedPlatform(seed=1, totals=(ObservedTotal(campaign.pk, TODAY, Decimal(15), NOON),))
    refused = update(NOON, by_id)

    assert refused.recorded == 0
    assert "has reported 2026-03-04 of campaign" in refused.errors[0]
    assert spent(campaign) == 15


def test_a_platform_hears_of_a_pause_and_of_a_return_without_any_spend() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    enforced()
    synced = sync_platforms(NOON, platforms=[SIMULATED])
    assert (synced.started, synced.stopped) == (1, 0)

    lifecycle.pause(campaign, now=NOON + MINUTE)
    synced = sync_platforms(NOON + MINUTE, platforms=[SIMULATED])
    assert (synced.started, synced.stopped) == (0, 1)

    lifecycle.activate(campaign, now=NOON + HOUR)
    synced = sync_platforms(NOON + HOUR, platforms=[SIMULATED])
    assert (synced.started, synced.stopped) == (1, 0)


def test_nothing_to_tell_costs_one_query() -> None:
    CampaignFactory.create_batch(5)
    enforced()
    sync_platforms(NOON, platforms=[SIMULATED])

    with CaptureQueriesContext(connection) as queries:
        sync_platforms(NOON + MINUTE, platforms=[SIMULATED])

    assert len(queries) == 1


def test_three_thousand_campaigns_take_a_handful_of_queries() -> None:
    brand = BrandFactory.create()
    Campaign.objects.bulk_create(
        Campaign(brand=brand, name=f"Campaign {n}", daily_budget=75) for n in range(3000)
    )
    enforced()
    update(NOON)

    with CaptureQueriesContext(connection) as queries:
        done = update(NOON + 5 * MINUTE)

    assert done.recorded == 3000
    assert len(queries) < 60


def test_a_total_that_another_source_has_on_record_is_not_recorded_and_is_shown() -> None:
    campaign, other = CampaignFactory.create_batch(2, brand=BrandFactory.create())
    enforced()
    hand_in = partial(record_all, source="file", now=NOON, kind=Kind.DAY_TOTAL)
    hand_in([DayTotal(campaign, TODAY, 40, NOON)])
    platform = ScriptedPlatform(
        seed=1,
        totals=(
            ObservedTotal(campaign.pk, TODAY, Decimal(45), NOON),
            ObservedTotal(other.pk, TODAY, Decimal(7), NOON),
        ),
    )

    done = update(NOON, platform)

    assert [spent(campaign), spent(other)] == [40, 7]
    (error,) = done.errors
    assert error.startswith(f"scripted: campaign {campaign.pk} on {TODAY}: source scripted reports")
    assert "$45.00, and on record is $40.00 by file. It is asked for again until the other" in error
    hand_in([DayTotal(campaign, TODAY, 0, NOON)])
    assert update(NOON + MINUTE, platform).errors == ()
    assert spent(campaign) == 45
