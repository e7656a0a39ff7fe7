"""What the services refuse, with the field and the values."""

from typing import Any


class _Refusal(ValueError):
    def __init__(self, field: str, value: object, reason: str) -> None:
        # A value that was not given is not there to be shown.
        refused = "" if value is None else f"{_shown(value)} is refused: "
        super().__init__(f"{field}: {refused}{reason}")
        self.field = field
        self.value = value
        self.reason = reason


class InvalidSpend(_Refusal):
    """Spend that cannot be recorded: ``field``, ``value``, and the ``reason`` with its remedy."""


class ReportedOtherwise(InvalidSpend):
    """A day that its source has reported in another way, so that it would count twice."""


class InvalidReference(_Refusal):
    """A platform's id that a campaign cannot be known by: ``field``, ``value`` and ``reason``."""


class SpendConflict(ValueError):
    """An external id was used again with other content: ``field`` and both values.

    Nothing was changed. Send the entry as it was, or give it an id of its own.
    """

    def __init__(
        self, *, source: str, external_id: str, field: str, recorded: Any, offered: Any
    ) -> None:
        super().__init__(
            f"external_id: {_shown(external_id)} of source {_shown(source)} was already recorded "
            f"with {field} {_shown(recorded)}, now it comes with {_shown(offered)}. {_REMEDY}"
        )
        self.source = source
        self.external_id = external_id
        self.field = field
        self.recorded = recorded
        self.offered = offered

    def sentence(self, *, tell_recorded: bool) -> str:
        """The sentence, with what had been recorded or, for whom that is none of theirs, without.

        A sender that is limited to some brands may meet an id of a campaign which is not in them.
        """
        recorded = f"{self.field} {_shown(self.recorded)}" if tell_recorded else "other content"
        return f"its external id was already recorded with {recorded}. {_REMEDY}"


_REMEDY = (
    "Nothing was changed. Send the entry as it was, give it an id of its own, "
    "or record a correction."
)

#: Characters of a value that an answer repeats.
LONGEST_SHOWN = 80


def shown_value(value: object) -> str | None:
    """A value as an answer repeats it, cut to :data:`LONGEST_SHOWN` characters; None for None.

    Always text that can be encoded, whatever was sent.
    """
    if value is None:
        return None
    return _cut(value if isinstance(value, str) else _as_text(value))


def _shown(value: object) -> str:
    return _cut(repr(value) if isinstance(value, str) else _as_text(value))


def _as_text(value: object) -> str:
    if isinstance(value, list | dict | tuple):  # of any size and depth
        return f"a {type(value).__name__}"
    if isinstance(value, int) and value.bit_length() > 4 * LONGEST_SHOWN:
        return f"an integer of {value.bit_length()} bits"
    return str(value)


def _cut(text: str) -> str:
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    return text.encode(errors="backslashreplace").decode()
