"""What Google Ads means when it says no: from its codes to the errors of the interface.

Texts are made of the code and of Google's message, never of the request or its metadata.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import grpc
from google.ads.googleads.errors import GoogleAdsException
from google.api_core.exceptions import GoogleAPICallError
from google.protobuf.message import DecodeError

from ads.platforms.interface import (
    AccountGone,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Unreachable,
    UnreadableAnswer,
    without,
)

_LONGEST: Final = 300
_LONGEST_WAIT: Final = 31 * 86_400  # seconds
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_QUERY: Final = re.compile(r"(https?://[^\s?]+)\?\S*")
#: Access tokens, refresh tokens, and secrets of OAuth clients, as Google writes them.
_TOKENS: Final = re.compile(r"(?i:\bbearer\s+\S+)|\b(?:ya29\.|1//|GOCSPX-)[\w./-]+")
_FAILURE: Final = "googleadsfailure-bin"

_Status: Final = grpc.StatusCode
_TEMPORARY: Final = {
    _Status.ABORTED, _Status.CANCELLED, _Status.DATA_LOSS, _Status.DEADLINE_EXCEEDED,
    _Status.INTERNAL, _Status.UNAVAILABLE, _Status.UNKNOWN,
}  # fmt: skip
_REFUSED: Final = {_Status.PERMISSION_DENIED, _Status.UNAUTHENTICATED}

_CONNECT_AGAIN: Final = "Connect Google Ads again."
_SEE_CLOUD: Final = "See the Google Ads API page of the project in the Google Cloud console."
_BY_HAND: Final = (
    "Google lets programs change no campaign of this type, such as Video: start and stop it in "
    "Google Ads."
)
_SEE_USERS: Final = "In Google Ads, look under Admin, Access and security."

#: Codes that concern one account; the connection's others go on.
_GONE: Final[Mapping[str, str]] = {
    "authentication_error.CLIENT_CUSTOMER_ID_INVALID": "",
    "authentication_error.CUSTOMER_NOT_FOUND": "",
    "authorization_error.ACCESS_DENIED_FOR_ACCOUNT_TYPE": "",
    "authorization_error.CUSTOMER_NOT_ENABLED": (
        "Activate the account in Google Ads, or leave it out."
    ),
    "authorization_error.INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION": (
        "Link the account to the manager account again, or enter the right manager account."
    ),
    "authorization_error.USER_PERMISSION_DENIED": (
        f"Give the login access to the account again, or link it to the manager. {_SEE_USERS}"
    ),
    "request_error.INVALID_CUSTOMER_ID": "",
}
#: What to do about codes of credentials; others: connect again.
_CREDENTIALS: Final[Mapping[str, str]] = {
    "authentication_error.ADVANCED_PROTECTION_NOT_ENROLLED": (
        "The login must enroll in Google's Advanced Protection; or use a service account."
    ),
    "authentication_error.DEVELOPER_TOKEN_INVALID": "Clear the developer token, or correct it.",
    "authentication_error.NOT_ADS_USER": f"Give the login access to Google Ads. {_SEE_USERS}",
    "authentication_error.TWO_STEP_VERIFICATION_NOT_ENROLLED": (
        "Turn on 2-step verification for the login, and connect again; or use a service account."
    ),
    "authorization_error.CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": (
        "Apply for Explorer, Basic or Standard access: so far it reaches test accounts only."
    ),
    "authorization_error.CLOUD_PROJECT_NOT_UNDER_ORGANIZATION": _SEE_CLOUD,
    "authorization_error.DEVELOPER_TOKEN_NOT_APPROVED": (
        "Clear the developer token; if that does not help, apply for Basic access."
    ),
    "authorization_error.DEVELOPER_TOKEN_NOT_ON_ALLOWLIST": "Clear the developer token.",
    "authorization_error.DEVELOPER_TOKEN_PROHIBITED": (
        "Use the OAuth client or service account of the project that the token belongs to, or "
        "clear the developer token."
    ),
    "authorization_error.MISSING_TOS": f"Sign the terms of service. {_SEE_CLOUD}",
    "authorization_error.PROJECT_DISABLED": _SEE_CLOUD,
    "quota_error.ACCESS_PROHIBITED": _SEE_CLOUD,
}
#: What to do about codes with which a request is refused.
_REMEDIES: Final[Mapping[str, str]] = {
    "authorization_error.ACTION_NOT_PERMITTED": (
        f"The login may only read here: give it standard access. {_SEE_USERS}"
    ),
    "authorization_error.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT": (
        "Google has suspended the account: see its notices in Google Ads."
    ),
    "campaign_budget_error.BUDGET_BELOW_PER_DAY_MINIMUM": "Google allows no smaller daily budget.",
    "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE": (
        "It was removed in Google Ads, which is permanent: create a new campaign there."
    ),
    "mutate_error.EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": (
        "Google accepts no change in this account until each of its campaigns says in Google Ads, "
        "under Settings, whether it has EU political ads. Until then, stop the campaign there."
    ),
    "mutate_error.MUTATE_NOT_ALLOWED": _BY_HAND,
    "mutate_error.RESOURCE_NOT_FOUND": "Check the campaign's platform ID and its account.",
    "operation_access_denied_error.MUTATE_ACTION_NOT_PERMITTED_FOR_CLIENT": _BY_HAND,
    "operation_access_denied_error.OPERATION_NOT_PERMITTED_FOR_CAMPAIGN_TYPE": _BY_HAND,
    "request_error.UNSUPPORTED_VERSION": "Update Budget Manager.",
}
_KINDS_OF_CREDENTIALS: Final = {"authentication_error", "authorization_error"}
_KINDS_OF_OUTAGES: Final = {"database_error", "internal_error"}


class Gone(AccountGone):
    """With Google's ``code``, such as ``authorization_error.CUSTOMER_NOT_ENABLED``."""

    def __init__(self, said: "Said") -> None:
        super().__init__(said.sentence, remedy=_GONE[said.code])
        self.code = said.name


