"""Creating the campaigns that a file brings, in the transaction that records their spend.

They are active, because they spend on the platform, and have no budgets, because nobody has given
them any. The preview creates them too, and is rolled back: it is the recording, asked beforehand.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model

from ads.models import Brand, Campaign, CampaignReference, SpendTotal
from ads.models.campaigns import Status
from ads.services import campaign_lookup, locks
from ads.services.campaign_lookup import Reference
from ads.services.errors import InvalidReference
from ads.services.imports import tables
from ads.services.imports.parsing import New, NewCampaigns
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused
from ads.services.ledger import LONGEST
from ads.services.references import registry, release

#: Campaigns that are listed; the rest are counted.
SHOWN: Final = 100

#: So many of them may be a multiple of those that PostgreSQL knows of; a plan for a few takes
#: minutes for them.
_MANY: Final = 500

#: Campaigns in one INSERT.
_AT_ONCE: Final = 2000

_JUST_NOW: Final = "Nothing was recorded. Import the file again."


@dataclass(slots=True)
class Created:
    brand_id: int
    brand: str
    is_new_brand: bool
    currency: str
    timezone: str
    count: int = 0
    #: What people should know of them.
    sentences: list[str] = field(default_factory=list)
    #: The first of them, those that spent most before the others.
    campaigns: list[dict[str, Any]] = field(default_factory=list)
    #: Of all of them; and of their platform IDs.
    ids: set[int] = field(default_factory=set)
    reference_ids: list[int] = field(default_factory=list)

    def note_running(self, running: int) -> None:
        """Say how many of them do not run, although they are active."""
        if held := self.count - running:
            self.sentences.append(
                f"{held:,} of them {'does' if held == 1 else 'do'} not run: a budget of the brand "
                "is used up, or the brand is paused."
            )

    def as_dict(self) -> dict[str, Any]:
        """As it is stored with an import; its ids are no more than what people look at."""
        return {
            name: getattr(self, name)
            for name in (
                "brand_id", "brand", "is_new_brand", "currency", "timezone", "count", "sentences",
                "campaigns",
            )
        }  # fmt: skip


def create(new: NewCampaigns, plan: Plan) -> Created | None:
    """Create the new campaigns of the staged rows, and stage the rows under their ids.

    In the caller's transaction, before it takes any other lock. None: there are none. What somebody
    else has created since the rows were read, in the same brand and with the same platform ID (or
    name, in a file of no platform), is used.

    Raises:
        ImportRefused: the brand has changed, or another one has such a campaign by now.
    """
    sums = {pk: (rows, amount) for pk, rows, amount in tables.run(_STAGED)}
    numbered = {each.id: each for each in new.numbered}
    staged = [numbered[pk] for pk in sums]  # in the order of the file
    if not staged:
        return None
    locks.one_at_a_time(locks.Only.CREATING_CAMPAIGNS)
    brand, is_new = _brand(new, plan)
    made = Created(brand.pk, brand.name, is_new, brand.currency, brand.timezone)
    ids = _known_by_now(staged, brand)
    missing = [each for each in staged if each.id not in ids]
    names = _names(missing, brand)
    campaigns = [
        Campaign(brand=brand, name=names[each.id], status=Status.ACTIVE) for each in missing
    ]
    try:
        with transaction.atomic():
            Campaign.objects.bulk_create(campaigns, batch_size=_AT_ONCE)
            known_by = [
                (campaign, each.known_by)
                for campaign, each in zip(campaigns, missing, strict=True)
                if each.known_by
            ]
            carried = registry.add_many(known_by)
    except (IntegrityError, InvalidReference) as error:
        raise ImportRefused(
            "Somebody else has just given a campaign one of these names or platform IDs. "
            f"{_JUST_NOW}"
        ) from error
    ids |= {each.id: campaign.pk for campaign, each in zip(campaigns, missing, strict=True)}
    tables.run(_GIVE_IDS, [list(ids), list(ids.values())])
    _count_anew(len(missing), Campaign, CampaignReference)
    if not missing:
        return None
    made.count, made.ids = len(missing), {campaign.pk for campaign in campaigns}
    made.reference_ids = [each.pk for each in carried]
    made.sentences = list(_sentences(made, missing, names))
    first = sorted(missing, key=lambda each: (-sums[each.id][1], names[each.id]))[:SHOWN]
    made.campaigns = [_described(each, ids, names, *sums[each.id]) for each in first]
    return made


def count_sums(created: Created) -> None:
    """Let PostgreSQL know of the sums of many new campaigns, before their holds are decided."""
    _count_anew(created.count, SpendTotal)


def _count_anew(new: int, *models: type[Model]) -> None:
    if new >= _MANY:
        tables.run(f"ANALYZE {', '.join(model._meta.db_table for model in models)}")


_STAGED: Final = f"""
    SELECT campaign_id, count(*), sum(amount) FROM {tables.ROWS}
     WHERE campaign_id < 0 GROUP BY campaign_id ORDER BY min(position)
"""  # noqa: S608  (the tables' names are our own)

_GIVE_IDS: Final = f"""
    UPDATE {tables.ROWS} AS staged SET campaign_id = given.id
      FROM unnest(%s::bigint[], %s::bigint[]) AS given (number, id)
     WHERE staged.campaign_id = given.number
