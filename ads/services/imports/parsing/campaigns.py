"""Which campaign a row belongs to: by its name or id, or by the id or name on a platform."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db.models import Q

from ads.models import Campaign, CampaignReference
from ads.rules.platform_ids import is_shortened
from ads.services import campaign_lookup, visible
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidSpend
from ads.services.imports.formats import BLANK
from ads.services.imports.parsing.found import (
    Creatable,
    Found,
    NewCampaigns,
    Unmatched,
    trouble_of_name,
)
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused
from ads.services.ledger import LONGEST, check_text, latest_date

#: Answers remembered. A file of a million campaigns must not keep them all in memory.
REMEMBERED: Final = 50_000

_SHOWN: Final = 3
_ID: Final = re.compile(r"[1-9][0-9]{0,17}")


#: The remedy for ids that lost digits.
ROUNDED: Final = (
    "Spreadsheets round long ids: export the file again, and import it without opening it in one."
)


class Candidate(NamedTuple):
    id: int
    name: str
    brand: str
    timezone: str
    currency: str

    def __str__(self) -> str:
        return f'campaign {self.id} ("{self.name}" of {self.brand})'


class _Lookup:
    """Looks campaigns up, many at a time, and remembers the answers."""

    def __init__(self, plan: Plan, now: datetime, new: NewCampaigns | None) -> None:
        self._plan = plan
        self._new = new
        self._now = now
        self._latest: dict[str, date] = {}
        self._known: dict[Any, Found | Unmatched | Creatable | str] = {}

    def learn(self, keys: Iterable[Any]) -> dict[Any, Found | Unmatched | Creatable | str]:
        """The campaign of each key, or a sentence why there is none; a few queries at most.

        The dictionary has more than was asked for.
        """
        wanted = set(keys)
        unknown = wanted - self._known.keys()
        if len(self._known) + len(unknown) > REMEMBERED:
            self._known.clear()
            unknown = wanted
        if unknown:
            self._ask(unknown)
        return self._known

    def _ask(self, keys: set[Any]) -> None:
        raise NotImplementedError

    def _found(
        self, campaign_id: int, timezone: str, currency: str, known_as: str = ""
    ) -> Found | str:
        """The campaign; a sentence if its brand's timezone is invalid."""
        if timezone not in self._latest:
            try:
                self._latest[timezone] = latest_date(timezone, self._now)
            except InvalidSpend as error:
                return f"{error} (campaign {campaign_id})"
        return Found(campaign_id, timezone, currency, self._latest[timezone], known_as)


class Campaigns(_Lookup):
    """By exact name or id, as the plan says. Keys are texts."""

    def _ask(self, keys: set[str]) -> None:
        by, brand_id = self._plan.campaign_by, self._plan.brand_id
        named = by_name(keys, brand_id) if by != "id" else {}
        numbered = by_id(keys, brand_id) if by != "name" else {}
        for text in keys:
            self._known[text] = self._decide(text, named.get(text, []), numbered.get(text))

    def _decide(
        self, text: str, named: list[Candidate], numbered: Candidate | None
    ) -> Found | Creatable | str:
        if len(named) > 1:
            several = ", ".join(str(candidate) for candidate in named[:_SHOWN])
            more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
            return (
                f"campaign: {text!r} is the name of several: {several}{more}. Choose the brand "
                "(--brand in the command), or write ids and choose ids (--campaign-by id)."
            )
        if named and numbered and named[0] != numbered:
            return (
                f"campaign: {text!r} is the name of {named[0]}, and the id of {numbered}. "
                "Choose names or ids (--campaign-by name or --campaign-by id in the command), "
                "or the brand (--brand)."
            )
        candidate = named[0] if named else numbered
        if candidate is None:
            return self._unknown(text)
        return self._found(candidate.id, candidate.timezone, candidate.currency)

    def _unknown(self, text: str) -> Found | Creatable | str:
        if not text.strip():
            return "campaign: it is empty; write its name or its id."
        what = {"auto": "name or id", "id": "id", "name": "name"}[self._plan.campaign_by]
        where = "" if self._plan.brand_id is None else " in this brand"
        reason = f"campaign: there is none with the {what} {text[:200]!r}{where}."
        if self._plan.campaign_by == "id":
            return reason
        trouble = trouble_of_name(text)
        if self._new is None:
            return reason if trouble else Creatable(text, reason)
        return f"campaign: {text[:40]!r}: {trouble}" if trouble else self._new.named(text)


#: How a row of a platform names its campaign: account, id on the platform, name; "" for none.
Said = tuple[str, str, str]


