"""What defines a file format: the names of its columns, and what its rows mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

#: Cells that mean "no value", in any format.
BLANK: Final = frozenset({"", "-", "--", "—"})

#: Names of columns that mean the same in every format, without words in brackets behind them.
EVERYWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "hour": (
        "stat_time_hour", "hour", "hour of day", "hour of the day", "time of day",
        "hourly_stats_aggregated_by_advertiser_time_zone", "stunde", "stunde des tages",
        "tageszeit", "heure", "heure de la journée", "hora", "hora del día", "hora do dia", "ora",
        "ora del giorno", "uur", "uur van de dag", "時間帯",
    ),
    "timezone": ("timezone", "time zone", "account timezone", "account time zone"),
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """How files of one origin are written; subclasses know more about their rows.

    Args:
        code: its name in a plan.
        label: its name on screens.
        platform: whose ids its campaigns have; None for a file of no platform.
        names: column names by field, in any case; the first that the file has counts.
        date_formats: as ``strptime`` takes them, for dates that are not written as YYYY-MM-DD.
        has_thousands_separators: are amounts written as "1,234.56"?
        remedies: how to get a missing column, by field.
    """

    code: str
    label: str
    platform: str | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    has_thousands_separators: bool = False
    remedies: Mapping[str, str] = field(default_factory=dict)

    def recognises(self, header: Sequence[str], line: int) -> bool:
        """Is this header (names stripped), found in this line, one of the format?"""
        raise NotImplementedError

    def is_totals(self, first: str, name: str, reference: str, has_day: bool) -> bool:
        """Is this a row of totals, by its first cell, its campaign and whether it has a day?"""
        del first, name, reference, has_day
        return False

    def is_comparable(self, label: str) -> bool:
        """Should the totals in a line with this label be the sum of the file's rows?"""
        del label
        return True
