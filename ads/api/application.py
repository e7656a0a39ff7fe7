"""The API: its routers, its OpenAPI document and its pages."""

from copy import deepcopy
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI, Swagger
from ninja.errors import ValidationError, ValidationErrorContext
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from ads.api import actions, alerts, allowances, exports, keys, reading
from ads.api.frame import Kind, Readable, bodies, failures, problems
from ads.api.spend import batches, document, endpoints, webhooks
from ads.request_log import HEADER

DESCRIPTION: Final = """
Record spend, read spend and delivery, and switch campaigns.

**Keys.** Every request carries a key: `Authorization: Bearer <key>`. A key has scopes and a source
under which its spend is recorded. It may be limited to brands; others do not exist for it.

**Amounts** are exact, with up to six decimal places: send them as text (`"75.40"`) or as plain
numbers. Exponents and thousands separators are refused, and nothing is rounded. Answers give
amounts as text.

**Currencies** are those of the brands: answers with amounts name theirs in `currency`. A row may
name its own, and is refused if its brand has another.

**Retrying** any request is safe: it takes effect once.

**Errors** are [problem details](https://www.rfc-editor.org/rfc/rfc9457), and their `type` leads to
[the list of all problems](/api/v1/problems).

**Every answer** has `X-Request-ID`: the one that was sent (at most 128 printable ASCII characters
without spaces), or a new one. **Limits**: `RateLimit-Policy` gives the number of requests a key may
make per window (seconds), `RateLimit` how many remain (`r`) and the seconds until the window ends
(`t`). Answers are JSON, whatever `Accept` asks for.
"""

#: Problems that any request with a key may be answered with.
COMMON: Final = (
    Kind.MALFORMED,
    Kind.NO_KEY,
    Kind.MISSING_SCOPE,
    Kind.TOO_MANY,
    Kind.FAILED,
    Kind.UNAVAILABLE,
)
_LIMIT_HEADERS: Final = ("RateLimit-Policy", "RateLimit")


class Exact(Parser):
    """Reads bodies as those with spend are read: numbers as written, no name twice."""

    def parse_body(self, request: HttpRequest) -> Any:
        return bodies.parse_body(request.body)


class BudgetManagerAPI(NinjaAPI):
    """Ninja's API, whose document has the problems and headers that all endpoints share."""

    _schema: OpenAPISchema | None = None

    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """With what was given, which Ninja leaves out."""
        error = super().validation_error_from_error_contexts(error_contexts)
        given = (
            one["input"]
            for context in error_contexts
            for one in context.pydantic_validation_error.errors()
        )
        for one, value in zip(error.errors, given, strict=True):
            one["input"] = value
        return error

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        # Composed once: it takes long, and anyone may ask for it.
        if self._schema is None:
            self._schema = self._compose(**kwargs)
        return self._schema

    def _compose(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"] |= {"Problem": problems.SCHEMA, **document.SCHEMAS}
        for path in schema["paths"].values():
            for method, operation in path.items():
                _complete(operation, changes=method != "get")
        return schema


def _complete(operation: dict[str, Any], *, changes: bool) -> None:
    has_key = bool(operation.get("security"))
    kinds: tuple[Kind, ...] = COMMON if has_key else (Kind.MALFORMED, Kind.FAILED, Kind.UNAVAILABLE)
    if changes:
        kinds += (Kind.LOCKED, Kind.CLOCK_DIFFERS)
    responses = {**problems.documented(*kinds), **operation["responses"]}
    operation["responses"] = {code: deepcopy(responses[code]) for code in sorted(responses)}
    for code, response in operation["responses"].items():
        response["headers"] = {
            **response.get("headers", {}),
            **_headers(code, limited=has_key and code != Kind.NO_KEY.status),
        }


def _headers(code: int, *, limited: bool) -> dict[str, Any]:
    names = {HEADER: True}
    if limited:  # absent if a request fails before its key is read
        names |= dict.fromkeys(_LIMIT_HEADERS, code < Kind.MALFORMED.status)
    if code in (Kind.TOO_MANY.status, Kind.UNAVAILABLE.status):
        names["Retry-After"] = True
    if code == Kind.NO_KEY.status:
        names["WWW-Authenticate"] = True
    return {
        name: {"schema": {"type": "string"}, "required": required}
        for name, required in names.items()
    }


api = BudgetManagerAPI(
    title="Budget Manager",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-1",
    renderer=Readable(),
    parser=Exact(),
    # No validator: its badge would be fetched from another host.
    docs=Swagger(settings={"persistAuthorization": True, "validatorUrl": None}),
)
for _exception in tuple(api._exception_handlers):  # noqa: SLF001  (ninja's defaults, all replaced)
    api.add_exception_handler(_exception, failures.answer)
api.add_router("/spend", endpoints.router)
api.add_router("/batches", batches.router)
api.add_router("/key", keys.router)
api.add_router("", reading.router)
api.add_router("/exports", exports.router)
api.add_router("", actions.router)
api.add_router("", allowances.router)
api.add_router("", alerts.router)
api.add_router("", alerts.acting)
api.add_router("/webhooks", webhooks.router)


def list_problems(request: HttpRequest) -> HttpResponse:
    """The page that the ``type`` of a problem links to."""
    return render(request, "ads/api/problems.html", {"kinds": list(Kind)})
