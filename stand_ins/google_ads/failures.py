"""How Google Ads says no: a status, and a GoogleAdsFailure in the trailing metadata."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import grpc
from google.ads.googleads.v26.errors.types.errors import GoogleAdsError, GoogleAdsFailure
from google.rpc.status_pb2 import Status

VERSION = "v26"
_KEY = f"google.ads.googleads.{VERSION}.errors.googleadsfailure-bin"
_TYPE = f"type.googleapis.com/google.ads.googleads.{VERSION}.errors.GoogleAdsFailure"

_STATUS = {
    "authentication_error": grpc.StatusCode.UNAUTHENTICATED,
    "authorization_error": grpc.StatusCode.PERMISSION_DENIED,
    "internal_error": grpc.StatusCode.INTERNAL,
    "quota_error": grpc.StatusCode.RESOURCE_EXHAUSTED,
}


@dataclass
class Refusal(Exception):
    """One error: its code, such as ``query_error.EXPECTED_FROM``, and where it is.

    ``operation`` is the number of the operation of a mutate that it concerns, and ``field`` the
    field of it.
    """

    code: str
    text: str
    operation: int | None = None
    field: str = ""
    retry_after: timedelta | None = None

    def error(self) -> Any:
        kind, name = self.code.split(".")
        error = GoogleAdsError(error_code={kind: name}, message=self.text)
        path: list[dict[str, str | int]] = []
        if self.operation is not None:
            path.append({"field_name": "operations", "index": self.operation})
        if self.field:
            path.append({"field_name": self.field})
        error.location.field_path_elements = path
        if self.retry_after is not None:
            error.details.quota_error_details = {
                "rate_name": "Requests per day",
                "rate_scope": "DEVELOPER",
                "retry_delay": self.retry_after,
            }
        return error


def failure(refusals: list[Refusal]) -> bytes:
    return bytes(
        GoogleAdsFailure.serialize(GoogleAdsFailure(errors=[each.error() for each in refusals]))
    )


def partial(refusals: list[Refusal]) -> Any:
    """What an answer with partial failures says of those."""
    status = Status(code=grpc.StatusCode.INVALID_ARGUMENT.value[0], message=refusals[0].text)
    status.details.add(type_url=_TYPE, value=failure(refusals))
    return status


def abort(context: grpc.ServicerContext, refusals: list[Refusal]) -> NoReturn:
    status = _STATUS.get(refusals[0].code.split(".")[0], grpc.StatusCode.INVALID_ARGUMENT)
    context.set_trailing_metadata(((_KEY, failure(refusals)), ("request-id", "stand-in")))
    context.abort(status, refusals[0].text)
    raise AssertionError("abort() raises")
