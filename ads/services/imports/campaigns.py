"""Which campaign a row means: by its exact name, or its id."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q

from ads.models import Campaign
from ads.services.checking import latest_date
from ads.services.errors import InvalidSpend
from ads.services.imports.plan import Plan

#: Answers remembered. A file of a million campaigns must not keep them all in memory.
REMEMBERED: Final = 50_000

_SHOWN: Final = 3
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Found:
    """A campaign; ``latest`` is the last accounting day that it may have spend on."""

    id: int
    timezone: str
    latest: date


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    name: str
    brand: str
    timezone: str

    def __str__(self) -> str:
        return f'campaign {self.id} ("{self.name}" of {self.brand})'


class Campaigns:
    """Looks campaigns up, many at a time, and remembers them."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self._plan = plan
        self._now = now
        self._known: dict[str, Found | str] = {}
        self._latest: dict[str, date] = {}

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
        asked = {text for text in texts if text and "\x00" not in text}
        ids = {int(text) for text in asked if _ID.fullmatch(text)}
        condition = Q(pk__in=())
        if self._plan.campaign_by != "name":
            condition |= Q(pk__in=ids)
        if self._plan.campaign_by != "id":
            condition |= Q(name__in=asked)
        campaigns = Campaign.objects.filter(condition).order_by("pk")
        if self._plan.brand_id is not None:
            campaigns = campaigns.filter(brand=self._plan.brand_id)
        by_id: dict[str, _Candidate] = {}
        by_name: dict[str, list[_Candidate]] = defaultdict(list)
        for row in campaigns.values_list("pk", "name", "brand__name", "brand__timezone"):
            candidate = _Candidate(*row)
            by_id[str(candidate.id)] = candidate
            by_name[candidate.name].append(candidate)
        for text in texts:
            named = by_name[text] if self._plan.campaign_by != "id" and text in by_name else []
            numbered = by_id.get(text) if self._plan.campaign_by != "name" else None
            self._known[text] = self._decide(text, named, numbered)

    def _decide(
        self, text: str, named: list[_Candidate], numbered: _Candidate | None
    ) -> Found | str:
        if len(named) > 1:
            several = ", ".join(str(candidate) for candidate in named[:_SHOWN])
            more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
            return (
                f"campaign: {text!r} is the name of several: {several}{more}. Say which brand is "
                "meant with --brand, or write ids and give --campaign-by id."
            )
        if named and numbered and named[0] != numbered:
            return (
                f"campaign: {text!r} is the name of {named[0]}, and the id of {numbered}. "
                "Say which is meant with --campaign-by name or --campaign-by id, or with --brand."
            )
        candidate = named[0] if named else numbered
        if candidate is None:
            if not text.strip():
                return "campaign: it is empty; write its name or its id."
            what = {"auto": "name or id", "id": "id", "name": "name"}[self._plan.campaign_by]
            where = "" if self._plan.brand_id is None else " in this brand"
            return f"campaign: there is none with the {what} {text[:200]!r}{where}."
        return self._found(candidate)

    def _found(self, candidate: _Candidate) -> Found | str:
        zone = candidate.timezone
        if zone not in self._latest:
            try:
                self._latest[zone] = latest_date(zone, self._now)
            except InvalidSpend as error:  # nobody can read the brand's timezone
                return f"{error} ({candidate})"
        return Found(candidate.id, zone, self._latest[zone])
