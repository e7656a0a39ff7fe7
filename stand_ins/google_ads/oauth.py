"""Google's OAuth over HTTP: consent, and tokens for refresh tokens and service accounts."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from google.auth import exceptions, jwt

from stand_ins.google_ads.certificate import Files
from stand_ins.http import Reply, Request, Server, before_it_is_done, spoiled
from stand_ins.stage import Stage

CLIENT_ID = "stand-in-client"
CLIENT_SECRET = "stand-in-secret"  # noqa: S105 - opens nothing
_SCOPE = "https://www.googleapis.com/auth/adwords"
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME = 3599
_decode: Callable[..., Mapping[str, Any]] = jwt.decode


class OAuth:
    """The OAuth server, and the access tokens that it has given out."""

    def __init__(self, stage: Stage, files: Files, port: int) -> None:
        self._stage = stage
        self._files = files
        self.tokens: set[str] = set()
        #: Codes that are waiting to be exchanged, with their PKCE challenges.
        self._codes: dict[str, str] = {}
        self.server = Server(self._answer, port)

    def _answer(self, request: Request) -> Reply:
        if (request.method, request.path) == ("GET", "/o/oauth2/v2/auth"):
            return self._consent(request)
        if (request.method, request.path) != ("POST", "/token"):
            return Reply({"error": "not_found"}, 404)
        with self._stage.lock:
            fault = self._stage.faults.take("token")
        if reply := before_it_is_done(fault, self._stage.is_closing):
            return reply
        if fault and fault.kind == "revoked" and fault.code:
            more = {"error_subtype": fault.code, "error_description": f"reauth ({fault.code})"}
            return Reply({"error": "invalid_grant", **more}, 400)
        if fault and fault.kind in _FAULTS:
            return _FAULTS[fault.kind]
        with self._stage.lock:
            return spoiled(fault, self._token(request.form()))

    def _consent(self, request: Request) -> Reply:
        """Send whoever asks back with a code, as if they had agreed."""
        asked = request.query
        wanted = {"client_id": CLIENT_ID, "response_type": "code", "code_challenge_method": "S256"}
        if wrong := [name for name, value in wanted.items() if asked.get(name) != value]:
            return Reply(f"Error 400: {wrong[0]} is missing or wrong.", 400)
        if _SCOPE not in asked.get("scope", "").split() or "redirect_uri" not in asked:
            return Reply("Error 400: invalid_scope or redirect_uri_mismatch.", 400)
        code = secrets.token_urlsafe(16)
        with self._stage.lock:
            self._codes[code] = asked.get("code_challenge", "")
        back = urlencode({"code": code, "state": asked.get("state", ""), "scope": _SCOPE})
        return Reply("", 302, {"Location": f"{asked['redirect_uri']}?{back}"})

    def _token(self, form: dict[str, str]) -> Reply:
        kind = form.get("grant_type", "")
        if kind == _JWT:
            return self._for_service_account(form.get("assertion", ""))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _error("invalid_client", "The OAuth client was not found.", 401)
        if kind == "refresh_token":
            return self._for_refresh_token(form.get("refresh_token", ""))
        if kind == "authorization_code":
            return self._for_code(form.get("code", ""), form.get("code_verifier", ""))
        return _error("unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _for_refresh_token(self, token: str) -> Reply:
        settings = self._stage.world.settings
        if settings.is_revoked:
            return _REVOKED
        known = token == settings.secret
        return self._granted() if known else _error("invalid_grant", "Bad Request")

    def _for_code(self, code: str, verifier: str) -> Reply:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if self._codes.pop(code, None) != challenge:
            return _error("invalid_grant", "Invalid code verifier.")
        return self._granted(refresh_token=self._stage.world.settings.secret)

    def _for_service_account(self, assertion: str) -> Reply:
        try:
            claims = _decode(assertion, certs=self._files.certificate)
        except (ValueError, exceptions.GoogleAuthError):
            return _error("invalid_grant", "Invalid JWT Signature.")
        if _SCOPE not in str(claims.get("scope", "")).split():
            return _error("invalid_scope", "Invalid OAuth scope.")
        return _REVOKED if self._stage.world.settings.is_revoked else self._granted()

    def _granted(self, **more: str) -> Reply:
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self.tokens.add(token)
        return Reply(
            {
                "access_token": token,
                "expires_in": _LIFETIME,
                "scope": _SCOPE,
                "token_type": "Bearer",
                **more,
            }
        )


def _error(code: str, text: str, status: int = 400) -> Reply:
    return Reply({"error": code, "error_description": text}, status)


_REVOKED = _error("invalid_grant", "Token has been expired or revoked.")
_FAULTS: Mapping[str, Reply] = {
    "quota": _error("rate_limit_exceeded", "Too many requests.", 429),
    "server_error": _error("internal_failure", "Try again later.", 500),
    "revoked": _REVOKED,
}
