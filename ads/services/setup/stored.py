"""The brands and campaigns that a file names, as they are stored; a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Lower

from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    DaypartingSchedule,
    Label,
    ReportedTotal,
    Spend,
)
from ads.services import visible
from ads.services.locks import among
from ads.services.setup.columns import BRAND, CAMPAIGN, Id
from ads.services.setup.plan import Target
from ads.services.team import possible_managers

#: In place of a campaign that whoever asks may not see.
ANOTHER: Final = "A campaign of another brand"

_OF_BRAND: Final = [column.field for column in BRAND.values() if column.field]
_OF_CAMPAIGN: Final = [column.field for column in CAMPAIGN.values() if column.field]

#: Campaigns of these names, letter for letter or but for capitals.
_NAMED: Final = """
    SELECT campaign.id
      FROM unnest(%s::bigint[], %s::text[]) AS given (brand_id, name)
      JOIN ads_campaign AS campaign ON campaign.brand_id = given.brand_id
       AND {name} = {given}
"""

_HOLDERS: Final = """
    SELECT known.campaign_id, known.platform, known.account, known.reference,
           brand.name || ' / ' || campaign.name, brand.id
      FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (platform, account, reference)
      JOIN ads_campaignreference AS known USING (platform, account, reference)
      JOIN ads_campaign AS campaign ON campaign.id = known.campaign_id
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
"""


def brands(ids: Collection[int], named: Collection[str]) -> list[Target]:
    """The brands with these ids, and those of these names."""
    every = Brand.objects.filter(Q(pk__in=among(ids)) | Q(name__in=list(named)))
    rows = list(visible.rows(every).order_by().values_list("pk", *_OF_BRAND))
    names = [name for name, column in BRAND.items() if column.field]
    targets = [_target(BRAND, pk, dict(zip(names, values, strict=True))) for pk, *values in rows]
    people = {one.before["account_manager"] for one in targets} - {None}
    users = User.objects.in_bulk(people) if people else {}
    for one in targets:
        user = users.get(one.before["account_manager"])
        one.before["account_manager"] = one.after["account_manager"] = user
    return targets


def alike_brands(named: Iterable[str]) -> dict[str, str]:
    """Names of brands that differ in capitals alone, by the names that were given in small."""
    alike = visible.rows(Brand.objects.order_by()).annotate(small=Lower("name"))
    return dict(
        alike.filter(small__in=[each.lower() for each in named]).values_list("small", "name")
    )


def campaign_ids(named: Iterable[tuple[int, str]], *, alike: bool = False) -> list[int]:
    """Ids of the campaigns with these brands and names; ``alike``: whatever their capitals."""
    brand_ids, texts = zip(*named, strict=True) if (named := list(named)) else ((), ())
    name, given = (
        ("lower(campaign.name)", "lower(given.name)")
        if alike
        else (
            "campaign.name",
            "given.name",
        )
    )
    with connection.cursor() as cursor:
        cursor.execute(_NAMED.format(name=name, given=given), [list(brand_ids), list(texts)])
        return [pk for (pk,) in cursor.fetchall()]


def campaigns(ids: Collection[int]) -> list[tuple[int, Target]]:
    """These campaigns, each with its brand's id; without their schedules and platform IDs."""
    rows = visible.rows(Campaign.objects.filter(pk__in=among(ids))).order_by()
    names = [name for name, column in CAMPAIGN.items() if column.field]
    return [
        (brand_id, _target(CAMPAIGN, pk, dict(zip(names, values, strict=True))))
        for pk, brand_id, *values in rows.values_list("pk", "brand_id", *_OF_CAMPAIGN)
    ]


def _target(columns: Any, pk: int, values: dict[str, Any]) -> Target:
    """With its values in the order of the columns."""
    before = {name: values.get(name, column.default) for name, column in columns.items()}
    return Target(columns, 0, pk, before, dict(before))


def schedules_of(ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    rows = CampaignSchedule.objects.filter(campaign__in=among(ids)).order_by()
    found: dict[int, list[str]] = defaultdict(list)
    for pk, name in rows.values_list("campaign", "schedule__name"):
        found[pk].append(name)
    return {pk: tuple(sorted(names)) for pk, names in found.items()}


def groups_of(ids: Collection[int]) -> dict[int, str]:
    rows = Campaign.objects.filter(pk__in=among(ids)).exclude(budget_group=None).order_by()
    return dict(rows.values_list("pk", "budget_group__name"))


def groups(brand_ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """The ids of the budget groups of these brands, by brand and name."""
    rows = BudgetGroup.objects.filter(brand__in=among(brand_ids)).order_by()
    return {(brand, name): pk for pk, brand, name in rows.values_list("pk", "brand", "name")}


def references_of(ids: Collection[int]) -> dict[int, tuple[Id, ...]]:
    rows = CampaignReference.objects.filter(campaign__in=among(ids)).order_by()
    found: dict[int, list[Id]] = defaultdict(list)
    for pk, *parts in rows.values_list("campaign", "platform", "account", "reference"):
        found[pk].append((parts[0], parts[1], parts[2]))
    return {pk: tuple(sorted(each)) for pk, each in found.items()}


def holders(ids: Iterable[Id]) -> dict[Id, tuple[int, str]]:
    """Which campaign has each of these platform IDs: its id, and what it is called."""
    columns = [list(parts) for parts in zip(*ids, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, columns)
        rows = cursor.fetchall()
    theirs = visible.brand_ids()
    return {
        (row[1], row[2], row[3]): (
            row[0],
            row[4] if theirs is None or row[5] in theirs else ANOTHER,
        )
        for row in rows
    }


def managers() -> dict[str, User]:
    """Who can be an account manager, by user name in small letters."""
    return {user.get_username().lower(): user for user in possible_managers()}


def every_label() -> dict[str, tuple[str, int]]:
    """The name and id of each label, by its name in small letters with single spaces."""
    rows = visible.rows(Label.objects.order_by())
    return {
        " ".join(name.lower().split()): (name, pk) for name, pk in rows.values_list("name", "pk")
    }


def schedules() -> dict[str, int]:
    return dict(visible.rows(DaypartingSchedule.objects.order_by()).values_list("name", "pk"))


def with_spend(brand_ids: Collection[int]) -> set[int]:
    """Those of these brands for which spend is on record: their currency is fixed."""
    if not brand_ids:
        return set()
    recorded: set[int] = set()
    for model in (Spend, ReportedTotal):
        rows = model._default_manager.filter(campaign__brand__in=among(brand_ids)).order_by()
        recorded |= set(rows.values_list("campaign__brand", flat=True).distinct())
    return recorded
