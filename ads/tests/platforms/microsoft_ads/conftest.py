"""One stand-in for all tests of a process, with the same small world at the start of each."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

import pytest

from ads.platforms.interface import Account
from ads.platforms.microsoft_ads import PLATFORM
from ads.platforms.microsoft_ads.connector import MicrosoftAdsConnector
from ads.tests.platforms.stand_in import StandIn
from stand_ins import world
from stand_ins.microsoft_ads.oauth import CLIENT_ID, CLIENT_SECRET
from stand_ins.microsoft_ads.server import DEVELOPER_TOKEN
from stand_ins.world import Campaign, World

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = NOON.date()
REFRESH_TOKEN = "M.C555_BAY.0.U.-StandInRefreshToken"  # noqa: S105 - opens nothing
NEW_YORK = Account("141001", "Shoes", "America/New_York", "USD", "9001")
BERLIN = Account("141002", "Schuhe", "Europe/Berlin", "EUR", "9001")
CREDENTIALS = {
    "developer_token": DEVELOPER_TOKEN,
    "refresh_token": REFRESH_TOKEN,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}
#: What no text may hold.
SECRETS = (REFRESH_TOKEN, DEVELOPER_TOKEN, CLIENT_SECRET, "of-stand-in", "sas-", "127.0.0.1")


def small_world() -> World:
    """Two accounts; campaigns of two types, with budgets of each kind, and one that is paused."""
    started = World(
        {
            each.id: world.Account(each.id, each.name, each.timezone, each.currency, each.parent)
            for each in (NEW_YORK, BERLIN)
        },
        {
            "301": Campaign(
                "301", "141001", "Brand", Decimal("1.35"), 60, daily_budget=Decimal(9999)
            ),
            "302": Campaign("302", "141001", "Shopping", Decimal("1.15"), 90, shared_budget="801"),
            "303": Campaign("303", "141001", "Paused", is_on=False, daily_budget=Decimal(20)),
            "304": Campaign("304", "141001", "ObjectiveBased, for its life", Decimal("0.07"), 45),
            "401": Campaign(
                "401", "141002", "Marke", Decimal("0.20"), 30, daily_budget=Decimal(800)
            ),
        },
        {"801": Decimal("5000.50")},
        clock=NOON,
    )
    started.settings.secret = REFRESH_TOKEN
    return started


class Connect(Protocol):
    """Makes a connector to the stand-in, which is closed after the test."""

    def __call__(
        self, credentials: Mapping[str, str] = ..., *, timeout: float = 20
    ) -> MicrosoftAdsConnector: ...


@pytest.fixture(scope="session")
def process() -> Iterator[StandIn]:
    with StandIn.started("microsoft_ads") as stand_in:
        yield stand_in


@pytest.fixture
def microsoft(process: StandIn) -> StandIn:
    """The stand-in with the small world."""
    process.reset(small_world())
    return process


@pytest.fixture
def connect(microsoft: StandIn) -> Iterator[Connect]:
    made = []

    def connect(
        credentials: Mapping[str, str] = MappingProxyType({}), *, timeout: float = 20
    ) -> MicrosoftAdsConnector:
        connector = PLATFORM.connect(
            {**CREDENTIALS, **credentials},
            timeout=timedelta(seconds=timeout),
            endpoint=microsoft.address,
        )
        assert isinstance(connector, MicrosoftAdsConnector)
        made.append(connector)
        return connector

    yield connect
    for connector in made:
        connector.close()


@pytest.fixture
def connector(connect: Connect) -> MicrosoftAdsConnector:
    return connect()
