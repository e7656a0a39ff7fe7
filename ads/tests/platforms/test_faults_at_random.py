"""Everything goes wrong at a platform, at random: for ``FAULTS_SECONDS`` at each one."""

import os
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as how
from hypothesis.stateful import run_state_machine_as_test

from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.machine import SECRET, ready
from ads.tests.platforms.stand_in import StandIn

SECONDS = float(os.environ.get("FAULTS_SECONDS", "6"))
FIRST_SEED = int(os.environ.get("FAULTS_SEED", "1"))
#: To shrink a failure to what matters takes minutes, so it is done where it is asked for.
SHRINK = [Phase.shrink] if os.environ.get("FAULTS_SHRINK") else []

pytestmark = [pytest.mark.real_clock, pytest.mark.faults, pytest.mark.django_db]

#: Which of those that a stand-in says it accepts are pasted.
CREDENTIALS = {
    "google_ads": ("refresh_token", "client_id", "client_secret"),
    "meta_ads": ("access_token",),
    "microsoft_ads": ("refresh_token", "developer_token", "client_id", "client_secret"),
}


@pytest.mark.parametrize("platform", CREDENTIALS)
def test_after_faults_at_random_everything_is_as_it_should_be(
    platform: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIMULATED_PLATFORM = False
    pauses = MetaAdsConnector.__init__.__kwdefaults__
    assert pauses is not None
    monkeypatch.setitem(pauses, "read_back_after", (0.0, 0.01))
    bounds = how(
        max_examples=2,
        stateful_step_count=25,
        deadline=None,
        database=None,
        phases=[Phase.generate, *SHRINK],
        suppress_health_check=list(HealthCheck),
    )
    ends = time.monotonic() + SECONDS
    number = FIRST_SEED
    with StandIn.started(platform) as stand_in:
        settings.PLATFORM_ENDPOINTS = {platform: stand_in.address}
        known = {**stand_in.addresses, "refresh_token": SECRET, "access_token": SECRET}
        credentials = {name: known[name] for name in CREDENTIALS[platform]}
        while time.monotonic() < ends:
            with ready(stand_in, credentials) as machine:
                try:
                    run_state_machine_as_test(seed(number)(machine), settings=bounds)
                except Exception as error:
                    error.add_note(f"FAULTS_SEED={number} repeats this.")
                    raise
            number += 1
