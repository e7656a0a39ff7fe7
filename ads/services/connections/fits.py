"""What of a connection fits which brand and campaign here, and what does not fit at all.

A campaign is found by its platform ID; else by its name, in the account's brand. An account's brand
is the one of its campaigns that are found by their IDs; else the one that has most of their names;
else the one that is called like the account.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    Connection,
    PlatformAccount,
    PlatformCampaign,
)
from ads.platforms import SIMULATED
from ads.rules.calendar import UnknownTimezone, local_date
from ads.rules.currencies import DEFAULT, labelled
from ads.services.connections.lifecycle import second_readers
from ads.services.ledger import is_same_day

#: Whether the platform gives hours; asked only where it matters, as it may cost a second.
Hours = Callable[[], bool]

#: Days on which two timezones are compared: this one, and those half a year away.
_HALF_A_YEAR: Final = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class Fit:
    account: PlatformAccount
    #: Those that are there still, by name.
    campaigns: Sequence[PlatformCampaign]
    #: By their IDs on the platform: those of ours that have this platform ID.
    known: Mapping[str, Campaign] = field(default_factory=dict)
    #: Those that have it without an account, and get it with this one.
    without_account: Mapping[str, Campaign] = field(default_factory=dict)
    #: The brand that it seems to be of, and why; None: a new one.
    brand: Brand | None = None
    why: str = ""
    #: The connection that reads it already, as the same source of spend.
    read_by: Connection | None = None
    #: Another that reads it as another source, such as a warehouse what is connected directly.
    also_read_by: Connection | None = None

    @property
    def new(self) -> list[PlatformCampaign]:
        return [one for one in self.campaigns if one.remote_id not in self.known]


def fits(connection: Connection) -> list[Fit]:
    """Every account that was listed, with what it fits; a fixed number of queries.

    None of the simulated platform's, whose campaigns are ours by our own IDs.
    """
    if connection.platform == SIMULATED:
        return []
    accounts = list(connection.accounts.order_by("name", "platform", "remote_id"))
    campaigns: dict[int, list[PlatformCampaign]] = defaultdict(list)
    seen = PlatformCampaign.objects.filter(account__in=accounts, gone_at=None)
    for one in seen.order_by("account", "name", "remote_id"):
        campaigns[one.account_id].append(one)
    known = _known(accounts, campaigns)
    brands = {one.pk: one for one in Brand.objects.order_by("pk")}
    named = _named(one for each in campaigns.values() for one in each)
    by_name = {_plain(one.name): one for one in brands.values()}
    readers = second_readers(accounts)
    found = []
    for account in accounts:
        theirs = campaigns[account.pk]
        own, loose = known(account, theirs)
        brand, why = _brand_of(account, theirs, {**loose, **own}, named, by_name)
        reader = readers.get(account)
        found.append(
            Fit(
                account,
                theirs,
                own,
                loose,
                brands.get(brand) if brand else None,
                why,
                reader.connection if reader and reader.source == account.source else None,
                reader.connection if reader and reader.source != account.source else None,
            )
        )
    return found


def troubles(fit: Fit, brand: Brand | None, *, gives_hours: Hours, now: datetime) -> list[str]:
    """What of the account cannot be used for campaigns of this brand (None: a new one), and what
    it means; [] if all of it can.
    """
    account = fit.account
    found = []
    if account.state:
        found.append(f'The platform reports this account as "{account.state}".')
    if account.problem and not account.is_read:
        found.append(account.problem)
    if fit.read_by:
        found.append(
            f"{fit.read_by} reads it already, so this connection cannot: its spend would count "
            "twice."
        )
    if fit.also_read_by:
        found.append(
            f"{fit.also_read_by} reads it already. The same spend is not counted twice: what both "
            "report for a campaign's day stays with the one that reported it first."
        )
    found += [text for owner in _owners(fit, brand) for text in misfits(
        account, owner, gives_hours=gives_hours, now=now
    )]  # fmt: skip
    if brand is None and not (account.timezone and account.currency):
        found.append(
            f"{_unsaid(account)} not known, so a new brand gets {account.timezone or 'UTC'} and "
            f"{account.currency or DEFAULT}. Choose a brand that has the right ones, or renew the "
            "credentials with them."
        )
    if brand is None and not _is_usable(account.timezone, now):
        found.append(
            f"Its timezone {account.timezone!r} is not known here, so no brand can be made from "
            "it. Choose a brand."
        )
    return found


def misfits(
    account: PlatformAccount, brand: Brand, *, gives_hours: Hours, now: datetime
) -> list[str]:
    """Why spend of the account cannot be recorded for the brand; [] if it can."""
    found = []
    if account.currency and account.currency != brand.currency:
        found.append(
            f"It charges in {labelled(account.currency)}, and {brand} counts in "
            f"{labelled(brand.currency)}: its spend would not be recorded. Use a brand in "
            f"{account.currency}."
        )
    if account.timezone and not _same_days(account.timezone, brand, now) and not gives_hours():
        found.append(
            f"Its days follow {account.timezone}, and those of {brand} follow {brand.timezone}; "
            "the platform gives no hours, so its spend would not be recorded. Use a brand in "
            f"{account.timezone}."
        )
    return found


def said_of_days(
    account: PlatformAccount, brand: Brand | None, *, gives_hours: Hours, now: datetime
) -> str:
    """A note where hours are added up to the brand's own days; "" where there is no need."""
    if not brand or not account.timezone or _same_days(account.timezone, brand, now):
        return ""
    if not gives_hours():
        return ""
    return (
        f"Its days follow {account.timezone}; its hours are added up to the days of {brand} in "
        f"{brand.timezone}."
    )


