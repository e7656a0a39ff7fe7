"""Turns every exception raised below ``/api/`` into a problem answer."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja.errors import HttpError, ValidationError

from ads.api.frame.problems import Kind, Problem, invalid, respond, with_status, wrong
from ads.services.lock_waits import Locked, is_in_the_way
from ads.services.operations import ClockDiffers, is_outage

logger = structlog.stdlib.get_logger(__name__)

#: Seconds after which a client may retry while the database is unreachable.
RETRY_AFTER: Final = 2

#: The same while clocks differ: somebody has to set one.
RETRY_AFTER_CLOCK: Final = 60

#: What is wrong, by the type of pydantic's error, whose messages name no remedy.
_REASONS: Final = {
    "missing": "it is missing.",
    "extra_forbidden": "there is no such field; leave it out.",
    "model_attributes_type": "give an object.",
    "string_type": "give text.",
    "string_too_short": "it must not be empty.",
    "string_too_long": "it is longer than {max_length} characters; shorten it.",
    "greater_than_equal": "use {ge} or more.",
    "less_than_equal": "use {le} or less.",
    "literal_error": "use {expected}.",
    "enum": "use {expected}.",
    "date_parsing": "there is no such date.",
    "date_from_datetime_parsing": "there is no such date.",
    "datetime_from_date_parsing": "there is no such instant.",
    "bool_type": "use true or false.",
    "bool_parsing": "use true or false.",
}

#: The same of what does not match its pattern, by name.
_PATTERNS: Final = {
    "cursor": "send next_cursor of the page before as it is; leave it out for the first page.",
    "Idempotency-Key": "use 1 to 190 printable ASCII characters without spaces.",
}

#: Django's exceptions that are the client's fault.
_KNOWN: Final = (
    (Http404, Kind.NOT_FOUND, "There is nothing at this address."),
    (UnreadablePostError, Kind.MALFORMED, "The body was cut short; send the request again."),
    (
        DisallowedHost,
        Kind.MALFORMED,
        "The server does not answer to this host name; ALLOWED_HOSTS lists those it answers to.",
    ),
    (
        (SuspiciousOperation, BadRequest),
        Kind.MALFORMED,
        "The address or a header of the request is invalid.",
    ),
    (PermissionDenied, Kind.MISSING_SCOPE, "This is not permitted."),
)


def answer(request: HttpRequest, error: Any) -> HttpResponse:
    """The answer to a request that failed with ``error``."""
    if isinstance(error, ValidationError):
        error = invalid([_wrong(one) for one in error.errors])
    return respond(request, as_problem(error))


def as_problem(error: Exception) -> Problem:
    """The problem to answer ``error`` with; logged if the server is at fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HttpError):
        if isinstance(error.__cause__, Problem):  # of a body, which Ninja says less about
            return error.__cause__
        return Problem(with_status(error.status_code), error.message)
    for classes, kind, detail in _KNOWN:
        if isinstance(error, classes):
            return Problem(kind, detail)
    if isinstance(error, ClockDiffers) or is_outage(error):
        return _passing(error)
    logger.error("A request failed", exc_info=error)
    return Problem(Kind.FAILED, "The server failed. Its log has the details under this request id.")


def _passing(error: Exception) -> Problem:
    """The problem where the same request can be answered later."""
    kind, wait = Kind.UNAVAILABLE, RETRY_AFTER
    detail = "The database cannot be reached or is busy."
    if isinstance(error, ClockDiffers):
        kind, wait, detail = Kind.CLOCK_DIFFERS, RETRY_AFTER_CLOCK, str(error)
    elif is_in_the_way(error):
        kind, detail = Kind.LOCKED, str(error if isinstance(error, Locked) else Locked(()))
    logger.warning(kind.title, error=str(error).partition("\n")[0])
    return Problem(
        kind,
        f"{detail} Nothing was changed: send the same request again.",
        headers={"Retry-After": str(wait)},
    )


def not_allowed(response: HttpResponse) -> Problem:
    """The problem for a method that the address does not allow; ``response`` is Django's answer."""
    allowed = ", ".join(sorted(response["Allow"].split(", ")))
    return Problem(Kind.WRONG_METHOD, f"This address allows {allowed}.", headers={"Allow": allowed})


def _wrong(one: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a parameter in the address, in a header or in a body."""
    field = str(one["loc"][-1])
    if one["type"] == "string_pattern_mismatch":
        reason = _PATTERNS[field]
    else:
        reason = _REASONS.get(one["type"], str(one["msg"])).format(**one.get("ctx", {}))
    return wrong(field, None if one["type"] == "missing" else one["input"], reason)
