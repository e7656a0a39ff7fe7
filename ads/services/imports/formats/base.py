"""What defines a file format: the names of its columns, by language, and what its rows mean."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from ads.services.imports.currency import split_name

#: Cells that mean "no value", in any format.
BLANK: Final = frozenset({"", "-", "--", "—", "–"})

#: The languages of headers. In all of them but English a date in numbers has one order: the day
#: first, or in Japanese the year.
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", "ja")

#: The first rows below a header, read when they are needed.
Rows = Callable[[], Sequence[Sequence[str]]]

#: Names by language, by field.
Names = Mapping[str, Mapping[str, tuple[str, ...]]]

_TOTAL: Final = (
    "grand total|total général|total geral|total general|totale complessivo|gesamtsumme|gesamtwert"
    "|insgesamt|gesamt|summe|totals?|totale|totali|totaal|totais|総計|合計|小計|計"
)
_TOTAL_LINE: Final = re.compile(rf"(?:{_TOTAL})(?![\w-])(.*)|(?:総計|合計)(.*)", re.IGNORECASE)

#: What totals of all rows are called; others are subtotals, by network and the like.
_OF_ALL: Final = re.compile(
    r"[\s:：-]*(?:(?:of|de|di|van|von)\s+)?(?:"
    r"|campaigns?|accounts?|reports?|results?|filtered.*|all\b.*"
    r"|kampagnen?|konto|bericht|gefiltert.*|alle\b.*"
    r"|campagnes?|comptes?|rapports?|filtrées?.*|toutes\b.*|tous\b.*"
    r"|campañas?|cuentas?|informes?|filtrad[oa]s?.*|tod[oa]s\b.*"
    r"|campagn[ae]|filtrat[aeoi].*|tutt[ei]\b.*|campanhas?|contas?|relatórios?"
    r"|rapport|gefilterd.*|キャンペーン|アカウント|レポート|すべて.*"
    r"|[0-9][0-9.,]*\s*\w*)\s*",
    re.IGNORECASE,
)

#: A line below the rows that says whose report it is: no row.
_COPYRIGHT: Final = re.compile(r"\s*(?:©|\(c\)|@ ?[0-9]{4}\b|copyright\b)", re.IGNORECASE)


def normal(name: str) -> str:
    """A column's name as names are compared: in any case, width and spacing."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return " ".join(name.split()).casefold()


def bare(name: str) -> str:
    """The same without a currency: "amount spent" of "Amount spent (USD)"."""
    return normal(split_name(unicodedata.normalize("NFKC", name).strip())[0])


def _is_label(text: str) -> bool:
    return _TOTAL_LINE.fullmatch(text.strip()) is not None


def table(**fields: str) -> Names:
    """Names of columns from one line a field: "en: Day, Date | de: Tag | fr: Jour"."""
    return {
        name: {
            language.strip(): tuple(each.strip() for each in listed.split(","))
            for language, _, listed in (part.partition(":") for part in line.split("|"))
        }
        for name, line in fields.items()
    }


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
        names: of the columns, by field and language; the first that the file has counts. Beside
            the fields of a plan: ``starts`` and ``ends`` of the period that a row covers,
            ``impressions``, and ``own``: columns that no other platform's file has beside this
            one's column of amounts.
        remedies: how to get a missing column, by field.
    """

    code: str
    label: str
    platform: str | None = None
    names: Names = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _normal(self) -> dict[str, dict[str, set[str]]]:
        return {
            name: {language: set(map(normal, said)) for language, said in by_language.items()}
            for name, by_language in self.names.items()
        }

    def called(self, name: str) -> tuple[str, ...]:
        """What a field's column is called, in the order in which names count."""
        return tuple(each for said in self.names.get(name, {}).values() for each in said)

    def _has(self, name: str, seen: frozenset[str]) -> bool:
        return any(said & seen for said in self._normal.get(name, {}).values())

    def fits(self, seen: frozenset[str]) -> bool:
        """Could a file with these columns (:func:`bare`) be one? Others may have the same."""
        return self._has("amount", seen) and (
            self._has("campaign", seen) or self._has("reference", seen)
        )

    def has_days(self, seen: frozenset[str]) -> bool:
        """Do these columns (:func:`bare`) say when the money was spent?"""
        return self._has("date", seen) or self._has("starts", seen)

    def recognises(
        self,
        seen: frozenset[str],
        titles: Sequence[str],
        rows: Rows,
        mapped: Iterable[str] = (),
    ) -> bool:
        """Is a file with these columns (:func:`bare`), lines above and first rows surely one?

        ``mapped``: fields whose columns a person named.
        """
        if not (self._has("amount", seen) or "amount" in mapped):
            return False
        return self._has("own", seen) or self.shows(seen, titles, rows)

    def shows(self, seen: frozenset[str], titles: Sequence[str], rows: Rows) -> bool:
        """Do the lines above the header, or the rows, show whose file it is?"""
        del seen, titles, rows
        return False

    def languages(self, seen: frozenset[str]) -> set[str]:
        """The languages that these columns may be in."""
        possible = set(LANGUAGES)
        for name in ("date", "starts", "campaign", "amount"):
            found = {lang for lang, said in self._normal.get(name, {}).items() if said & seen}
            possible &= found or possible
        return possible

    def is_totals(self, first: str, name: str, reference: str, day: str) -> bool:
        """Is this a line of totals, by its first cell, its campaign and the cell of its day?"""
        del reference
        # A campaign may be called "Total: brand"; its rows have a day, if a wrong one.
        has_day = day not in BLANK and not _is_label(day)
        return not has_day and (_is_label(first) or _is_label(name))

    def is_footer(self, cells: Sequence[str]) -> bool:
        """Is this a line below the rows with a text alone, such as a copyright notice?"""
        return not any(cells[1:]) and bool(cells) and _COPYRIGHT.match(cells[0]) is not None

    def is_comparable(self, label: str) -> bool:
        """Should the totals in a line with this label be the sum of the file's rows?"""
        found = _TOTAL_LINE.fullmatch(label.strip())
        return found is None or _OF_ALL.fullmatch(found[1] or found[2] or "") is not None

    def covers(self, titles: Sequence[str]) -> str:
        """What a row covers by the lines above the header, if that is not a day; else empty."""
        del titles
        return ""

    def caveat(self, titles: Sequence[str]) -> str:
        """What the lines above the header say against the report's own figures; else empty."""
        del titles
        return ""
