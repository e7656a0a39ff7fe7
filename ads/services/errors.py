"""What the services refuse, with the field and the values."""

from typing import Any


class InvalidSpend(ValueError):
    """Spend that cannot be recorded: ``field``, ``value``, and the ``reason`` with its remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {_shown(value)} is refused: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


class SpendConflict(ValueError):
    """An external id was used again with other content: ``field`` and both values.

    Nothing was changed. Send the entry as it was, or give it an id of its own.
    """

    def __init__(
        self, *, source: str, external_id: str, field: str, recorded: Any, offered: Any
    ) -> None:
        super().__init__(
            f"external_id: {_shown(external_id)} of source {_shown(source)} was already recorded "
            f"with {field} {_shown(recorded)}, now it comes with {_shown(offered)}. "
            "Nothing was changed. Send the entry as it was, give it an id of its own, "
            "or record a correction."
        )
        self.source = source
        self.external_id = external_id
        self.field = field
        self.recorded = recorded
        self.offered = offered


def _shown(value: object, longest: int = 80) -> str:
    text = str(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
