"""Which campaign a platform's row means: by the platform's id of it, else by its name."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from ads.models import CampaignReference
from ads.services import campaign_lookup
from ads.services.campaign_lookup import Owner, Reference
from ads.services.errors import InvalidSpend
from ads.services.imports.formats import NOTHING, Format
from ads.services.imports.parsing.campaigns import (
    REMEMBERED,
    Candidate,
    Found,
    Latest,
    by_id,
    by_name,
)
from ads.services.imports.plan import Plan
from ads.services.ledger import LONGEST, check_text


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

    A file without a column of ids calls campaigns by their names; those are references too, and if
    none is known, the campaign's own exact name counts, where one campaign alone has it. With ids,
    a name is no more than a hint, because names on a platform change hands; unless the plan says
    that campaigns go by name. Nothing is guessed: the rest waits.
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
        """What each of these means; at most three queries. The dictionary has more than that."""
        all_of_them = set(wanted)
        unknown = all_of_them - self._known.keys()
        if len(self._known) + len(unknown) > REMEMBERED:
            self._known.clear()
            unknown = all_of_them
        if unknown:
            self._ask(unknown)
        return self._known

    def _ask(self, unknown: set[Said]) -> None:
        askable = []
        for said in unknown:
            trouble = self._trouble(said)
            if trouble:
                self._known[said] = trouble
            else:
                askable.append(said)
        references = {said: Reference(self._platform, *said) for said in askable}
        carried = campaign_lookup.by_reference(references.values())
        by_their_names = self._by_their_names([s for s in askable if references[s] not in carried])
        for said, reference in references.items():
            if reference in carried:
                self._known[said] = self._carrier(carried[reference], reference)
            elif said in by_their_names:
                # Called by the reference all the same: once a campaign is given it, its day
                # totals are those that are known already.
                self._known[said] = self._latest.found(by_their_names[said], reference.known_as)
            else:
                account, reference_id, name = said
                self._known[said] = Waiting(account, reference_id, name[: LONGEST["name"]])

    def _by_their_names(self, unknown: Collection[Said]) -> dict[Said, Candidate]:
        """The campaigns that are meant by their own names, or ids; where that may be."""
        by = self._plan.campaign_by
        if self._have_ids and by != "name":
            return {}
        names = {name for _, _, name in unknown}
        if by == "id":
            numbered = by_id(names, self._plan.brand_id)
            return {said: numbered[said[2]] for said in unknown if said[2] in numbered}
        named = by_name(names, self._plan.brand_id)
        alone = {name: several[0] for name, several in named.items() if len(several) == 1}
        # One that is known by another id in this account is not the one that is meant.
        taken = self._taken({each.id for each in alone.values()}) if self._have_ids else set()
        return {
            said: alone[said[2]]
            for said in unknown
            if said[2] in alone and (alone[said[2]].id, said[0]) not in taken
        }

    def _taken(self, campaign_ids: Collection[int]) -> set[tuple[int, str]]:
        """Of these campaigns, the accounts in which they are known by an id."""
        carried = CampaignReference.objects.filter(
            platform=self._platform, campaign__in=campaign_ids
        )
        return set(carried.values_list("campaign_id", "account"))

    def _trouble(self, said: Said) -> str | None:
        """Why nobody can be meant by this; None: somebody can."""
        account, reference, _ = said
        field = "reference" if self._have_ids else "campaign"
        if reference in NOTHING:
            return f"{field}: it is empty, so nobody can tell whose spend this is."
        try:
            check_text("account", account)
            check_text(field, reference)
        except InvalidSpend as error:
            return str(error)
        return self._format.trouble_of_reference(reference) if self._have_ids else None

    def _carrier(self, owner: Owner, reference: Reference) -> Found | str:
        if self._plan.brand_id not in (None, owner.brand_id):
            return (
                f"reference: {str(reference)!r} is campaign {owner.campaign_id}, of another brand "
                "than this file was said to be of."
            )
        return self._latest.of_zone(owner.campaign_id, owner.timezone, reference.known_as)
