"""Turns every exception raised below ``/api/`` into a problem answer."""

from collections.abc import Iterator
from typing import Any, Final

import structlog
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja.errors import HttpError, ValidationError

from ads.api.frame.problems import Kind, Problem, respond, with_status
from ads.services.lock_waits import Locked, is_in_the_way
from ads.services.operations import ClockDiffers, is_outage

logger = structlog.stdlib.get_logger(__name__)

#: Seconds after which a client may retry while the database is unreachable.
RETRY_AFTER: Final = 2

#: The same while clocks differ: somebody has to set one.
RETRY_AFTER_CLOCK: Final = 60

#: Characters of a rejected value that an answer repeats.
LONGEST_SHOWN: Final = 80

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
        error = _invalid(request, error)
    return respond(request, as_problem(error))


def as_problem(error: Exception) -> Problem:
    """The problem to answer ``error`` with; logged if the server is at fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HttpError):
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


def _invalid(request: HttpRequest, error: ValidationError) -> Problem:
    """The problem for invalid parameters in the address or in headers."""
    errors = list(_parameters(request, error))
    detail = f"{errors[0]['field']}: {errors[0]['reason']}"
    return Problem(Kind.INVALID, detail, errors=errors)


def _parameters(request: HttpRequest, error: ValidationError) -> Iterator[dict[str, str]]:
    """Each invalid parameter: ``field`` is its bare name, without its location."""
    given = request.GET.dict()
    if request.resolver_match is not None:
        given |= {name: str(value) for name, value in request.resolver_match.kwargs.items()}
    for one in error.errors:
        names = [str(part) for part in one["loc"][1:]] or [str(one["loc"][0])]
        field = ".".join(names)
        value = {"value": given[field][:LONGEST_SHOWN]} if field in given else {}
        yield {"field": field, **value, "reason": str(one["msg"])}