class Rejected(UnreadableAnswer):
    """A request that Google refuses whenever it is asked; of changes it becomes a refusal."""

    def __init__(self, said: "Said") -> None:
        super().__init__(said.sentence, remedy=said.remedy)
        self.said = said


@dataclass(frozen=True, slots=True)
class Said:
    """One error of an answer.

    Args:
        code: kind and name, such as ``quota_error.RESOURCE_EXHAUSTED``.
        operation: the number of the operation that it concerns; None: of no single one.
    """

    code: str
    text: str
    operation: int | None = None
    retry_after: timedelta | None = None

    @property
    def name(self) -> str:
        """The code without its kind."""
        return self.code.partition(".")[2] or self.code

    @property
    def sentence(self) -> str:
        return f"Google Ads refused: {self.text} ({self.name})."

    @property
    def is_temporary(self) -> bool:
        kind = self.code.partition(".")[0]
        return kind in {*_KINDS_OF_OUTAGES, "quota_error"} and self.code not in _CREDENTIALS

    @property
    def remedy(self) -> str:
        """What to do; "" if nobody knows."""
        return _REMEDIES.get(self.code, "")


def word(message: Any, field: str) -> str:
    """The name of an enum's value; of one that this version does not know, its number."""
    value = getattr(message, field)
    return _word(message.DESCRIPTOR.fields_by_name[field], value)


def words(message: Any, field: str) -> list[str]:
    kind = message.DESCRIPTOR.fields_by_name[field]
    return [_word(kind, value) for value in getattr(message, field)]


def _word(field: Any, value: int) -> str:
    known = field.enum_type.values_by_number.get(value)
    return str(known.name) if known else f"{field.name} {value}"


