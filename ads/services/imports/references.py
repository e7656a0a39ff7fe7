"""Which campaign a platform's row means: by the platform's id of it, else by its name."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ads.models import CampaignReference
from ads.services.imports.campaigns import (
    REMEMBERED,
    Candidate,
    Found,
    Latest,
    by_id,
    by_name,
)
from ads.services.imports.formats import NOTHING, Format
from ads.services.imports.plan import Plan

_LONGEST: Final = {"account": 100, "reference": 200}
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reference that no campaign carries: its spend waits to be matched."""

    account: str
    reference: str
    name: str


#: What a row says of its campaign: account, id on the platform, name; "" where it does not.
Said = tuple[str, str, str]


class References:
    """Looks references up, many at a time, and remembers them.

    An id is looked for among the references of its account, then among those without one. A file
    without a column of ids calls campaigns by their names; those are references too, and if none
    is known, the campaign's own exact name counts, where one campaign alone has it. With ids, a
    name is no more than a hint, because names on a platform change hands; unless the plan says that
    campaigns go by name. Nothing is guessed: the rest waits.
    """

    def __init__(self, plan: Plan, format_: Format, now: datetime, *, have_ids: bool) -> None:
        assert plan.platform is not None  # noqa: S101  (whoever calls has looked)
        self._plan = plan
        self._platform: str = plan.platform
        self._format = format_
        self._latest = Latest(now)
        self._have_ids = have_ids
        self._known: dict[Said, Found | Waiting | str] = {}

    def learn(self, wanted: Iterable[Said]) -> dict[Said, Found | Waiting | str]:
        """What each of these means; at most four queries. The dictionary has more than that."""
        all_of_them = set(wanted)
        unknown = all_of_them - self._known.keys()
        if len(self._known) + len(unknown) > REMEMBERED:
            self._known.clear()
            unknown = all_of_them
        if unknown:
            self._ask(unknown)
        return self._known

    def _ask(self, unknown: set[Said]) -> None:
        carried = self._carried({said[1] for said in unknown})
        # A name counts where it is all there is, or where the plan says so.
        by_their_names = not self._have_ids or self._plan.campaign_by == "name"
        named: dict[str, list[Candidate]] = {}
        numbered: dict[str, Candidate] = {}
        taken: dict[int, set[str]] = {}
        if by_their_names:
            names = {said[2] for said in unknown}
            if self._plan.campaign_by == "id":
                numbered = by_id(names, self._plan.brand_id)
            else:
                named = by_name(names, self._plan.brand_id)
            if self._have_ids:
                ids = {each.id for several in named.values() for each in several}
                taken = self._taken(ids)
        for said in unknown:
            account, reference, name = said
            trouble = self._trouble(account, reference)
            if trouble:
                self._known[said] = trouble
                continue
            carrier = carried.get((account, reference)) or carried.get(("", reference))
            if carrier is not None:
                self._known[said] = self._of_brand(carrier, reference)
                continue
            candidates = named.get(name, [])
            if name in numbered:
                candidates = [numbered[name]]
            if len(candidates) == 1 and account not in taken.get(candidates[0].id, set()):
                self._known[said] = self._latest.found(candidates[0])
            else:
                self._known[said] = Waiting(account, reference, name[:_LONGEST_NAME])

    def _carried(self, references: set[str]) -> dict[tuple[str, str], tuple[int, Candidate]]:
        """The campaigns that carry these ids, by account and id; each with its brand's id."""
        rows = CampaignReference.objects.filter(
            platform=self._platform,
            reference__in={each for each in references if each and "\x00" not in each},
        ).values_list(
            "account",
            "reference",
            "campaign__brand_id",
            "campaign_id",
            "campaign__name",
            "campaign__brand__name",
            "campaign__brand__timezone",
        )
        return {
            (account, reference): (brand_id, Candidate(pk, name, brand, timezone))
            for account, reference, brand_id, pk, name, brand, timezone in rows
        }

    def _taken(self, campaign_ids: set[int]) -> dict[int, set[str]]:
        """The accounts in which these campaigns are known by an id: another is not theirs."""
        taken: dict[int, set[str]] = defaultdict(set)
        carried = CampaignReference.objects.filter(
            platform=self._platform, campaign__in=campaign_ids
        )
        for campaign_id, account in carried.values_list("campaign_id", "account"):
            taken[campaign_id].add(account)
        return taken

    def _trouble(self, account: str, reference: str) -> str | None:
        field = "reference" if self._have_ids else "campaign"
        if not reference or reference in NOTHING:
            return f"{field}: it is empty, so nobody can tell whose spend this is."
        for name, text in (("account", account), ("reference", reference)):
            if len(text) > _LONGEST[name]:
                return f"{name}: it is longer than {_LONGEST[name]} characters."
        return self._format.trouble_of_reference(reference) if self._have_ids else None

    def _of_brand(self, carrier: tuple[int, Candidate], reference: str) -> Found | str:
        brand_id, candidate = carrier
        if self._plan.brand_id not in (None, brand_id):
            return (
                f"reference: {reference[:200]!r} is {candidate}, and this file was said to be of "
                "another brand."
            )
        return self._latest.found(candidate)
