"""Tokens and requests of the REST API.

An access token lasts for an hour and is asked for with the refresh token, in whose place Microsoft
may send another (learn.microsoft.com/advertising/guides/authentication-oauth-get-tokens).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from ads.platforms.http import Answer, Bearer, Client, Deadline
from ads.platforms.interface import (
    Account,
    CredentialsRefused,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.microsoft_ads import (
    CLIENT_ID,
    CLIENT_SECRET,
    DEVELOPER_TOKEN,
    REFRESH_TOKEN,
    SCOPES,
)
from ads.platforms.microsoft_ads.errors import (
    EXPIRED,
    NAME,
    RECONNECT,
    ApiError,
    as_platform_error,
    errors_in,
    of_status,
    on_one_line,
    unreadable,
)

TOKEN_PATH: Final = "/common/oauth2/v2.0/token"  # noqa: S105 - a path
_LOGIN: Final = "https://login.microsoftonline.com"
_HOSTS: Final = {
    "CustomerManagement": "https://clientcenter.api.bingads.microsoft.com",
    "CampaignManagement": "https://campaign.api.bingads.microsoft.com",
    "Reporting": "https://reporting.api.bingads.microsoft.com",
}
#: Secrets of apps in Microsoft Entra expire after two years at most, by default after six months.
_NEW_SECRET: Final = (
    "The app's client secret is wrong or has expired: make a new one in Microsoft Entra, and enter "
    f"it or set MICROSOFT_ADS_CLIENT_SECRET. {RECONNECT}"
)
_OK: Final = 200
_SERVER_ERROR: Final = 500


class Access:
    """The API with one login. ``begin`` starts the clock of a call."""

    def __init__(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> None:
        self._credentials = dict(credentials)
        self._timeout = timeout
        self._endpoint = endpoint.rstrip("/")
        self._client = Client(NAME, is_near=bool(endpoint))
        self._token = ""
        names = (REFRESH_TOKEN, DEVELOPER_TOKEN, CLIENT_SECRET)
        self._secrets = {text for name in names if (text := credentials.get(name))}
        #: The refresh token, once Microsoft has sent another.
        self.changed: dict[str, str] = {}
        self.deadline = Deadline(timeout)

    def begin(self) -> None:
        self.deadline = Deadline(self._timeout)

    def ask(
        self,
        path: str,
        content: Mapping[str, Any],
        *,
        account: Account | None = None,
        method: str = "POST",
    ) -> Mapping[str, Any]:
        """The answer of an operation, such as ``CampaignManagement/v13/Campaigns``.

        Raises:
            PlatformError: it was not carried out. With Unreachable and UnreadableAnswer it is not
                known whether it was.
        """
        answer = self._send(method, path, content, account)
        said = self._content(answer)
        if any(error.code == EXPIRED for error in self.errors(said)):
            self._token = ""
            answer = self._send(method, path, content, account)
            said = self._content(answer)
        is_partial = isinstance(said, Mapping) and "PartialErrors" in said
        if not is_partial and (errors := self.errors(said)):
            raise as_platform_error(errors[0], of_account=account is not None)
        if answer.status != _OK:
            raise of_status(answer.status, answer.headers.get("Retry-After", ""))
        if not isinstance(said, Mapping):
            raise unreadable("an answer that is not an object")
        return said

    def download(self, address: str) -> bytes:
        """The file at an address that a report's answer gave, which itself lets its reader in."""
        if not address.startswith(self._endpoint or "https://"):
            raise unreadable("an address of a report that is not HTTPS")
        answer = self._client.ask("GET", address, self.deadline)
        if answer.status != _OK:
            raise Unreachable(f"{NAME} did not deliver its report (HTTP {answer.status}).")
        return answer.body

    def errors(self, said: object) -> list[ApiError]:
        """The errors in an answer, without secrets."""
        return errors_in(said, self._secrets)

    def close(self) -> None:
        self._client.close()

    def _send(
        self, method: str, path: str, content: Mapping[str, Any], account: Account | None
    ) -> Answer:
        headers = {"DeveloperToken": self._credentials[DEVELOPER_TOKEN]}
        if account:
            headers |= {"CustomerAccountId": account.id, "CustomerId": account.parent}
        host = self._endpoint or _HOSTS[path.partition("/")[0]]
        return self._client.ask(
            method,
            f"{host}/{path}",
            self.deadline,
            auth=Bearer(self._token or self._signed_in()),
            content=content,
            headers=headers,
        )

    def _content(self, answer: Answer) -> object:
        """What an answer says; nothing where an error has no JSON."""
        try:
            return answer.json()
        except UnreadableAnswer:
            if answer.status == _OK:
                raise
            return None

    def _signed_in(self) -> str:
        form = {
            "client_id": self._credentials[CLIENT_ID],
            "grant_type": "refresh_token",
            "refresh_token": self._credentials[REFRESH_TOKEN],
            "scope": " ".join(SCOPES),
        }
        if secret := self._credentials.get(CLIENT_SECRET):
            form["client_secret"] = secret
        host = self._endpoint or _LOGIN
        answer = self._client.ask("POST", f"{host}{TOKEN_PATH}", self.deadline, form=form)
        said = answer.json()
        if not isinstance(said, Mapping) or (answer.status != _OK and "error" not in said):
            raise of_status(answer.status, answer.headers.get("Retry-After", ""))
        if "error" in said:
            words = on_one_line(
                self._secrets, f"{said['error']}: {said.get('error_description') or ''}"
            )
            if answer.status >= _SERVER_ERROR or said["error"] == "temporarily_unavailable":
                raise Unreachable(f"Microsoft's sign-in says: {words}")
            remedy = _NEW_SECRET if said["error"] == "invalid_client" else RECONNECT
            raise CredentialsRefused(f"Microsoft's sign-in says: {words}", remedy=remedy)
        token, following = said.get("access_token"), said.get("refresh_token")
        if not isinstance(token, str) or not token:
            raise unreadable("no access token")
        if isinstance(following, str) and following != self._credentials[REFRESH_TOKEN]:
            self._credentials[REFRESH_TOKEN] = self.changed[REFRESH_TOKEN] = following
            self._secrets.add(following)
        self._token = token
        self._secrets.add(token)
        return token
