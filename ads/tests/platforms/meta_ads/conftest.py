"""One stand-in for all tests of a process, with the same small world at the start of each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

import pytest

from ads.platforms.interface import Account
from ads.platforms.meta_ads.connector import MetaAdsConnector
from ads.tests.platforms.stand_in import StandIn
from stand_ins import world
from stand_ins.world import Campaign, World

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOON.date()
TOKEN = "EAAStandInSystemUserToken0042"  # noqa: S105 - opens nothing
NEW_YORK = Account("7001", "Shoes", "America/New_York", "USD", "9001")
BERLIN = Account("7002", "Schuhe", "Europe/Berlin", "EUR", "9001")


def small_world() -> World:
    """Two accounts; campaigns with budgets of each kind, and one that is paused."""
    started = World(
        {
            "7001": world.Account("7001", "Shoes", "America/New_York", "USD", "9001"),
            "7002": world.Account("7002", "Schuhe", "Europe/Berlin", "EUR", "9001"),
        },
        {
            "101": Campaign("101", "7001", "Brand", Decimal("0.35"), 60, daily_budget=Decimal(600)),
            "102": Campaign("102", "7001", "Generic", Decimal("1.15"), 90, parts_have_budgets=True),
            "103": Campaign("103", "7001", "Paused", is_on=False, parts_have_budgets=True),
            "104": Campaign("104", "7001", "Sale", Decimal("0.07"), 45),
            "201": Campaign("201", "7002", "Marke", Decimal("0.20"), 30, parts_have_budgets=True),
        },
        clock=NOON,
    )
    started.settings.secret = TOKEN
    return started


class Connect(Protocol):
    """Makes a connector to the stand-in, which is closed after the test."""

    def __call__(
        self, *, timeout: float = 20, token: str = TOKEN, app_secret: str = "", business: str = ""
    ) -> MetaAdsConnector: ...


@pytest.fixture(scope="session")
def process() -> Iterator[StandIn]:
    with StandIn.started("meta_ads") as stand_in:
        yield stand_in


@pytest.fixture
def meta(process: StandIn) -> StandIn:
    """The stand-in with the small world."""
    process.reset(small_world())
    return process


@pytest.fixture
def connect(meta: StandIn) -> Iterator[Connect]:
    made = []

    def connect(
        *, timeout: float = 20, token: str = TOKEN, app_secret: str = "", business: str = ""
    ) -> MetaAdsConnector:
        connector = MetaAdsConnector(
            token,
            app_secret=app_secret,
            business=business,
            timeout=timedelta(seconds=timeout),
            endpoint=meta.address,
            read_back_after=(0.0, 0.05),
        )
        made.append(connector)
        return connector

    yield connect
    for connector in made:
        connector.close()


@pytest.fixture
def connector(connect: Connect) -> MetaAdsConnector:
    return connect()
