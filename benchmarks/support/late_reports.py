"""The simulated platform as one that reports late, and ticks of the whole engine."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ads.platforms.interface import Costs
from ads.platforms.simulated import SimulatedConnector
from ads.services import platforms
from ads.services.delivery import check
from ads.services.platforms.accounts import keep_simulated
from support.report import expect

TICK = timedelta(minutes=5)
ZONE = "America/New_York"


def tick(now: datetime) -> None:
    keep_simulated(now)
    accounts, _ = platforms.to_ask(now)
    for pk in accounts:
        expect("", platforms.ask(pk, now).error)
    check(now)
    expect((), platforms.sync_platforms(now).errors)


class reporting_late:  # noqa: N801 - reads as a function
    """Let the simulated platform answer with what was spent until ``lag`` ago."""

    def __init__(self, lag: timedelta) -> None:
        self._lag = lag
        self._costs: Any = SimulatedConnector.costs

    def __enter__(self) -> None:
        def costs(connector: Any, *given: Any, now: datetime, **more: Any) -> Costs:
            said: Costs = self._costs(connector, *given, now=now - self._lag, **more)
            return replace(said, asked_at=now)

        SimulatedConnector.costs = costs  # type: ignore[assignment,method-assign]

    def __exit__(self, *_: object) -> None:
        SimulatedConnector.costs = self._costs  # type: ignore[method-assign]