class References(_Lookup):
    """By the id on a platform, else by name. Keys are :data:`Said`.

    In a file without a column of ids the names on the platform are the references; if no campaign
    has such a reference, the one campaign of exactly that name counts, if there is only one. In a
    file with ids, names are ignored, because names on a platform change, unless the plan says that
    campaigns go by name. Everything else waits; nothing is guessed.
    """

    def __init__(
        self, plan: Plan, now: datetime, new: NewCampaigns | None, *, have_ids: bool
    ) -> None:
        super().__init__(plan, now, new)
        self._platform = plan.platform or ""
        self._have_ids = have_ids
        #: The name of each account's id, as far as remembered.
        self._names: dict[Reference, str] = {}
        #: Ids by what the file has in place of them; the first few in their order.
        self.respelled: dict[str, str] = {}

    def _ask(self, keys: set[Said]) -> None:
        references = {}
        for said in keys:
            reference = Reference(self._platform, *said)
            self._check_name(reference)
            if trouble := self._trouble(reference):
                self._known[said] = trouble
                continue
            references[said] = reference
        if self._have_ids:
            respelled = {
                said[1]: reference.reference
                for said, reference in references.items()
                if said[1] != reference.reference
            }
            self.respelled = dict(sorted({**self.respelled, **respelled}.items())[: _SHOWN + 1])
        every = campaign_lookup.by_reference(references.values())
        theirs = visible.brand_ids()
        owners = {r: o for r, o in every.items() if theirs is None or o.brand_id in theirs}
        named = self._by_their_names({s: r for s, r in references.items() if r not in every})
        unknown = [r for said, r in references.items() if r not in every and said not in named]
        new = self._new.of(unknown, have_ids=self._have_ids) if self._new else {}
        for said, reference in references.items():
            if owner := owners.get(reference):
                self._known[said] = (
                    self._found(
                        owner.campaign_id, owner.timezone, owner.currency, reference.known_as
                    )
                    if self._plan.brand_id in (None, owner.brand_id)
                    else f"reference: {str(reference)!r} is campaign {owner.campaign_id}, of "
                    "another brand than the one chosen for this file."
                )
            elif candidate := named.get(said):
                # Still under the reference: once the campaign is given the reference, its
                # day totals are recognised.
                self._known[said] = self._found(
                    candidate.id, candidate.timezone, candidate.currency, reference.known_as
                )
            elif reference in new:
                self._known[said] = new[reference]
            else:
                name = reference.name[: LONGEST["name"]]
                self._known[said] = Unmatched(reference.account, reference.reference, name)

    def _by_their_names(self, unknown: Mapping[Said, Reference]) -> dict[Said, Candidate]:
        """The campaigns meant by their own names or ids, where the plan allows that."""
        by, brand_id = self._plan.campaign_by, self._plan.brand_id
        if self._have_ids and by != "name":
            return {}
        names = {reference.name for reference in unknown.values()}
        if by == "id":
            numbered = by_id(names, brand_id)
            return {said: numbered[r.name] for said, r in unknown.items() if r.name in numbered}
        named = by_name(names, brand_id)
        alone = {name: found[0] for name, found in named.items() if len(found) == 1}
        # A campaign with another id in this account is not the one that is meant.
        taken: set[tuple[int, str]] = set()
        if self._have_ids:
            taken.update(
                CampaignReference.objects.filter(
                    platform=self._platform, campaign__in={each.id for each in alone.values()}
                ).values_list("campaign_id", "account")
            )
        return {
            said: alone[reference.name]
            for said, reference in unknown.items()
            if reference.name in alone
            and (alone[reference.name].id, reference.account) not in taken
        }

    def notes(self) -> Iterator[str]:
        """What whoever imports the file should know of its ids."""
        if not self.respelled:
            return
        examples = [
            f"{written[:40]!r} is read as {meant[:40]}" for written, meant in self.respelled.items()
        ]
        more = ", and so on" if len(examples) > _SHOWN else ""
        yield (
            f"The file has campaigns' ids as a spreadsheet or another program writes them: "
            f"{', '.join(examples[:_SHOWN])}{more}. Check one of them: spreadsheets round long ids."
        )

    def _check_name(self, reference: Reference) -> None:
        """Refuse the file if this id has two names: a spreadsheet that rounds ids joins campaigns.

        Raises:
            ImportRefused: with both names and the remedy.
        """
        name = reference.name
        if not name or reference.reference in BLANK:
            return
        if len(self._names) >= REMEMBERED:
            self._names.clear()
        other = self._names.setdefault(reference, name)
        if other != name:
            raise ImportRefused(
                f"reference: {reference.reference[:40]!r} is the id of two campaigns in this file, "
                f'"{other[:80]}" and "{name[:80]}". {ROUNDED} If it is one campaign that was '
                "renamed, write one of the names in all of its rows."
            )

    def _trouble(self, given: Reference) -> str | None:
        """Why this cannot be a reference; None if it can."""
        reference = given.reference
        field = "reference" if self._have_ids else "campaign"
        if reference in BLANK:
            return f"{field}: it is empty, so the spend has no campaign."
        try:
            check_text("account", given.account)
            check_text(field, reference)
        except InvalidSpend as error:
            return str(error)
        return trouble_of_id("reference", reference) if self._have_ids else None


def trouble_of_id(field: str, text: str) -> str | None:
    """Why this is no id but what a spreadsheet made of one ("1.2E+17"); None if it may be one."""
    if is_shortened(text):
        return f"{field}: {text[:40]!r} is a number that has lost its last digits. {ROUNDED}"
    return None


def by_name(texts: Iterable[str], brand_id: int | None) -> dict[str, list[Candidate]]:
    """All campaigns of these names, by primary key; in any brand, or in this one."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    names = {text for text in texts if text and "\x00" not in text}
    for candidate in _candidates(Q(name__in=names), brand_id):
        found[candidate.name].append(candidate)
    return found


def by_id(texts: Iterable[str], brand_id: int | None) -> dict[str, Candidate]:
    """The campaigns of these ids, which are written as plain numbers."""
    ids = {int(text) for text in texts if _ID.fullmatch(text)}
    return {str(each.id): each for each in _candidates(Q(pk__in=ids), brand_id)}


def _candidates(condition: Q, brand_id: int | None) -> list[Candidate]:
    campaigns = visible.rows(Campaign.objects.filter(condition)).order_by("pk")
    if brand_id is not None:
        campaigns = campaigns.filter(brand=brand_id)
    rows = campaigns.values_list("pk", "name", "brand__name", "brand__timezone", "brand__currency")
    return [Candidate(*row) for row in rows]
