"""Errors as problem details (RFC 9457).

:class:`Kind` has every kind of problem. The page ``/api/v1/problems`` lists them, and a problem's
``type`` is its anchor on that page.
"""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter

from ads.api.frame.answers import as_json

MEDIA_TYPE: Final = "application/problem+json"
PAGE: Final = "/api/v1/problems"

#: Characters of a name or a value that an answer repeats.
LONGEST_SHOWN: Final = 80


class Kind(Enum):
    """A kind of problem: its HTTP status, what is wrong, and what to do about it."""

    MALFORMED = (400, "The request is malformed", "Correct what the detail names.")
    NO_KEY = (401, "A valid key is required", "Send it as `Authorization: Bearer <key>`.")
    NOT_SIGNED = (
        401,
        "The webhook's signature is invalid",
        "Sign it with the endpoint's secret, as Standard Webhooks defines.",
    )
    MISSING_SCOPE = (403, "The key lacks a scope", "Use a key with the scope named.")
    NOT_FOUND = (404, "Not found", "Check the address and the ids in it.")
    WRONG_METHOD = (405, "Method not allowed", "Use a method named in Allow.")
    CONFLICT = (
        409,
        "The request conflicts with what is on record",
        "Nothing was changed. Send it as it was, use another id, or record a correction.",
    )
    OVERLAP = (
        409,
        "Another source has reported the same campaigns and days",
        "Nothing was changed. Say with `on_overlap` whether to add, replace or skip.",
    )
    NO_LENGTH = (411, "The length of the body is required", "Send Content-Length.")
    TOO_LARGE = (413, "The body is too large", "Send it in smaller parts.")
    MEDIA_TYPE = (415, "The media type is not supported", "Send a type that the detail names.")
    INVALID = (
        422,
        "The content is invalid",
        "Nothing was changed. Correct what `errors` lists and send it again.",
    )
    TOO_MANY = (429, "Too many requests", "Wait the number of seconds in Retry-After.")
    FAILED = (
        500,
        "The server failed",
        "Send the request again. If it fails again, report its request id.",
    )
    UNAVAILABLE = (
        503,
        "The database cannot be reached",
        "Send the same request again after the number of seconds in Retry-After.",
    )
    LOCKED = (
        503,
        "Another session of the database keeps it locked",
        "Send the same request again after the number of seconds in Retry-After.",
    )
    CLOCK_DIFFERS = (
        503,
        "The server's clock differs from the database's",
        "Send the same request again once the clock that is wrong has been set.",
    )
    ENDPOINT_OFF = (
        503,
        "The endpoint is disabled",
        "Send it again after the number of seconds in Retry-After.",
    )

    def __init__(self, status: int, title: str, remedy: str) -> None:
        self.status = status
        self.title = title
        self.remedy = remedy

    @property
    def anchor(self) -> str:
        """Its anchor on the page of problems, such as ``missing-scope``."""
        return self.name.lower().replace("_", "-")

    @property
    def type(self) -> str:
        """The URI that identifies it."""
        return f"{PAGE}#{self.anchor}"


class Problem(Exception):
    """Raised anywhere below an endpoint to answer with this problem.

    Args:
        kind: the kind of problem.
        detail: what is wrong in this case, and the remedy.
        errors: what is wrong with individual rows or fields, each with ``field`` and ``reason``,
            and ``row``, ``line`` and ``value`` where they apply.
        more: further members of the answer.
        headers: further headers of the answer.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.more = more or {}
        self.headers = headers or {}


def refuse(field: str, value: object, reason: str) -> Problem:
    """The problem with one parameter or field; None: no value is to be shown."""
    return invalid([wrong(field, value, reason)])


def invalid(errors: Sequence[Mapping[str, str]]) -> Problem:
    """The problem with these, made by :func:`wrong`; its detail is about the first."""
    first = errors[0]
    refused = f"{first['value']!r} is refused: " if first.get("value") else ""
    return Problem(Kind.INVALID, f"{first['field']}: {refused}{first['reason']}", errors=errors)


def wrong(field: str, value: object, reason: str) -> dict[str, str]:
    """A parameter or field, the value that was given as it is written, and what to do."""
    text = value if isinstance(value, str) else json.dumps(value, default=str).strip('"')
    given = {} if value is None else {"value": text[:LONGEST_SHOWN]}
    return {"field": field[:LONGEST_SHOWN], **given, "reason": reason}


#: For ``/metrics``, from the start, so that the first of a kind is an increase.
_ANSWERED: Final = Counter(
    "budget_manager_api_problems",
    "API requests that were answered with a problem.",
    ["kind"],
)
for _kind in Kind:
    _ANSWERED.labels(_kind.anchor)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as the answer to a request."""
    kind = problem.kind
    _ANSWERED.labels(kind.anchor).inc()
    content = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        "errors": list(problem.errors),
        **problem.more,
    }
    return HttpResponse(
        as_json(content), status=kind.status, content_type=MEDIA_TYPE, headers=problem.headers
    )


def with_status(status: int) -> Kind:
    """The kind of problem with this HTTP status; MALFORMED for any other 4xx."""
    for kind in Kind:
        if kind.status == status:
            return kind
    return Kind.MALFORMED if status < HTTPStatus.INTERNAL_SERVER_ERROR else Kind.FAILED


#: The schema of a problem in the OpenAPI document.
SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What is wrong, and the remedy (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "request_id", "errors"],
    "properties": {
        "type": {
            "type": "string",
            "description": "The kind of problem: its anchor on the page of problems.",
            "enum": [kind.type for kind in Kind],
        },
        "title": {"type": "string", "description": "The kind in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong in this case, and the remedy."},
        "instance": {"type": "string", "description": "The requested path."},
        "request_id": {
            "type": "string",
            "description": "The request's id in the log.",
        },
        "errors": {
            "type": "array",
            "description": "What is wrong with individual rows or fields.",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {
                    "row": {"type": "integer", "description": "Index of the row, from 0."},
                    "line": {"type": "integer", "description": "In NDJSON, the line, from 1."},
                    "field": {"type": "string"},
                    "value": {"type": ["string", "null"], "description": "The value sent."},
                    "reason": {
                        "type": "string",
                        "description": "Why, and the remedy.",
                    },
                    "overlap": {
                        "type": "object",
                        "description": "Of a day total: the amount sent, and what is on record of "
                        "it by source.",
                    },
                },
            },
        },
    },
}
REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


def documented(*kinds: Kind) -> dict[int, Any]:
    """For ``openapi_extra={"responses": …}`` of an endpoint that may answer with these."""
    described: dict[int, list[str]] = {}
    for kind in kinds:
        described.setdefault(kind.status, []).append(f"{kind.title}. {kind.remedy}")
    return {
        status: {
            "description": " Or: ".join(texts),
            "content": {MEDIA_TYPE: {"schema": REFERENCE}},
        }
        for status, texts in described.items()
    }