"""  # noqa: S608


def _brand(new: NewCampaigns, plan: Plan) -> tuple[Brand, bool]:
    """The brand, made if the plan says so and nobody has; and whether it was made.

    Raises:
        ImportRefused: it is not the brand that the rows were read for.
    """
    if plan.new_brand is None:
        brand = Brand.objects.filter(pk=new.brand_id or 0).first()
        if brand is None:
            raise ImportRefused(f"The brand {new.into.name} is no longer there. {_JUST_NOW}")
    else:
        brand = Brand.objects.filter(name=new.into.name).first()
    if brand is not None:
        new.check(brand)
        return brand, False
    into = new.into
    brand = Brand(name=into.name, currency=into.currency, timezone=into.timezone)
    try:
        brand.full_clean()
        with transaction.atomic():
            brand.save()
    except (ValidationError, IntegrityError) as error:
        raise ImportRefused(f"new brand: {into.name!r}: {error} {_JUST_NOW}") from error
    return brand, True


def _known_by_now(staged: Collection[New], brand: Brand) -> dict[int, int]:
    """The ids of those that somebody has created since they were looked up, by their numbers."""
    references = {each.known_by: each.id for each in staged if each.known_by}
    named = {each.name: each.id for each in staged if not each.known_by}
    known = {}
    for reference, owner in campaign_lookup.by_reference(references).items():
        if owner.brand_id != brand.pk:
            raise ImportRefused(
                f"reference: a campaign of another brand than {brand} has just been given "
                f"{str(reference)!r}. {_JUST_NOW}"
            )
        known[references[reference]] = owner.campaign_id
    rows = Campaign.objects.filter(brand=brand, name__in=named).values_list("name", "pk")
    return known | {named[name]: pk for name, pk in rows}


def _names(missing: Collection[New], brand: Brand) -> dict[int, str]:
    """A name for each, by its number: its own; with its platform ID where others have that too."""
    wanted = {each.id: _tidy(each) for each in missing}
    taken = set(
        Campaign.objects.filter(brand=brand, name__in=set(wanted.values())).values_list(
            "name", flat=True
        )
    )
    often = Counter(wanted.values())
    names = {pk: name for pk, name in wanted.items() if often[name] == 1 and name not in taken}
    apart = [each for each in missing if each.id not in names]
    used = taken | set(names.values())
    for each in apart:
        reference = each.known_by
        assert reference is not None  # noqa: S101  (others are told apart by their names)
        for by in _told_apart_by(reference):
            ending = f" ({by})"
            name = wanted[each.id][: LONGEST["campaign"] - len(ending)].rstrip() + ending
            if name not in used:
                break
        names[each.id] = name
        used.add(name)
    return names


def _tidy(new: New) -> str:
    """Its name as far as a campaign may have it; its platform ID if nothing is left."""
    if new.known_by is None:
        return new.name
    shown = "".join(c if c.isprintable() else " " for c in new.name)
    return " ".join(shown.split())[: LONGEST["campaign"]].rstrip() or new.known_by.reference


def _told_apart_by(reference: Reference) -> Iterator[str]:
    longest = LONGEST["campaign"] // 2
    yield reference.reference[:longest]
    yield f"{reference.account} / {reference.reference}"[-longest:]
    for number in range(2, 1_000_000):
        yield f"{reference.reference[:longest]}, {number}"


def _sentences(made: Created, missing: Collection[New], names: Mapping[int, str]) -> Iterator[str]:
    them = "It is" if made.count == 1 else "They are"
    yield (
        f"{them} created active, as {'it spends' if made.count == 1 else 'they spend'} on the "
        "platform, without a budget: nothing limits "
        f"{'it' if made.count == 1 else 'them'} but the brand's budgets until you set "
        f"{'one' if made.count == 1 else 'some'}."
    )
    renamed = sum(each.name != names[each.id] for each in missing if each.known_by)
    if renamed:
        yield (
            f"{renamed:,} {'has' if renamed == 1 else 'have'} a name that no campaign of the brand "
            "can have, or that another one has: the name was shortened, or the platform ID added."
        )
    accounts = sorted({each.known_by.account for each in missing if each.known_by})
    if len(accounts) > 1:
        listed = ", ".join(account or "no account" for account in accounts[:5])
        more = " and others" if len(accounts) > 5 else ""  # noqa: PLR2004
        yield (
            f"They are of {len(accounts):,} accounts ({listed}{more}). All go into {made.brand}, "
            "and a campaign keeps its brand for life."
        )
    waits = len(release.due(made.reference_ids)) if made.reference_ids else 0
    if waits:
        yield (
            f"Spend waits for {waits:,} of them already. It is recorded too, where this file does "
            "not have the same."
        )


def _described(
    new: New, ids: Mapping[int, int], names: Mapping[int, str], rows: int, amount: Decimal
) -> dict[str, Any]:
    reference = new.known_by
    return {
        "campaign_id": ids[new.id],
        "campaign": names[new.id],
        "platform": reference.platform if reference else "",
        "account": reference.account if reference else "",
        "reference": reference.reference if reference else "",
        "rows": rows,
        "amount": amount,
        "currency": new.currency,
    }
