"""The formats of files, a module for each: what is known of them is data there."""

from collections.abc import Iterable, Sequence
from typing import Final

from ads.services.imports.formats.amazon_ads import AMAZON_ADS
from ads.services.imports.formats.base import BLANK, EVERYWHERE, Format, Rows, bare, normal
from ads.services.imports.formats.google_ads import GOOGLE_ADS
from ads.services.imports.formats.levels import finer_columns
from ads.services.imports.formats.linkedin_ads import LINKEDIN_ADS
from ads.services.imports.formats.meta_ads import META_ADS
from ads.services.imports.formats.microsoft_ads import MICROSOFT_ADS
from ads.services.imports.formats.pinterest_ads import PINTEREST_ADS
from ads.services.imports.formats.plain import MAPPED, PLAIN
from ads.services.imports.formats.reddit_ads import REDDIT_ADS
from ads.services.imports.formats.snapchat_ads import SNAPCHAT_ADS
from ads.services.imports.formats.tiktok_ads import TIKTOK_ADS
from ads.services.imports.formats.x_ads import X_ADS

PLATFORMS: Final = (
    GOOGLE_ADS,
    META_ADS,
    MICROSOFT_ADS,
    TIKTOK_ADS,
    LINKEDIN_ADS,
    AMAZON_ADS,
    PINTEREST_ADS,
    SNAPCHAT_ADS,
    REDDIT_ADS,
    X_ADS,
)

#: By code, in the order in which people are offered them.
FORMATS: Final[dict[str, Format]] = {each.code: each for each in (PLAIN, *PLATFORMS, MAPPED)}


def _of_all(field: str) -> frozenset[str]:
    return frozenset(normal(name) for each in PLATFORMS for name in each.called(field))


#: Columns of any platform (:func:`normal`) in which the period that a row covers starts and ends.
STARTS: Final = _of_all("starts")
ENDS: Final = _of_all("ends")
IMPRESSIONS: Final = _of_all("impressions")

#: Columns of longer periods, which a person may take for the day.
LONGER: Final = frozenset({
    "week", "month", "quarter", "year", "woche", "monat", "quartal", "jahr", "semaine", "mois",
    "trimestre", "année", "semana", "mes", "mês", "año", "ano", "settimana", "mese", "anno",
    "maand", "kwartaal", "jaar", "週", "月", "四半期", "年",
})  # fmt: skip

#: What platforms call the columns (:func:`bare`) that are suggested for any file, by field.
USUAL: Final = {field: _of_all(field) for field in ("date", "amount", "campaign", "currency")}


def recognised(
    header: Sequence[str],
    titles: Sequence[str],
    rows: Rows,
    mapped: Iterable[str] = (),
) -> Format | None:
    """The one format whose file this surely is; None if that is no format, or several."""
    seen = frozenset(map(bare, header))
    found = [each for each in PLATFORMS if each.recognises(seen, titles, rows, mapped)]
    if found:
        return found[0] if len(found) == 1 else None
    return PLAIN if PLAIN.recognises(seen) else None


def perhaps(header: Sequence[str]) -> str:
    """Whose file this may be, as others have the same columns; empty if nobody's."""
    seen = frozenset(map(bare, header))
    several = [each for each in PLATFORMS if each.fits(seen) and each.has_days(seen)]
    if not several:
        return ""
    *most, last = [f"{_article(each.label)} {each.label}" for each in several]
    codes = " or ".join(f"--format {each.code}" for each in several)
    labels = f"{', '.join(most)} or {last}" if most else last
    return (
        f"By its columns this may be {labels}. If you know that it is, choose that format "
        f"({codes} in the command)."
    )


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOUX" else "a"
