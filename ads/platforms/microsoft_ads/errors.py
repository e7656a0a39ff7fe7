"""What Microsoft Advertising's errors mean.

Its answers name errors by numbers, in three shapes: lists of ``OperationErrors`` and
``BatchErrors``, of ``Errors``, and ``PartialErrors`` of a call that has done the rest
(learn.microsoft.com/advertising/guides/operation-error-codes).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ads.platforms.interface import (
    AccountGone,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
    without,
)

NAME: Final = "Microsoft Advertising"
RECONNECT: Final = "Connect again, as a user who may manage the accounts."

#: The access token has expired: a new one is asked for.
EXPIRED: Final = 109
_NOT_ACCEPTED: Final = {105, 108, 109, 120, 122}
_NOT_ALLOWED: Final = 106
_NO_SUCH_ACCOUNT: Final = {1102, 2035}
_TOO_MANY_CALLS: Final = 117
_TOO_MANY_REPORTS: Final = 207
#: Asking again may help.
INTERNAL: Final = 0
#: As Microsoft says: "after waiting 60 seconds".
_MINUTE: Final = timedelta(seconds=60)
#: Seconds that Retry-After may say, and its digits.
_DAY: Final = 24 * 60 * 60
_LONGEST_NUMBER: Final = 6

_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429
_UNAUTHORIZED: Final = 401
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class ApiError:
    """One error. ``index``: of the item in the request that it is about, if it says so."""

    code: int
    name: str
    text: str
    index: int | None = None

    def __str__(self) -> str:
        return f"{self.text or self.name or 'an error without a text'} (code {self.code})"


def errors_in(content: object, secrets: Collection[str]) -> list[ApiError]:
    """The errors of an answer, without any secret; [] if it is none."""
    if not isinstance(content, Mapping):
        return []
    lists = ("OperationErrors", "BatchErrors", "Errors", "PartialErrors")
    found = [content[name] for name in lists if isinstance(content.get(name), list)]
    return [_read(each, secrets) for some in found for each in some if isinstance(each, Mapping)]


def _read(said: Mapping[str, Any], secrets: Collection[str]) -> ApiError:
    code, index = said.get("Code"), said.get("Index")
    texts = [said.get("Message"), said.get("Details") or said.get("Detail")]
    text = " ".join(str(each).strip() for each in texts if each)
    return ApiError(
        code if isinstance(code, int) else -1,
        str(said.get("ErrorCode") or ""),
        on_one_line(secrets, text),
        index if isinstance(index, int) else None,
    )


def on_one_line(secrets: Collection[str], text: str) -> str:
    """A text of the platform's, without secrets and not too long."""
    return " ".join(without(secrets, text).split())[:_LONGEST]


def as_platform_error(error: ApiError, *, of_account: bool) -> PlatformError:
    """What the interface calls it.

    Args:
        of_account: the call was about one account, so the others may well be open to the login.
    """
    text = f"{NAME} says: {error}."
    code = error.code
    if code == _TOO_MANY_CALLS:
        return OutOfQuota(text, retry_after=_MINUTE)
    if code == _TOO_MANY_REPORTS:
        return OutOfQuota(text)
    is_inactive = code in _NOT_ACCEPTED and "AccountInactive" in error.text
    if code in _NO_SUCH_ACCOUNT or (of_account and (code == _NOT_ALLOWED or is_inactive)):
        return AccountGone(text, remedy="Check that the connected user may open this account.")
    if code in _NOT_ACCEPTED or code == _NOT_ALLOWED:
        return CredentialsRefused(text, remedy=RECONNECT)
    if code == INTERNAL:
        return Unreachable(text)
    return PlatformError(text)


def of_status(status: int, retry_after: str) -> PlatformError:
    """What an answer without errors in it means that is no success."""
    text = f"{NAME} answered with HTTP {status}."
    if status == _TOO_MANY_REQUESTS:
        is_number = retry_after.isascii() and retry_after.isdigit()
        seconds = min(int(retry_after[:_LONGEST_NUMBER]), _DAY) if is_number else 60
        return OutOfQuota(text, retry_after=timedelta(seconds=seconds))
    if status == _UNAUTHORIZED:
        return CredentialsRefused(text, remedy=RECONNECT)
    return Unreachable(text) if status >= _SERVER_ERROR else UnreadableAnswer(text)


def unreadable(what: str) -> UnreadableAnswer:
    return UnreadableAnswer(f"{NAME} sent {what}.")
