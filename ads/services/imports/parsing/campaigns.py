"""Which campaign a row means: by its exact name, or its id."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q

from ads.models import Campaign
from ads.services.errors import InvalidSpend
from ads.services.imports.plan import Plan
from ads.services.ledger import latest_date

#: Answers remembered. A file of a million campaigns must not keep them all in memory.
REMEMBERED: Final = 50_000

_SHOWN: Final = 3
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Found:
    """A campaign; ``latest`` is the last accounting day that it may have spend on.

    ``known_as``: as :attr:`ads.models.ReportedTotal.known_as`, what the row calls it.
    """

    id: int
    timezone: str
    latest: date
    known_as: str = ""

    @property
    def quoted(self) -> str:
        """``known_as`` as a cell of CSV."""
        return '"' + self.known_as.replace('"', '""') + '"' if self.known_as else ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A campaign that may be meant."""

    id: int
    name: str
    brand: str
    timezone: str

    def __str__(self) -> str:
        return f'campaign {self.id} ("{self.name}" of {self.brand})'


#: The columns of a Candidate.
CANDIDATE: Final = ("pk", "name", "brand__name", "brand__timezone")


class Latest:
    """The last accounting day that campaigns may have spend on, by timezone; remembered."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._known: dict[str, date] = {}

    def found(self, candidate: Candidate, known_as: str = "") -> Found | str:
        """The campaign; a sentence where nobody can read its brand's timezone."""
        found = self.of_zone(candidate.id, candidate.timezone, known_as)
        return f"{found} ({candidate})" if isinstance(found, str) else found

    def of_zone(self, campaign_id: int, zone: str, known_as: str = "") -> Found | str:
        """The same for a campaign whose brand is in this timezone."""
        if zone not in self._known:
            try:
                self._known[zone] = latest_date(zone, self._now)
            except InvalidSpend as error:
                return str(error)
        return Found(campaign_id, zone, self._known[zone], known_as)


class Campaigns:
    """Looks campaigns up, many at a time, and remembers them."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self._plan = plan
        self._latest = Latest(now)
        self._known: dict[str, Found | str] = {}

    def learn(self, texts: Iterable[str]) -> dict[str, Found | str]:
        """What each of these texts means: a campaign, or a sentence why none; at most one query.

        The dictionary has more than was asked for.
        """
        wanted = set(texts)
        unknown = wanted - self._known.keys()
        if len(self._known) + len(unknown) > REMEMBERED:
            self._known.clear()
            unknown = wanted
        if unknown:
            self._ask(unknown)
        return self._known

    def _ask(self, texts: set[str]) -> None:
        by = self._plan.campaign_by
        named = by_name(texts, self._plan.brand_id) if by != "id" else {}
        numbered = by_id(texts, self._plan.brand_id) if by != "name" else {}
        for text in texts:
            self._known[text] = self._decide(text, named.get(text, []), numbered.get(text))

    def _decide(self, text: str, named: list[Candidate], numbered: Candidate | None) -> Found | str:
        if len(named) > 1:
            several = ", ".join(str(candidate) for candidate in named[:_SHOWN])
            more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
            return (
                f"campaign: {text!r} is the name of several: {several}{more}. Say which brand is "
                "meant (--brand in the command), or write ids and say so (--campaign-by id)."
            )
        if named and numbered and named[0] != numbered:
            return (
                f"campaign: {text!r} is the name of {named[0]}, and the id of {numbered}. "
                "Say which is meant (--campaign-by name or --campaign-by id in the command), "
                "or which brand (--brand)."
            )
        candidate = named[0] if named else numbered
        if candidate is None:
            if not text.strip():
                return "campaign: it is empty; write its name or its id."
            what = {"auto": "name or id", "id": "id", "name": "name"}[self._plan.campaign_by]
            where = "" if self._plan.brand_id is None else " in this brand"
            return f"campaign: there is none with the {what} {text[:200]!r}{where}."
        return self._latest.found(candidate)


def by_name(texts: Iterable[str], brand_id: int | None) -> dict[str, list[Candidate]]:
    """All campaigns of these names, by primary key; in any brand, or in this one."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in _candidates(Q(name__in=_askable(texts)), brand_id):
        found[candidate.name].append(candidate)
    return found


def by_id(texts: Iterable[str], brand_id: int | None) -> dict[str, Candidate]:
    """The campaigns of these ids, which are written as plain numbers."""
    ids = {int(text) for text in texts if _ID.fullmatch(text)}
    return {str(each.id): each for each in _candidates(Q(pk__in=ids), brand_id)}


def _askable(texts: Iterable[str]) -> set[str]:
    return {text for text in texts if text and "\x00" not in text}


def _candidates(condition: Q, brand_id: int | None) -> Iterable[Candidate]:
    campaigns = Campaign.objects.filter(condition).order_by("pk")
    if brand_id is not None:
        campaigns = campaigns.filter(brand=brand_id)
    return [Candidate(*row) for row in campaigns.values_list(*CANDIDATE)]
