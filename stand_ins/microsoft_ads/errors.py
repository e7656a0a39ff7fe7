"""Errors as Microsoft Advertising writes them."""

from typing import Any

from stand_ins.http import Reply

_TRACKING = "a0000000-0000-4000-8000-000000000000"


class Refusal(Exception):
    def __init__(self, code: int, name: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.name = name
        self.message = message
        self.status = status

    def reply(self, *, of_sign_in: bool = False) -> Reply:
        if of_sign_in:
            said = {"error": self.name, "error_description": self.message}
            return Reply(said, self.status)
        error = {"Code": self.code, "ErrorCode": self.name, "Message": self.message}
        content: dict[str, Any] = {"TrackingId": _TRACKING}
        if self.code in _OF_THE_LOGIN:
            content |= {"Type": "AdApiFaultDetail", "Errors": [error]}
        else:
            errors = {"OperationErrors": [{**error, "Details": None}], "BatchErrors": []}
            content |= {"Type": "ApiFaultDetail", **errors}
        return Reply(content, self.status)

    def partial(self, index: int) -> dict[str, Any]:
        """As one of an answer's partial errors."""
        return {
            "Code": self.code,
            "ErrorCode": self.name,
            "Message": self.message,
            "Details": None,
            "FieldPath": None,
            "Index": index,
            "Type": "BatchError",
        }


_OF_THE_LOGIN = {105, 106, 109, 117}


def not_accepted(token: str) -> Refusal:
    """A token that opens nothing; the real one does not repeat it, which makes a leak be seen."""
    return Refusal(
        105,
        "InvalidCredentials",
        f"Authentication failed. Either supplied credentials are invalid or the account is"
        f" inactive. (Bearer {token})",
        status=401,
    )


def expired() -> Refusal:
    message = "Authentication token expired. Please renew it or obtain a new token."
    return Refusal(109, "AuthenticationTokenExpired", message, status=401)


def not_allowed() -> Refusal:
    message = "The user is not authorized to perform this action."
    return Refusal(106, "UserIsNotAuthorized", message)


def invalid(message: str, code: int = 100, name: str = "NullRequest") -> Refusal:
    return Refusal(code, name, message)
