"""Google Ads as a kind of platform: its credentials, and where *Connect* leads."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar, Final

from ads.platforms.interface import Connector, Credential, OAuth

SERVICE_ACCOUNT: Final = "service_account"
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - a name
CLIENT_ID: Final = "client_id"
CLIENT_SECRET: Final = "client_secret"  # noqa: S105 - a name
LOGIN_CUSTOMER_ID: Final = "login_customer_id"
DEVELOPER_TOKEN: Final = "developer_token"  # noqa: S105 - a name

OPERATIONS_PER_DAY: Final = "operations_per_day"

SCOPE: Final = "https://www.googleapis.com/auth/adwords"


_CREDENTIALS: Final = (
    Credential(
        SERVICE_ACCOUNT,
        "Service account key",
        "The JSON file of a service account's key. Add the service account's email address to "
        "the Google Ads manager account as a user with standard access.",
        is_secret=True,
        is_required=False,
        is_long=True,
    ),
    Credential(
        REFRESH_TOKEN,
        "Refresh token",
        "From Connect, or of your own OAuth client. Not needed with a service account.",
        is_secret=True,
        is_required=False,
    ),
    Credential(
        CLIENT_ID,
        "OAuth client ID",
        "Of the client that the refresh token was given to.",
        is_required=False,
    ),
    Credential(
        CLIENT_SECRET,
        "OAuth client secret",
        "Of the same client.",
        is_secret=True,
        is_required=False,
    ),
    Credential(
        LOGIN_CUSTOMER_ID,
        "Manager account",
        "The ID of the manager account, such as 123-456-7890. Empty: every account that the "
        "login can open.",
        is_required=False,
    ),
    Credential(
        DEVELOPER_TOKEN,
        "Developer token",
        "Only for Google Cloud projects that still use one; Google stopped asking for it on "
        "September 9, 2026.",
        is_secret=True,
        is_required=False,
    ),
    Credential(
        OPERATIONS_PER_DAY,
        "Operations a day",
        "What Google allows the Cloud project: 2880 with Explorer access, 15000 with Basic "
        "(also if this is empty), 0 for Standard, which has no limit.",
        is_required=False,
    ),
)


@dataclass(frozen=True, slots=True)
class GoogleAds:
    """The platform: a login is a service account, or a person's consent (OAuth).

    ``endpoint``: of a stand-in, the address of its gRPC and that of its OAuth, with a comma
    between; "": Google's own.
    """

    endpoint: str = ""

    code: ClassVar[str] = "google_ads"
    name: ClassVar[str] = "Google Ads"
    credentials: ClassVar[Sequence[Credential]] = _CREDENTIALS
    usual_lag: ClassVar[str] = "usually within 3 hours"
    #: support.google.com/google-ads/answer/6312 (2026); campaigns that pay for conversions may go
    #: beyond it.
    overspend: ClassVar[Decimal | None] = Decimal(2)

    @property
    def oauth(self) -> OAuth:
        """Google's consent page. Without both extras it gives a refresh token only once."""
        oauth = self.endpoint.partition(",")[2]
        return OAuth(
            authorize_url=f"{oauth or 'https://accounts.google.com'}/o/oauth2/v2/auth",
            token_url=_token_url(oauth),
            scopes=(SCOPE,),
            token=REFRESH_TOKEN,
            client_id="GOOGLE_ADS_CLIENT_ID",
            client_secret="GOOGLE_ADS_CLIENT_SECRET",  # noqa: S106 - a setting's name
            extra={"access_type": "offline", "prompt": "consent"},
        )

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> Connector:
        """A connector that has signed in.

        Raises:
            CredentialsRefused: with the field's name, or with what Google said.
            Unreachable: Google's sign-in did not answer.
        """
        # The lines that gRPC writes by itself, of each handshake that fails, are not for our log.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        # The library takes a second and 95 MB, so only those processes import it that use it.
        from ads.platforms.google_ads.access import sign_in
        from ads.platforms.google_ads.connector import GoogleAdsConnector

        address, _, oauth = (endpoint or self.endpoint).partition(",")
        token_url, is_near = _token_url(oauth), bool(oauth)
        login = sign_in(credentials, timeout=timeout, token_url=token_url, is_near=is_near)
        return GoogleAdsConnector(login, timeout=timeout, address=address)


def _token_url(oauth: str) -> str:
    return f"{oauth or 'https://oauth2.googleapis.com'}/token"


PLATFORM: Final = GoogleAds()
