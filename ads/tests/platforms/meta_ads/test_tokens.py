"""Facebook Login: from the code to a token that lasts."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ads.platforms.meta_ads import MetaAds
from ads.tests.platforms.meta_ads.conftest import TOKEN, Connect
from ads.tests.platforms.stand_in import StandIn
from stand_ins.meta_ads.routes import APP_ID, APP_SECRET, SHORT_LIVED

pytestmark = pytest.mark.real_clock


def test_a_login_brings_a_token_that_is_exchanged_for_one_of_sixty_days(meta: StandIn) -> None:
    oauth = MetaAds(meta.address).oauth
    assert oauth
    query = {"client_id": APP_ID, "state": "s", "redirect_uri": "http://127.0.0.1:1/back"}
    sent = requests.get(oauth.authorize_url, query, allow_redirects=False, timeout=5)
    back = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert back["state"] == ["s"]
    app = {"client_id": APP_ID, "client_secret": APP_SECRET}
    form = {**app, "grant_type": "authorization_code", "code": back["code"][0]}
    brought = requests.post(oauth.token_url, form, timeout=5).json()
    assert brought["access_token"] == SHORT_LIVED
    form = {**app, "grant_type": oauth.exchange, oauth.exchange: SHORT_LIVED}
    lasting = requests.post(oauth.token_url, form, timeout=5).json()
    assert (lasting["access_token"], lasting["expires_in"]) == (TOKEN, 60 * 24 * 3600)


def test_when_a_token_ends_is_known(connect: Connect) -> None:
    assert connect().expires_at() is None  # a system user's
    ends = connect(token=SHORT_LIVED).expires_at()
    assert ends
    assert timedelta(minutes=50) < ends - datetime.now(UTC) <= timedelta(hours=1)


def test_meta_itself_is_asked_over_tls() -> None:
    oauth = MetaAds().oauth
    assert oauth
    assert (oauth.authorize_url, oauth.token_url) == (
        "https://www.facebook.com/v26.0/dialog/oauth",
        "https://graph.facebook.com/v26.0/oauth/access_token",
    )