def _same_days(timezone: str, brand: Brand, now: datetime) -> bool:
    try:
        today = local_date(now, brand.timezone)
    except UnknownTimezone:
        return False
    return all(
        is_same_day(today + days, timezone, brand.timezone)
        for days in (timedelta(0), _HALF_A_YEAR, -_HALF_A_YEAR)
    )


def _unsaid(account: PlatformAccount) -> str:
    if account.timezone:
        return "Its currency is"
    return "Its timezone is" if account.currency else "Its timezone and currency are"


def _is_usable(timezone: str, now: datetime) -> bool:
    try:
        local_date(now, timezone or "UTC")
    except UnknownTimezone:
        return False
    return True


def _owners(fit: Fit, brand: Brand | None) -> list[Brand]:
    """The brands that spend of the account is recorded for."""
    owners = {one.brand_id: one.brand for one in fit.known.values()}
    if brand is not None:
        owners[brand.pk] = brand
    return list(owners.values())


Ids = tuple[dict[str, Campaign], dict[str, Campaign]]


def _known(
    accounts: Iterable[PlatformAccount], campaigns: Mapping[int, Sequence[PlatformCampaign]]
) -> Callable[[PlatformAccount, Sequence[PlatformCampaign]], Ids]:
    """Looks up which campaigns have the IDs of those on the platform, and which have them without
    an account; one query in all.
    """
    references = CampaignReference.objects.filter(
        platform__in={one.platform for one in accounts},
        account__in={"", *(one.remote_id for one in accounts)},
        reference__in={one.remote_id for each in campaigns.values() for one in each},
    )
    by_place = {
        (one.platform, one.account, one.reference): one.campaign
        for one in references.select_related("campaign__brand").order_by()
    }

    def known(account: PlatformAccount, theirs: Sequence[PlatformCampaign]) -> Ids:
        own: dict[str, Campaign] = {}
        loose: dict[str, Campaign] = {}
        for one in theirs:
            if exact := by_place.get((account.platform, account.remote_id, one.remote_id)):
                own[one.remote_id] = exact
            elif there := by_place.get((account.platform, "", one.remote_id)):
                loose[one.remote_id] = there
        return own, loose

    return known


def _named(campaigns: Iterable[PlatformCampaign]) -> dict[str, set[int]]:
    """The brands that have a campaign of each of these names; one query."""
    brands: dict[str, set[int]] = defaultdict(set)
    rows = Campaign.objects.filter(name__in={one.name for one in campaigns if one.name})
    for name, brand in rows.order_by().values_list("name", "brand"):
        brands[name].add(brand)
    return brands


def _brand_of(
    account: PlatformAccount,
    campaigns: Sequence[PlatformCampaign],
    known: Mapping[str, Campaign],
    named: Mapping[str, set[int]],
    by_name: Mapping[str, Brand],
) -> tuple[int | None, str]:
    """The brand it seems to be of, and why."""
    if brand := _most(Counter(one.brand_id for one in known.values())):
        return brand, "has its platform IDs"
    same = Counter(brand for one in campaigns for brand in named.get(one.name, ()))
    if brand := _most(same):
        return brand, "has campaigns of the same names"
    if (alike := by_name.get(_plain(account.name))) and _plain(account.name):
        return alike.pk, "has the same name"
    return None, ""


def _most(counted: Counter[int]) -> int | None:
    """The one that was counted most often, if it is one alone."""
    first = counted.most_common(2)
    if not first or (len(first) == 2 and first[0][1] == first[1][1]):  # noqa: PLR2004
        return None
    return first[0][0]


_OTHERS: Final = re.compile(r"[\W_]+")


def _plain(name: str) -> str:
    """Letters and digits alone: "ACME Ltd." and "Acme ltd" are called the same."""
    return _OTHERS.sub("", name.casefold())