def _of_failure(errors: list[Said]) -> PlatformError:
    first = errors[0] if errors else Said("UNKNOWN", "no reason given")
    kind = first.code.partition(".")[0]
    if first.code in _GONE:
        return Gone(first)
    if first.code in _REMEDIES:
        return Rejected(first)
    if kind in _KINDS_OF_CREDENTIALS or first.code in _CREDENTIALS:
        remedy = _CREDENTIALS.get(first.code, _CONNECT_AGAIN)
        return CredentialsRefused(first.sentence, remedy=remedy)
    if kind == "quota_error":
        return OutOfQuota(first.sentence, retry_after=first.retry_after)
    if kind in _KINDS_OF_OUTAGES:
        return Unreachable(f"Google Ads had an internal error ({first.name}).")
    return Rejected(first)


class Failures:
    """Reads what Google says of failures, and keeps secrets out of it.

    Args:
        kind: the class of ``GoogleAdsFailure``, as a plain message.
        secrets: what no text may hold; tokens of Google's form are known here.
    """

    def __init__(self, kind: Any, secrets: Iterable[str]) -> None:
        self._kind = kind
        self._secrets = frozenset(secrets)

    def translated(self, error: Exception) -> PlatformError:
        """The error of the interface for one of the library's."""
        if isinstance(error, GoogleAdsException):
            # The library makes it one of its other kind of messages, whatever the client was told.
            return _of_failure(self._read(type(error.failure).pb(error.failure)))
        if details := self._in_metadata(error):
            return _of_failure(details)
        code: Any = getattr(error, "grpc_status_code", None) or _Status.UNKNOWN
        if code == _Status.RESOURCE_EXHAUSTED:
            return OutOfQuota("Google Ads accepts no more requests for now (RESOURCE_EXHAUSTED).")
        if code in _REFUSED:
            text = self._cleaned(str(getattr(error, "message", "")))
            return CredentialsRefused(
                f"Google Ads refused: {text} ({code.name}).",
                remedy=f"{_CONNECT_AGAIN} Is the Google Ads API enabled? {_SEE_CLOUD}",
            )
        if code in _TEMPORARY:
            return Unreachable(f"Google Ads did not answer ({code.name}).")
        return UnreadableAnswer(
            f"Google Ads does not understand this version ({code.name}).",
            remedy="Update Budget Manager.",
        )

    def partial(self, status: Any) -> list[Said]:
        """The errors of single operations in an answer."""
        return [
            error
            for detail in status.details
            if detail.type_url.endswith(".GoogleAdsFailure")
            for error in self._parsed(detail.value)
        ]

    def _in_metadata(self, error: Exception) -> list[Said]:
        """The errors at the end of the call: of outages and quotas the library reads none."""
        calls = error.errors if isinstance(error, GoogleAPICallError) else [error]
        for call in calls:
            metadata = call.trailing_metadata() if hasattr(call, "trailing_metadata") else None
            for key, value in metadata or ():
                if key.endswith(_FAILURE):
                    return self._parsed(value)
        return []

    def _parsed(self, failure: bytes) -> list[Said]:
        try:
            return self._read(self._kind.FromString(failure))
        except DecodeError:
            return []

    def _read(self, failure: Any) -> list[Said]:
        return [self._said(error) for error in failure.errors]

    def _said(self, error: Any) -> Said:
        kind = error.error_code.WhichOneof("error_code") or ""
        path = error.location.field_path_elements
        at = path[0] if path and path[0].field_name == "operations" else None
        seconds = error.details.quota_error_details.retry_delay.seconds
        return Said(
            f"{kind}.{word(error.error_code, kind)}" if kind else "UNKNOWN",
            self._cleaned(error.message),
            operation=at.index if at and at.HasField("index") else None,
            retry_after=timedelta(seconds=min(seconds, _LONGEST_WAIT)) if seconds > 0 else None,
        )

    def _cleaned(self, text: str) -> str:
        """Google's message on one line, without secrets and without a dot at its end."""
        return cleaned(without(self._secrets, text))


def cleaned(text: str) -> str:
    """A text of Google's without tokens and the queries of addresses, and without a dot."""
    text = _TOKENS.sub("…", _QUERY.sub(r"\1", _SPACE.sub(" ", text).strip()))
    return text[:_LONGEST].rstrip(".") or "no reason given"
