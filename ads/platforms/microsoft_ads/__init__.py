"""Microsoft Advertising: the REST API v13 (JSON), reports as zipped CSV.

- `errors`: what its error codes mean, and texts without secrets.
- `timezones`: IANA's names of its timezones.
- `access`: tokens and requests.
- `campaigns`: accounts and campaigns in the interface's shapes.
- `reports`: a report is ordered, asked for until it is done, fetched and read.
- `connector`: one connection.

Microsoft's own library imports 60 MB of generated models to send the same JSON. The facts are from
its documentation (learn.microsoft.com/advertising) and from the addresses and types in its library;
none has been tried with a real account.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from ads.platforms.interface import Connector, Credential, CredentialsRefused, OAuth

REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - names of fields
DEVELOPER_TOKEN: Final = "developer_token"  # noqa: S105
CLIENT_ID: Final = "client_id"
CLIENT_SECRET: Final = "client_secret"  # noqa: S105

_LOGIN: Final = "https://login.microsoftonline.com/common/oauth2/v2.0"
SCOPES: Final = ("https://ads.microsoft.com/msads.manage", "offline_access")

_CREDENTIALS: Final = (
    Credential(
        DEVELOPER_TOKEN,
        "Developer token",
        "From Microsoft Advertising's Developer Portal, as a Super Admin. One is enough for all "
        "accounts.",
        is_secret=True,
    ),
    Credential(
        REFRESH_TOKEN,
        "Refresh token",
        "From Connect, or of your own app, with the permission msads.manage.",
        is_secret=True,
        is_long=True,
    ),
    Credential(
        CLIENT_ID,
        "Application (client) ID",
        "Of the app that the refresh token was given to. Empty: the installation's own.",
        is_required=False,
    ),
    Credential(
        CLIENT_SECRET,
        "Client secret",
        "Of the same app. A native app has none.",
        is_secret=True,
        is_required=False,
    ),
)


class MicrosoftAds:
    """The platform; a person's consent (OAuth) and a developer token."""

    code = "microsoft_ads"
    name = "Microsoft Advertising"
    usual_lag = "usually within 3 hours"
    #: "Usually less than 100% above your daily limit", help.ads.microsoft.com, 51019 (2026).
    overspend: Decimal | None = Decimal(2)
    credentials: Sequence[Credential] = _CREDENTIALS
    oauth: OAuth | None = OAuth(
        authorize_url=f"{_LOGIN}/authorize",
        token_url=f"{_LOGIN}/token",
        scopes=SCOPES,
        token=REFRESH_TOKEN,
        client_id="MICROSOFT_ADS_CLIENT_ID",
        client_secret="MICROSOFT_ADS_CLIENT_SECRET",  # noqa: S106 - the name of a variable
        # Who is signed in to several accounts at Microsoft is asked for which.
        extra={"prompt": "select_account"},
    )

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> Connector:
        """A connector with these credentials.

        Raises:
            CredentialsRefused: a field is missing, or cannot be one.
        """
        from ads.platforms.microsoft_ads.connector import MicrosoftAdsConnector

        given = {each.name: credentials.get(each.name, "").strip() for each in _CREDENTIALS}
        for each in _CREDENTIALS:
            text = given[each.name]
            if not text and each.name != CLIENT_SECRET:
                raise CredentialsRefused(f"{each.label}: it is missing.", remedy="Enter it.")
            if not text.isascii() or any(character.isspace() for character in text):
                raise CredentialsRefused(
                    f"{each.label}: it contains characters that are not allowed.",
                    remedy="Paste it again.",
                )
        return MicrosoftAdsConnector(given, timeout=timeout, endpoint=endpoint)


PLATFORM: Final = MicrosoftAds()
