"""Processes that are killed at any moment, stopped, or started twice."""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

import psutil
import pytest

from budget_manager.processes import parse_procfile
from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import LEFT_OUT, Stack
from budget_manager.tests.support import ROOT, wait_for

pytestmark = pytest.mark.faults

NAMES = [name for name in parse_procfile((ROOT / "Procfile").read_text()) if name not in LEFT_OUT]
KILLS = 3


@pytest.mark.parametrize("name", NAMES)
def test_a_process_is_killed_at_random_points_and_started_again(
    stack: Stack, load: Load, all_is_well: Callable[[], None], name: str
) -> None:
    random = Random(name)
    for _ in range(KILLS):
        time.sleep(random.uniform(0.05, 1.5))  # the point
        stack.kill(name)
        stack.start()

    all_is_well()


def test_children_of_every_pool_are_killed_at_random_points(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    random = Random(2)
    killed = 0
    for name in NAMES * KILLS:
        pool = stack.children(name)
        if not pool:
            continue
        time.sleep(random.uniform(0.05, 0.5))
        with suppress(psutil.NoSuchProcess):
            random.choice(pool).kill()
            killed += 1

    assert killed >= KILLS * len(stack.workers)
    all_is_well()


def test_everything_is_stopped_as_for_an_upgrade_and_started_again(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    for name in stack.processes:
        stack.kill(name, signal.SIGTERM)
    before = len(load.acknowledged)
    assert all(process.poll() is not None for process in stack.processes.values())

    stack.start()

    load.await_more()
    assert len(load.acknowledged) > before
    all_is_well()


def test_two_beats_and_twice_the_workers_switch_each_campaign_once(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    second = [stack.spawn(name) for name in ("beat", *stack.workers)]
    try:
        # Until a second set has come up and has done what there is to do.
        for _ in range(3):
            stack.one_check()
        assert wait_for(lambda: all(one.poll() is None for one in second), PATIENCE)

        all_is_well()
    finally:
        for one in second:
            one.terminate()
            one.wait(PATIENCE)
