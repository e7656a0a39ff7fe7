"""Errors as the Graph API writes them."""

from stand_ins.http import Reply


class Refusal(Exception):
    def __init__(
        self,
        code: int,
        message: str,
        *,
        subcode: int = 0,
        user: tuple[str, str] | None = None,
        is_transient: bool = False,
        kind: str = "OAuthException",
        status: int = 400,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.content = {
            "message": message,
            "type": kind,
            "code": code,
            "fbtrace_id": "AStandInHasNoTraces",
        }
        if subcode:
            self.content |= {"error_subcode": subcode}
        if user:
            self.content |= {"error_user_title": user[0], "error_user_msg": user[1]}
        if is_transient:
            self.content |= {"is_transient": True}

    def reply(self) -> Reply:
        return Reply({"error": self.content}, self.status)


def invalid(message: str) -> Refusal:
    """A parameter that is not what it must be."""
    return Refusal(100, f"(#100) {message}")


def no_such_object(object_id: str, method: str = "get") -> Refusal:
    """An object that does not exist, or not for this token."""
    return Refusal(
        100,
        f"Unsupported {method} request. Object with ID '{object_id}' does not exist, cannot be"
        " loaded due to missing permissions, or does not support this operation.",
        subcode=33,
        kind="GraphMethodException",
    )
