"""Meta (Facebook and Instagram): the Marketing API, which is part of the Graph API v26.0.

- `errors`: what Meta's errors mean, and texts without secrets.
- `usage`: quotas, as its answers' headers say.
- `graph`: requests, pages and batches.
- `campaigns`: accounts, campaigns and budgets in the interface's shapes.
- `insights`: costs.
- `connector`: one connection.

Over plain HTTP: Meta's own library is one for the whole process and replaces its exception hook.
Each module says which public page its facts are from, and what has not been verified there.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from ads.platforms.interface import Connector, Credential, CredentialsRefused, OAuth, Platform
from ads.rules.platform_ids import is_number

VERSION: Final = "v26.0"
ENDPOINT: Final = "https://graph.facebook.com"

_CREDENTIALS: Final = (
    Credential(
        "access_token",
        "Access token",
        "Of a system user (Business settings > System users > Generate token), with the permissions"
        " ads_read, ads_management and business_management. It sees the ad accounts that are"
        " assigned to that user.",
        is_secret=True,
        is_long=True,
    ),
    Credential(
        "app_secret",
        "App secret",
        "Only if the app requires it (App settings > Advanced > Require app secret).",
        is_secret=True,
        is_required=False,
    ),
    Credential(
        "business_id",
        "Business ID",
        "Only the accounts that this business owns or works for. Empty: all that the token sees.",
        is_required=False,
    ),
)


class MetaAds:
    """The platform. ``endpoint``: the address of a stand-in; "": Meta's own.

    Facebook Login brings no refresh token: its token lasts for hours, and is exchanged for one of
    about 60 days.
    """

    def __init__(self, endpoint: str = "") -> None:
        self.endpoint = endpoint
        self.code = "meta_ads"
        self.name = "Meta Ads"
        self.credentials: Sequence[Credential] = _CREDENTIALS
        self.usual_lag = "usually within 30 minutes; final after 3 days"
        # "Up to 75 % above the daily budget" in its help pages (2026), and 7 times in a week.
        self.overspend: Decimal | None = Decimal("1.75")
        self.oauth: OAuth | None = OAuth(
            authorize_url=f"{endpoint or 'https://www.facebook.com'}/{VERSION}/dialog/oauth",
            token_url=f"{endpoint or ENDPOINT}/{VERSION}/oauth/access_token",
            scopes=("ads_read", "ads_management", "business_management"),
            token="access_token",  # noqa: S106 - the name of the field
            client_id="META_ADS_CLIENT_ID",
            client_secret="META_ADS_CLIENT_SECRET",  # noqa: S106 - the name of the variable
            extra={},
            exchange="fb_exchange_token",
        )

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> Connector:
        """A connector with these credentials.

        Raises:
            CredentialsRefused: a field is missing, or cannot be one.
        """
        from ads.platforms.meta_ads.connector import MetaAdsConnector

        given = {name: value.strip() for name, value in credentials.items()}
        token, business = given.get("access_token", ""), given.get("business_id", "")
        if not token:
            raise CredentialsRefused("Access token: it is missing.", remedy="Paste a token.")
        if not token.isascii() or any(character.isspace() for character in token):
            raise CredentialsRefused(
                "Access token: it contains characters that are not allowed.",
                remedy="Paste it again.",
            )
        if business and not is_number(business):
            raise CredentialsRefused(
                "Business ID: it is not a number.",
                remedy="Copy it from Meta's business settings > Business info.",
            )
        return MetaAdsConnector(
            token,
            app_secret=given.get("app_secret", ""),
            business=business,
            timeout=timeout,
            endpoint=endpoint or self.endpoint,
        )


PLATFORM: Final[Platform] = MetaAds()
