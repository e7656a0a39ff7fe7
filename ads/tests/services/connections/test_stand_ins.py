"""Every platform that has a stand-in: log in there, look, create, try; nothing is switched."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import requests

from ads.models import Campaign, CampaignReference
from ads.services.connections import choices, fits, kinds, lifecycle, look, oauth, try_out
from ads.tests.platforms.google_ads.conftest import world as google_world
from ads.tests.platforms.meta_ads.conftest import small_world as meta_world
from ads.tests.platforms.microsoft_ads.conftest import small_world as microsoft_world
from ads.tests.platforms.stand_in import StandIn
from ads.tests.services.connections.test_oauth import answer_of
from stand_ins.google_ads import oauth as google
from stand_ins.meta_ads import routes as meta
from stand_ins.microsoft_ads import oauth as microsoft
from stand_ins.microsoft_ads.server import DEVELOPER_TOKEN
from stand_ins.world import World

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db]


@dataclass(frozen=True)
class Case:
    """A platform: its world, the own app there, and what is entered beside the login."""

    code: str
    world: Callable[[], World]
    app: tuple[str, str]
    beside: dict[str, str] = field(default_factory=dict)
    ends_in: timedelta | None = None


CASES = [
    Case("google_ads", google_world, (google.CLIENT_ID, google.CLIENT_SECRET)),
    Case(
        "meta_ads", meta_world, (meta.APP_ID, meta.APP_SECRET), ends_in=timedelta(days=60)
    ),
    Case(
        "microsoft_ads",
        microsoft_world,
        (microsoft.CLIENT_ID, microsoft.CLIENT_SECRET),
        {"developer_token": DEVELOPER_TOKEN},
    ),
]  # fmt: skip


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.code)
def running(request: pytest.FixtureRequest) -> Iterator[tuple[Case, StandIn]]:
    with StandIn.started(request.param.code) as stand_in:
        yield request.param, stand_in


def test_a_login_there_becomes_brands_campaigns_and_platform_ids(
    running: tuple[Case, StandIn], settings: Any
) -> None:
    case, stand_in = running
    stand_in.reset(case.world())
    settings.PLATFORM_ENDPOINTS = {case.code: stand_in.address}
    for part, text in zip(("ID", "SECRET"), case.app, strict=True):
        setattr(settings, f"{case.code.upper()}_CLIENT_{part}", text)
    now = case.world().clock
    assert now
    before = stand_in.serving()

    kind = kinds.platform(case.code)
    address, begun = oauth.begin(kind, redirect="http://127.0.0.1:1/back", state="s")
    sent = requests.get(address, allow_redirects=False, timeout=5)
    brought = oauth.finish(begun, answer_of(sent.headers["Location"]), now=now)
    connection = lifecycle.add(
        platform=case.code,
        name="Agency",
        given={**case.beside, **brought.credentials},
        expires_at=brought.expires_at,
        now=now,
    )
    looked = look(connection, now=now)
    proposed = choices.proposed(fits.fits(connection))
    choices.apply(connection, proposed, seen=None, gives_hours=lambda: True, now=now)
    tried = try_out(connection, now=now)

    assert brought.expires_at == (case.ends_in and now + case.ends_in)
    assert looked.failed == {}
    assert looked.accounts == len(case.world().accounts)
    there = {one.id for one in case.world().campaigns.values() if not one.is_removed}
    assert set(CampaignReference.objects.values_list("reference", flat=True)) == there
    off = {one.name for one in case.world().campaigns.values() if not one.is_on}
    paused = Campaign.objects.filter(status="paused").values_list("name", flat=True)
    assert set(paused) == off - {
        one.name for one in case.world().campaigns.values() if one.is_removed
    }
    assert [(step.what.split()[0], step.is_good) for step in tried.steps[:3]] == [
        ("Accounts", True),
        ("Campaigns", True),
        ("Costs", True),
    ], tried.steps
    assert tried.steps[3].is_good is not False, tried.steps[3]
    assert stand_in.serving() == before
