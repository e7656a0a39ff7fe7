"""Levels below the campaign, and the columns that give them away.

A report by keyword or ad has rows that are no campaign's whole day: platforms leave out of it what
has no keyword or ad. The names are here alone, whatever the platform and the format.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

#: Names of columns by level, as :func:`_normal` writes them; "id", "name" and the like may follow.
#: In English, then in German, French, Spanish, Italian, Portuguese, Dutch and Japanese.
LEVELS: Final[dict[str, frozenset[str]]] = {
    "ad group": frozenset(
        {"ad group", "adgroup", "asset group", "line item", "anzeigengruppe", "groupe d'annonces"}
        | {"grupo de anuncios", "gruppo di annunci", "grupo de anúncios", "advertentiegroep"}
        | {"広告グループ"}
    ),
    "ad set": frozenset(
        {"ad set", "adset", "ad squad", "name der anzeigengruppe", "ensemble de publicités"}
        | {"nom de l'ensemble de publicités", "conjunto de anuncios", "conjunto de anúncios"}
        | {
            "nombre del conjunto de anuncios",
            "gruppo di inserzioni",
            "nome do conjunto de anúncios",
        }
        | {"nome del gruppo di inserzioni", "advertentieset", "naam advertentieset"}
        | {"naam van advertentieset", "広告セット", "広告セット名", "広告セットの名前"}
    ),
    "ad": frozenset(
        {"ad", "creative", "pin promotion", "promoted pin", "anzeige", "anzeigenname", "annonce"}
        | {"name der anzeige", "publicité", "nom de la publicité", "anuncio", "nombre del anuncio"}
        | {"annuncio", "inserzione", "nome dell'inserzione", "anúncio", "nome do anúncio"}
        | {
            "advertentie",
            "naam advertentie",
            "naam van advertentie",
            "広告",
            "広告名",
            "広告の名前",
        }
    ),
    "keyword": frozenset(
        {"keyword", "search keyword", "targeting", "target", "mot clé", "mot-clé"}
        | {"palabra clave", "parola chiave", "palavra-chave", "zoekwoord", "キーワード"}
        | {"検索キーワード"}
    ),
    "search term": frozenset(
        {"search term", "customer search term", "search query", "suchbegriff"}
        | {"terme de recherche", "término de búsqueda", "termine di ricerca"}
        | {"termo de pesquisa", "zoekterm", "検索語句"}
    ),
    "placement": frozenset(
        {"placement", "placement url", "platzierung", "emplacement", "ubicación"}
        | {"posizionamento", "posicionamento", "plaatsing", "プレースメント"}
    ),
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
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(text.replace("_", " ").replace("’", "'").split())
