"""How a row names its campaign, and looking many campaigns up at once.

Each look-up is one query, whatever the number. For a sender that is limited to some brands, the
campaigns of other brands do not exist.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.db import connection

from ads.models import Campaign
from ads.models.spend import known_as, shown
from ads.rules.platform_ids import spelled
from ads.services.errors import InvalidSpend


@dataclass(frozen=True, slots=True)
class CampaignNamed:
    """A campaign by the name of its brand and its own, letter for letter."""

    brand: str
    name: str

    def __str__(self) -> str:
        return f"{self.brand} / {self.name}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A campaign as a platform knows it; its account and its ID in their one spelling.

    Args:
        platform: such as ``google_ads``.
        account: the account there; empty where IDs are unique without one.
        reference: the campaign's ID on the platform.
        name: its name there, to recognise it by; not compared.
    """

    platform: str
    account: str
    reference: str
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        # Other types are refused where rows are checked.
        if isinstance(self.account, str):
            object.__setattr__(self, "account", spelled(self.account, account=True))
        if isinstance(self.reference, str):
            object.__setattr__(self, "reference", spelled(self.reference))

    def __str__(self) -> str:
        return shown(self.known_as)

    @property
    def known_as(self) -> str:
        """See :attr:`ads.models.ReportedTotal.known_as`."""
        return known_as(self.platform, self.account, self.reference)


#: How a row names its campaign.
CampaignGiven = Campaign | int | CampaignNamed | Reference


class Owner(NamedTuple):
    """A campaign, its brand, and the brand's timezone and currency."""

    campaign_id: int
    brand_id: int
    timezone: str
    currency: str


#: Ids that PostgreSQL can compare with; no other exists.
_LARGEST_ID = 2**63 - 1

_OWNER = "campaign.id, campaign.brand_id, brand.timezone, brand.currency"
_COLUMNS = 4

_BY_ID = f"""
    SELECT {_OWNER}
      FROM ads_campaign AS campaign
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
     WHERE campaign.id = ANY(%s::bigint[])
"""  # noqa: S608  (nothing in it comes from outside)

_BY_NAME = f"""
    SELECT {_OWNER}, brand.name, campaign.name
      FROM unnest(%s::text[], %s::text[]) AS given (brand, name)
      JOIN ads_brand AS brand ON brand.name = given.brand
      JOIN ads_campaign AS campaign ON campaign.brand_id = brand.id AND campaign.name = given.name
"""  # noqa: S608

_BY_REFERENCE = f"""
    SELECT {_OWNER}, known.platform, known.account, known.reference
      FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (platform, account, reference)
      JOIN ads_campaignreference AS known
        ON known.platform = given.platform AND known.account = given.account
       AND known.reference = given.reference
      JOIN ads_campaign AS campaign ON campaign.id = known.campaign_id
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
"""  # noqa: S608

Brands = frozenset[int] | None

#: Those that were last looked up alone, for :func:`remembered`.
_remembered: Final[dict[int, Owner]] = {}
_MOST_REMEMBERED: Final = 10_000


def remembered(pk: int, brand_ids: Brands = None) -> Owner | None:
    """The campaign of this id, in ``brand_ids``, as it was when it was last looked up; no query.

    Only for whoever has the database compare it with the brand as it is, before it is relied on.
    """
    owner = _remembered.get(pk)
    return owner if owner and (brand_ids is None or owner.brand_id in brand_ids) else None


def by_id(ids: Collection[int], brand_ids: Brands = None) -> dict[int, Owner]:
    """The campaigns of these ids, in ``brand_ids`` (None: any brand)."""
    possible = [pk for pk in ids if 0 < pk <= _LARGEST_ID]
    return {row[0]: Owner(*row) for row in _found(_BY_ID, [possible], brand_ids)}


def by_name(named: Collection[CampaignNamed], brand_ids: Brands = None) -> dict[Any, Owner]:
    """The campaigns of these names, in ``brand_ids``."""
    columns = [[one.brand for one in named], [one.name for one in named]]
    return {
        CampaignNamed(*row[_COLUMNS:]): Owner(*row[:_COLUMNS])
        for row in _found(_BY_NAME, columns, brand_ids)
    }


def by_reference(references: Collection[Reference], brand_ids: Brands = None) -> dict[Any, Owner]:
    """The campaigns with these platform IDs, in ``brand_ids``."""
    columns = [
        [getattr(one, part) for one in references] for part in ("platform", "account", "reference")
    ]
    return {
        Reference(*row[_COLUMNS:]): Owner(*row[:_COLUMNS])
        for row in _found(_BY_REFERENCE, columns, brand_ids)
    }


def find(
    given: Iterable[CampaignGiven], brand_ids: Brands = None, *, trust_loaded: bool = False
) -> dict[CampaignGiven, Owner]:
    """The campaigns that these name, in ``brand_ids``.

    With ``trust_loaded``, no query for a campaign whose brand is loaded; it may be stale.
    """
    wanted = set(given)
    found: dict[CampaignGiven, Owner] = {}
    for one in wanted:
        if trust_loaded and isinstance(one, Campaign) and Campaign.brand.is_cached(one):
            found[one] = Owner(one.pk, one.brand_id, one.brand.timezone, one.brand.currency)
    ids = {one: _id(one) for one in wanted if isinstance(one, Campaign | int) and one not in found}
    owners = by_id(set(ids.values()), brand_ids)
    if len(owners) == 1:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered.update(owners)
    return {
        **found,
        **{one: owners[pk] for one, pk in ids.items() if pk in owners},
        **by_name({one for one in wanted if isinstance(one, CampaignNamed)}, brand_ids),
        **by_reference({one for one in wanted if isinstance(one, Reference)}, brand_ids),
    }


def _id(campaign: Campaign | int) -> int:
    return campaign if isinstance(campaign, int) else int(campaign.pk)


def no_such_id(pk: int) -> InvalidSpend:
    """The refusal of an id that no campaign has, or none that the sender may know of."""
    return InvalidSpend("campaign", pk, "there is no campaign of this id.")


def _found(sql: str, columns: list[list[Any]], brand_ids: Brands) -> list[tuple[Any, ...]]:
    if not columns[0]:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, columns)
        rows = cursor.fetchall()
    return rows if brand_ids is None else [row for row in rows if row[1] in brand_ids]
