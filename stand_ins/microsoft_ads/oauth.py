"""Sign-in: whoever opens its page agrees at once; refresh tokens are replaced as they are used."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from stand_ins.http import Reply, Request
from stand_ins.microsoft_ads.errors import Refusal, expired, not_accepted
from stand_ins.stage import Stage

PATH = "/common/oauth2/v2.0"
CLIENT_ID = "00001111-aaaa-2222-bbbb-3333cccc4444"
CLIENT_SECRET = "stand-in~client~secret"  # noqa: S105 - opens nothing
SCOPE = "https://ads.microsoft.com/msads.manage"
LASTS = timedelta(hours=1)


@dataclass(slots=True)
class OAuth:
    """Tokens that were given out. The world's secret is the first refresh token."""

    stage: Stage
    refresh_tokens: set[str] = field(default_factory=set)
    access_tokens: dict[str, datetime] = field(default_factory=dict)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def page(self, request: Request) -> Reply:
        asked = request.query
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            raise Refusal(0, "unauthorized_client", "AADSTS700016: Application was not found.")
        if SCOPE not in asked.get("scope", "").split():
            raise Refusal(0, "invalid_scope", f"AADSTS70011: scope={asked.get('scope')}")
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = asked
        query = urlencode({"code": code, "state": asked.get("state", "")})
        return Reply("", 302, {"Location": f"{asked['redirect_uri']}?{query}"})

    def token(self, request: Request) -> Reply:
        form = request.form()
        if form.get("client_id") != CLIENT_ID:
            raise Refusal(0, "unauthorized_client", "AADSTS700016: Application was not found.")
        if form.get("client_secret") != CLIENT_SECRET:
            secret = form.get("client_secret")
            raise Refusal(0, "invalid_client", f"AADSTS7000215: Invalid client secret {secret}.")
        if SCOPE not in form.get("scope", "").split():
            raise Refusal(0, "invalid_scope", "AADSTS70011: The scope is not valid.")
        match form.get("grant_type"):
            case "refresh_token":
                self._check_refresh_token(form.get("refresh_token", ""))
            case "authorization_code":
                self._check_code(form)
            case other:
                raise Refusal(0, "unsupported_grant_type", f"AADSTS70003: {other}")
        number = len(self.access_tokens) + 1
        access, refresh = f"access-{number}-of-stand-in", f"refresh-{number}-of-stand-in"
        self.access_tokens[access] = self.stage.world.now() + LASTS
        self.refresh_tokens.add(refresh)
        return Reply(
            {
                "token_type": "Bearer",
                "scope": SCOPE,
                "expires_in": int(LASTS.total_seconds()),
                "access_token": access,
                "refresh_token": refresh,
            }
        )

    def check(self, request: Request) -> None:
        """Refuse a request without an access token that is still good."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        ends = self.access_tokens.get(token)
        if ends is None or self.stage.world.settings.is_revoked:
            raise not_accepted(token)
        if ends <= self.stage.world.now():
            raise expired()

    def _check_refresh_token(self, token: str) -> None:
        settings = self.stage.world.settings
        if settings.is_revoked or token not in {settings.secret, *self.refresh_tokens}:
            message = f"AADSTS70000: The provided value for '{token}' is not valid or was revoked."
            raise Refusal(0, "invalid_grant", message)

    def _check_code(self, form: Mapping[str, str]) -> None:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            raise Refusal(0, "invalid_grant", "AADSTS70008: The code is not valid.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked.get("code_challenge") and challenge != asked["code_challenge"]:
            raise Refusal(0, "invalid_grant", "AADSTS501481: The Code_Verifier does not match.")
