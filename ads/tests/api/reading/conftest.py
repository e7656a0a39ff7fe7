"""A program that reads, and the clock it reads by."""

from collections.abc import Iterator

import pytest
import time_machine

from ads.models import Campaign
from ads.tests.api.support import Program, key_for
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON


@pytest.fixture
def program() -> Program:
    return Program(key_for(scopes=("read",)))


@pytest.fixture
def limited(foreign: Campaign) -> Program:
    """A program whose key is limited to a brand that is not the foreign one."""
    mine = BrandFactory.create(name="Mine")
    CampaignFactory.create(brand=mine)
    return Program(key_for(scopes=("read", "campaigns:act"), brands=(mine,)))


@pytest.fixture
def foreign() -> Campaign:
    return CampaignFactory.create(brand__name="Foreign", daily_budget=0)


@pytest.fixture
def noon() -> Iterator[None]:
    """The clock stands at noon in UTC, on Wednesday, 15 May 2024."""
    with time_machine.travel(NOON, tick=False):
        yield
