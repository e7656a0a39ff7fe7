"""What a format of files is: how its columns are called, and what its rows mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

#: Cells that say nothing, in any format.
NOTHING: Final = frozenset({"", "-", "--", "—"})


@dataclass(frozen=True)
class Format:
    """How files of one origin are written; subclasses know more about their rows.

    Args:
        code: what a plan calls it by.
        label: what people call it by.
        platform: whose ids its campaigns have; None for a file of no platform.
        names: what the columns are called by field, in any case; of several the first counts.
        date_formats: as ``strptime`` takes them, for dates that are not written as YYYY-MM-DD.
        parts_thousands: are amounts written as "1,234.56"?
        remedies: how to get a column that is missing, by field.
    """

    code: str
    label: str
    platform: str | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    parts_thousands: bool = False
    remedies: Mapping[str, str] = field(default_factory=dict)

    def recognises(self, header: Sequence[str], line: int) -> bool:
        """Does this header (names stripped), found in this line, speak of the format?"""
        raise NotImplementedError

    def is_totals(self, first: str, name: str, reference: str, has_day: bool) -> bool:
        """Is this a row of totals, by its first cell, its campaign and whether it has a day?"""
        del first, name, reference, has_day
        return False

    def is_comparable(self, label: str) -> bool:
        """Should the totals in a line of this label be the sum of the file's rows?"""
        del label
        return True

    def trouble_of_reference(self, reference: str) -> str | None:
        """Why this cannot be an id of the platform; None: it can."""
        del reference
        return None
