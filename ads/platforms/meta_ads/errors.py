"""What Meta's errors mean: from its codes to the errors of the interface, without a secret.

Codes and subcodes are those of Meta's pages on error codes, handling errors and rate limiting, as
published in 2025 and 2026. Not verified on the real platform: that changing a campaign's budget
too often has the subcode that is documented for ad sets, and that the errors of a batch's parts
are those of single requests.
"""

import re
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

_LONGEST: Final = 400

#: An expired or revoked token, a session that ended, a signature that is not the app's.
_TOKEN: Final = {102, 104, 190, 2500}
#: What the app or the token may not do: in this account or, as Meta does not say, in any.
_PERMISSION: Final = {3, 10, *range(200, 300)}
_QUOTA: Final = {4, 17, 32, 341, 613, *range(80000, 80015)}
_TEMPORARY: Final = {1, 2}
_OLD_VERSION: Final = {12, 2635}
_NO_SUCH_OBJECT: Final = {(100, 33), (803, 0)}
_TOO_MUCH_DATA: Final = (100, 1487534)
#: Costs that are asked for at once, from Meta's page on the errors of its insights (May 2026).
_TIMED_OUT: Final = {(100, 1504018), (2, 1504038)}
#: A budget has been changed four times in an hour; others can be.
_TOO_MANY_BUDGET_CHANGES: Final = (613, 1487632)

_CONNECT_AGAIN: Final = "Connect Meta again, or paste a new token."
#: What subcodes of 190 mean.
_SESSIONS: Final = {
    458: "The person has removed the app.",
    459: "The person has to log in to Facebook and confirm their account.",
    460: "The person's password has changed since.",
    463: "The token has expired.",
    464: "The person's account is not confirmed.",
    467: "The token has been revoked.",
    492: "The person has no role for the business or page any more.",
}

_SECRETS: Final = (
    re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE),
    re.compile(
        r"\b(access_token|appsecret_proof|client_secret|fb_exchange_token|input_token|code)=[^\s&]+",
        re.IGNORECASE,
    ),
    re.compile(r"\bEA[A-Z][0-9A-Za-z]{12,}"),
    re.compile(r"\b[0-9]{8,}(?:\||%7C)[0-9A-Za-z_-]{16,}"),
)


class TooMuchData(PlatformError):
    """The answer would be too large: ask for less at once."""


class TimedOut(TooMuchData):
    """It takes Meta too long: ask for a report."""


def scrubbed(text: str, secrets: Collection[str]) -> str:
    """The text without these secrets, without addresses, and without all that looks like a token.

    Meta repeats what it was sent: an error can hold the address with the token in it.
    """
    text = without(secrets, text)
    for pattern in _SECRETS:
        text = pattern.sub("…", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@dataclass(frozen=True, slots=True)
class GraphError:
    """An error in Meta's words. ``text`` holds no secret; a subcode of 0 is none."""

    code: int
    subcode: int
    text: str
    is_transient: bool
    retry_after: timedelta | None = None

    @classmethod
    def read(
        cls,
        content: object,
        secrets: Collection[str],
        retry_after: timedelta | None = None,
    ) -> "GraphError | None":
        if not isinstance(content, Mapping) or not isinstance(content.get("error"), Mapping):
            return None
        said: Mapping[str, Any] = content["error"]
        code, subcode = (_number(said.get(name)) for name in ("code", "error_subcode"))
        title, detail = (_text(said.get(f"error_user_{name}")) for name in ("title", "msg"))
        words = ": ".join(filter(None, (title, detail))) or _text(said.get("message"))
        text = scrubbed(words or "Meta gave no reason.", secrets)
        return cls(code, subcode, text, said.get("is_transient") is True, retry_after)

    @property
    def shown_code(self) -> str:
        """The code with its subcode: "190/463"."""
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)

    @property
    def is_quota(self) -> bool:
        """Too many requests, or too much of Meta's time."""
        return self.code in _QUOTA and (self.code, self.subcode) != _TOO_MANY_BUDGET_CHANGES

    @property
    def is_of_token(self) -> bool:
        """The token is not accepted: nothing works any more."""
        return self.code in _TOKEN

    @property
    def is_temporary(self) -> bool:
        return self.is_transient or self.code in _QUOTA | _TEMPORARY

    @property
    def is_no_such_object(self) -> bool:
        """What was asked for does not exist, or not for this token."""
        return (self.code, self.subcode) in _NO_SUCH_OBJECT

    @property
    def remedy(self) -> str:
        """What somebody can do about a change that was refused."""
        if self.is_no_such_object:
            return "Check whether it was deleted at Meta, and remove its platform ID here."
        if self.code in _PERMISSION:
            return (
                "Give the app the permission ads_management, and the system user or person the"
                " right to manage campaigns in this ad account."
            )
        return ""

    def as_platform_error(self, *, of_account: bool) -> PlatformError:
        """The error of the interface that this is.

        ``of_account``: a permission that is missing is that of one account, and others still work.
        """
        text = f"Meta: {self.text} (code {self.shown_code})"
        if self.is_of_token:
            why = _SESSIONS.get(self.subcode, "") if self.code == 190 else ""  # noqa: PLR2004
            return CredentialsRefused(f"{text} {why}".rstrip(), remedy=_CONNECT_AGAIN)
        if self.is_quota:
            return OutOfQuota(text, retry_after=self.retry_after)
        if (self.code, self.subcode) in _TIMED_OUT:
            return TimedOut(text)
        if (self.code, self.subcode) == _TOO_MUCH_DATA or "reduce the amount of data" in self.text:
            return TooMuchData(text)
        return Unreachable(text) if self.is_temporary else self._lasting(text, of_account)

    def _lasting(self, text: str, of_account: bool) -> PlatformError:
        if self.code in _OLD_VERSION:
            return PlatformError(
                text, remedy="Meta has ended this version of its API: install a newer release."
            )
        if self.code in _PERMISSION and not of_account:
            return CredentialsRefused(
                text,
                remedy="Connect Meta again with the permissions ads_read and ads_management.",
            )
        if self.is_no_such_object or self.code in _PERMISSION:
            return AccountGone(
                text,
                remedy="In Meta's business settings, give the system user or person this account. "
                "If others fail too, connect Meta again with the permissions ads_read and "
                "ads_management.",
            )
        return PlatformError(text)


def unreadable(what: str) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"Meta sent {what}.", remedy="Nothing of it was used. If this continues, please report it."
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
