"""Facebook Login: from the code to a token that lasts."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ads.platforms.interface import CredentialsRefused, PlatformError
from ads.platforms.meta_ads import MetaAds
from ads.platforms.meta_ads.tokens import long_lived
from ads.tests.platforms.meta_ads.conftest import TOKEN, Connect
from ads.tests.platforms.stand_in import StandIn
from stand_ins.meta_ads.routes import APP_ID, APP_SECRET, SHORT_LIVED

SECOND = timedelta(seconds=5)


def test_a_login_brings_a_token_that_is_exchanged_for_one_of_sixty_days(meta: StandIn) -> None:
    oauth = MetaAds(meta.address).oauth
    assert oauth
    query = {"client_id": APP_ID, "state": "s", "redirect_uri": "http://127.0.0.1:1/back"}
    sent = requests.get(oauth.authorize_url, query, allow_redirects=False, timeout=5)
    back = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert back["state"] == ["s"]
    form = {"client_id": APP_ID, "client_secret": APP_SECRET, "code": back["code"][0]}
    brought = requests.post(oauth.token_url, form, timeout=5).json()
    assert brought["access_token"] == SHORT_LIVED
    assert long_lived(
        brought["access_token"],
        app_id=APP_ID,
        app_secret=APP_SECRET,
        timeout=SECOND,
        endpoint=meta.address,
    ) == (TOKEN, timedelta(days=60))


def test_when_a_token_ends_is_known(connect: Connect) -> None:
    assert connect().expires_at() is None  # a system user's
    ends = connect(token=SHORT_LIVED).expires_at()
    assert ends
    assert timedelta(minutes=50) < ends - datetime.now(UTC) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("token", "secret", "error"),
    [("EAAsomething012345678", APP_SECRET, CredentialsRefused), (SHORT_LIVED, "no", PlatformError)],
)
def test_an_exchange_that_is_refused_repeats_no_secret(
    meta: StandIn, token: str, secret: str, error: type[PlatformError]
) -> None:
    with pytest.raises(error) as raised:
        long_lived(token, app_id=APP_ID, app_secret=secret, timeout=SECOND, endpoint=meta.address)
    assert token not in str(raised.value)


def test_meta_itself_is_asked_over_tls() -> None:
    oauth = MetaAds().oauth
    assert oauth
    assert (oauth.authorize_url, oauth.token_url) == (
        "https://www.facebook.com/v26.0/dialog/oauth",
        "https://graph.facebook.com/v26.0/oauth/access_token",
    )
