"""Authentication: an API key in the ``Authorization`` header, and its scopes."""

from typing import Any

import structlog
from django.http import HttpRequest
from ninja.security import HttpBearer

from ads.api.frame import limits
from ads.api.frame.problems import Kind, Problem
from ads.api.frame.requests import ApiRequest
from ads.client_address import client_address
from ads.models.access import Scope
from ads.request_log import sent_by
from ads.services.senders import Caller, api_keys

logger = structlog.stdlib.get_logger(__name__)

_HOW = "Send the key as 'Authorization: Bearer <key>'."


class ApiKey(HttpBearer):
    """Admits keys with ``scope`` (None: any key); changes are recorded under the key's name."""

    openapi_bearerFormat = "bm_…"  # noqa: N815  (OpenAPI's own name)
    openapi_description = (
        "A key made in the admin or with `manage.py api_key create`. It is shown once."
    )

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            raise _refused(f"No key was sent. {_HOW}")
        if scheme.lower() != "bearer":
            raise _refused(f"The Authorization header does not use the Bearer scheme. {_HOW}")
        return self.authenticate(request, token.strip())

    def authenticate(self, request: Any, token: str) -> Caller:
        asked: ApiRequest = request
        try:
            caller = api_keys.authenticate(token, asked.now)
        except api_keys.ApiKeyRefused as error:
            logger.warning("API key refused", address=client_address(request), reason=str(error))
            limits.count_failure(client_address(request), asked.now)
            raise _refused(str(error), code="invalid_token") from error
        asked.auth = caller
        asked.entered.enter_context(sent_by(asked, f"key: {caller.name}"))
        asked.allowance = limits.count(caller, asked.now)
        limits.check(asked.allowance)
        if self.scope is not None and self.scope not in caller.scopes:
            raise Problem(
                Kind.MISSING_SCOPE,
                f"The key {caller.name!r} does not have the scope {self.scope.value}; it has "
                f"{', '.join(sorted(caller.scopes))}. Use a key with that scope, or make one.",
                headers={
                    "WWW-Authenticate": 'Bearer error="insufficient_scope", '
                    f'scope="{self.scope.value}"'
                },
            )
        return caller


def _refused(detail: str, *, code: str = "") -> Problem:
    error = f', error="{code}"' if code else ""
    return Problem(
        Kind.NO_KEY, detail, headers={"WWW-Authenticate": f'Bearer realm="Budget Manager"{error}'}
    )
