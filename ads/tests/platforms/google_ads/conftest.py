"""The connector against the stand-in's process: real gRPC, TLS and OAuth, none of it mocked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ads.platforms.google_ads import PLATFORM
from ads.platforms.google_ads.connector import GoogleAdsConnector
from ads.platforms.interface import Account
from ads.tests.platforms.stand_in import StandIn
from stand_ins.google_ads.oauth import CLIENT_ID, CLIENT_SECRET
from stand_ins.world import Account as WorldAccount
from stand_ins.world import Campaign, World

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MANAGER = "7001000000"
US = Account("7001000001", "Client US", "America/New_York", "USD", MANAGER)
JP = Account("7001000002", "Client JP", "Asia/Tokyo", "JPY", MANAGER)
OWN = Account("7001000003", "Our own", "UTC", "EUR")

CREDENTIALS = {
    "refresh_token": "stand-in-token",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}
TIMEOUT = timedelta(seconds=5)


def world() -> World:
    """Two accounts under a manager and one without; six campaigns, of which some are special."""
    accounts = [
        WorldAccount(each.id, each.name, each.timezone, each.currency, each.parent)
        for each in (US, JP, OWN)
    ]
    began = Campaign("101", US.id, "Search", click=Decimal("1.35"), daily_budget=Decimal(2000))
    campaigns = [
        began,
        Campaign("102", US.id, "Shopping", click=Decimal("0.618034"), shared_budget="900"),
        Campaign("103", US.id, "Display", is_on=False, daily_budget=Decimal("12.34")),
        Campaign("104", US.id, "Old", is_removed=True, daily_budget=Decimal(5)),
        Campaign("105", US.id, "Launch"),
        Campaign("201", JP.id, "検索", click=Decimal(40), daily_budget=Decimal(100_000)),
    ]
    return World(
        {each.id: each for each in accounts},
        {each.id: each for each in campaigns},
        {"900": Decimal(180)},
        clock=NOW,
        began=NOW - timedelta(days=40),
    )


@pytest.fixture(scope="session")
def process() -> Iterator[StandIn]:
    with StandIn.started("google_ads") as stand_in:
        yield stand_in


@pytest.fixture
def google(process: StandIn) -> StandIn:
    process.reset(world())
    return process


@pytest.fixture
def connector(google: StandIn) -> Iterator[GoogleAdsConnector]:
    made = connect(google)
    yield made
    made.close()


def connect(
    google: StandIn, timeout: timedelta = TIMEOUT, **credentials: str
) -> GoogleAdsConnector:
    """A connector to the stand-in."""
    given = {**CREDENTIALS, **credentials}
    made = PLATFORM.connect(given, timeout=timeout, endpoint=google.address)
    assert isinstance(made, GoogleAdsConnector)
    return made
