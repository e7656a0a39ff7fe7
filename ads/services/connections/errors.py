"""What is refused while somebody connects a platform."""


class InvalidConnection(ValueError):
    """What was entered cannot be used: ``field`` ("" for all of it) and ``reason`` with the remedy.

    It has no value, because most of what is entered here is secret.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason
