"""Connecting Meta, against its stand-in: by Facebook Login, or with a system user's token."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from ads.models import Brand, Campaign, Connection
from ads.services import platform_credentials
from ads.services.connections import choices, fits, kinds, lifecycle, look, oauth, try_out
from ads.tests.platforms.meta_ads.conftest import TOKEN, small_world
from ads.tests.platforms.stand_in import StandIn
from ads.tests.services.connections.test_oauth import answer_of
from stand_ins.meta_ads.routes import APP_ID, APP_SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def process() -> Iterator[StandIn]:
    with StandIn.started("meta_ads") as stand_in:
        yield stand_in


@pytest.fixture
def meta(process: StandIn, settings: Any) -> StandIn:
    process.reset(small_world())
    settings.PLATFORM_ENDPOINTS = {"meta_ads": process.address}
    settings.META_ADS_CLIENT_ID, settings.META_ADS_CLIENT_SECRET = APP_ID, APP_SECRET
    return process


@pytest.fixture
def system_user(meta: StandIn, now: datetime) -> Connection:
    """A connection with a token that lasts."""
    return lifecycle.add(platform="meta_ads", name="Shoes", given={"access_token": TOKEN}, now=now)


def test_a_login_becomes_a_token_of_sixty_days(meta: StandIn) -> None:
    kind = kinds.platform("meta_ads")
    now = timezone.now()
    address, begun = oauth.begin(kind, redirect="http://127.0.0.1:1/back", state="s")
    sent = requests.get(address, allow_redirects=False, timeout=5)

    brought = oauth.finish(begun, answer_of(sent.headers["Location"]), now=now)

    made = lifecycle.add(
        platform="meta_ads",
        name="Shoes",
        given=brought.credentials,
        expires_at=brought.expires_at,
        now=now,
    )
    assert platform_credentials.of(made) == {"access_token": TOKEN}
    assert made.expires_at == now + timedelta(days=60)


def test_its_accounts_become_brands_and_its_campaigns_campaigns(
    system_user: Connection, now: datetime
) -> None:
    looked = look(system_user, now=now)
    proposed = choices.proposed(fits.fits(system_user))

    choices.apply(system_user, proposed, seen=None, gives_hours=lambda: True, now=now)

    assert (looked.accounts, looked.campaigns, looked.failed) == (2, 5, {})
    brands = Brand.objects.order_by("name").values_list("name", "timezone", "currency")
    assert list(brands) == [
        ("Schuhe", "Europe/Berlin", "EUR"),
        ("Shoes", "America/New_York", "USD"),
    ]
    made = Campaign.objects.order_by("brand__name", "name")
    assert list(made.values_list("name", "status", "daily_budget")) == [
        ("Marke", "active", None),
        ("Brand", "active", 600),
        ("Generic", "active", None),
        ("Paused", "paused", None),
        ("Sale", "active", None),
    ]


def test_trying_it_counts_what_is_there_and_switches_nothing(
    system_user: Connection, meta: StandIn
) -> None:
    before = meta.serving()

    tried = try_out(system_user, account="7001", now=timezone.now())

    assert [step.is_good for step in tried.steps][:3] == [True, True, True]
    assert tried.steps[1].text == "4 campaigns, 3 switched on."
    assert meta.serving() == before


def test_a_token_that_is_revoked_is_said(system_user: Connection, meta: StandIn) -> None:
    meta.configure(secret="another")  # noqa: S106

    tried = try_out(system_user, now=timezone.now())

    system_user.refresh_from_db()
    assert tried.steps[0].is_good is False
    assert system_user.state == "refused"
    assert TOKEN not in system_user.problem
