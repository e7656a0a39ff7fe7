"""Facebook Login, and when a token ends."""

from datetime import UTC, datetime, timedelta

from ads.platforms.meta_ads import MetaAds
from ads.tests.platforms.meta_ads.conftest import Connect
from stand_ins.meta_ads.routes import SHORT_LIVED


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
