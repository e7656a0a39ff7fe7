"""Levels below the campaign, and the columns that give them away.

A report by keyword or ad has rows that are no campaign's whole day: platforms leave out of it what
has no keyword or ad. The names are here alone, whatever the platform and the format.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

#: Names of columns by level, as :func:`_normal` writes them; "id", "name" and the like may follow.
LEVELS: Final[dict[str, frozenset[str]]] = {
    "ad group": frozenset({"ad group", "adgroup", "asset group", "line item"}),
    "ad set": frozenset({"ad set", "adset", "ad squad"}),
    "ad": frozenset({"ad", "creative", "pin promotion", "promoted pin"}),
    "keyword": frozenset({"keyword", "search keyword", "targeting", "target"}),
    "search term": frozenset({"search term", "customer search term", "search query"}),
    "placement": frozenset({"placement", "placement url"}),
    "product": frozenset({"product group", "listing group", "advertised asin", "advertised sku"}),
}

_KIND: Final = re.compile(r" (?:id|name|title|text)s?$")


def finer_columns(header: Sequence[str], campaign: Collection[int]) -> list[str]:
    """The columns that make the rows finer than a campaign.

    ``campaign``: the places of the columns that say which campaign it is. Where those are an ad
    group's, say, an ad group is what counts as a campaign here, and is no finer level.
    """
    levels = [_level(name) for name in header]
    own = {levels[at] for at in campaign}
    return [name for name, level in zip(header, levels, strict=True) if level and level not in own]


def _level(name: str) -> str | None:
    bare = _KIND.sub("", _normal(name))
    return next((level for level, names in LEVELS.items() if bare in names), None)


def _normal(name: str) -> str:
    """In lower case, with single spaces between its words."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
