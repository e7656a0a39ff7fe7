"""What an error looks like, whatever its cause: problem details, as RFC 9457 has them.

Every kind of problem there is stands in :class:`Kind`. The page ``/api/v1/problems`` lists them,
and a problem's ``type`` is its place on that page.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from ads.api.frame.answers import as_json

MEDIA_TYPE: Final = "application/problem+json"
PAGE: Final = "/api/v1/problems"


class Kind(Enum):
    """A kind of problem: its HTTP status, what is wrong, and what to do about it."""

    MALFORMED = (400, "The request cannot be read", "Correct what the detail names.")
    NO_KEY = (401, "A valid key is needed", "Send it as `Authorization: Bearer <key>`.")
    NOT_SIGNED = (
        401,
        "The webhook is not signed as it must be",
        "Sign it as Standard Webhooks says, with the secret of the endpoint.",
    )
    MISSING_SCOPE = (403, "The key may not do this", "Use a key with the scope that is named.")
    NOT_FOUND = (404, "There is nothing here", "Check the address and the ids in it.")
    WRONG_METHOD = (405, "This address does not take the method", "Use one that Allow names.")
    CONFLICT = (
        409,
        "This contradicts what is recorded",
        "Nothing was changed. Send it as it was, under another id, or record a correction.",
    )
    NO_LENGTH = (411, "The length of the body is needed", "Send Content-Length.")
    TOO_LARGE = (413, "The body is too large", "Send it in smaller parts.")
    MEDIA_TYPE = (415, "The body is of a type that is not taken", "Send what the detail names.")
    INVALID = (
        422,
        "What was sent cannot be accepted",
        "Nothing was changed. Correct what `errors` lists and send it again.",
    )
    TOO_MANY = (429, "Too many requests", "Wait as many seconds as Retry-After says.")
    FAILED = (
        500,
        "The server has failed",
        "Send the request again; if it fails again, report its request id.",
    )
    UNAVAILABLE = (
        503,
        "The database cannot be reached",
        "Send the same request again after as many seconds as Retry-After says.",
    )

    ENDPOINT_OFF = (
        503,
        "The endpoint takes no webhooks for now",
        "Send it again after as many seconds as Retry-After says.",
    )

    def __init__(self, status: int, title: str, remedy: str) -> None:
        self.status = status
        self.title = title
        self.remedy = remedy

    @property
    def anchor(self) -> str:
        """Its place on the page of problems, such as ``missing-scope``."""
        return self.name.lower().replace("_", "-")

    @property
    def type(self) -> str:
        """Its address."""
        return f"{PAGE}#{self.anchor}"


class Problem(Exception):
    """Raised anywhere below an endpoint: the answer is this problem.

    Args:
        kind: which problem.
        detail: what is wrong this time, and what to do.
        errors: what is wrong with single rows or fields; each with ``field`` and ``reason``, and
            ``row``, ``line`` and ``value`` where there are such.
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


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as the answer to a request."""
    kind = problem.kind
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
    """The kind of problem with an HTTP status; for others of 4xx a malformed request."""
    for kind in Kind:
        if kind.status == status:
            return kind
    return Kind.MALFORMED if status < HTTPStatus.INTERNAL_SERVER_ERROR else Kind.FAILED


#: One problem, as the OpenAPI document has it.
SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What is wrong, and what to do (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "request_id", "errors"],
    "properties": {
        "type": {
            "type": "string",
            "description": "Which kind of problem: its place on the page of problems.",
            "enum": [kind.type for kind in Kind],
        },
        "title": {"type": "string", "description": "The same in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong this time, and what to do."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "request_id": {"type": "string", "description": "By which the server's log knows it."},
        "errors": {
            "type": "array",
            "description": "What is wrong with single rows or fields.",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {
                    "row": {"type": "integer", "description": "Which row, from 0."},
                    "line": {"type": "integer", "description": "Of NDJSON: its line, from 1."},
                    "field": {"type": "string"},
                    "value": {"type": ["string", "null"], "description": "What was given."},
                    "reason": {"type": "string", "description": "Why not, and what to do."},
                },
            },
        },
    },
}
REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


def documented(*kinds: Kind) -> dict[int, Any]:
    """For ``openapi_extra={"responses": …}``: what an endpoint that raises these may answer."""
    return {
        kind.status: {
            "description": f"{kind.title}. {kind.remedy}",
            "content": {MEDIA_TYPE: {"schema": REFERENCE}},
        }
        for kind in kinds
    }
