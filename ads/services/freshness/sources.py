"""The sources of campaigns' spend on ad platforms, and as of when it is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ads.freshness import asked_accounts
from ads.models import Brand, Campaign, CampaignReference, PlatformCampaign
from ads.platforms import UnknownPlatform, platform
from ads.rules.calendar import format_instant
from ads.rules.platform_ids import SIMULATED
from ads.services import visible


@dataclass(frozen=True, slots=True)
class Source:
    """An account on an ad platform, as a source of spend."""

    account_id: int
    #: Such as "Google Ads, Acme US".
    name: str
    #: Up to when its spend is known (UTC); if it never answered, when it was added.
    heard_at: datetime
    #: How late its platform usually reports: "Google Ads: usually within 3 hours".
    usual_lag: str
    #: Why it could not be read, or what of it is not recorded.
    problem: str


def platform_name(code: str) -> str:
    """The name of a platform: "Google Ads"."""
    try:
        return platform(code).name
    except (UnknownPlatform, ImportError):
        return code


def _usual_lag(code: str) -> str:
    try:
        return f"{platform_name(code)}: {platform(code).usual_lag}"
    except (UnknownPlatform, ImportError):
        return ""


def of_campaigns(ids: Collection[int]) -> dict[int, list[Source]]:
    """The sources of each campaign, the oldest first; those without one are missing.

    A query if no account is read, else three at most, whatever the number.
    """
    accounts = {one.pk: one for one in asked_accounts().select_related("connection")}
    if not accounts:
        return {}
    by_key = {(one.platform, one.remote_id): one.pk for one in accounts.values()}
    found: dict[int, set[int]] = defaultdict(set)
    campaigns = Campaign.objects.filter(pk__in=ids).order_by()
    loose: list[tuple[int, str, str]] = []
    for pk, timezone, currency, code, remote_id, reference in campaigns.values_list(
        "pk", "brand__timezone", "brand__currency",
        "references__platform", "references__account", "references__reference",
    ):  # fmt: skip
        keys = [(SIMULATED, f"{timezone} {currency}"), (code, remote_id)]
        found[pk] |= {by_key[key] for key in keys if key in by_key}
        if remote_id == "":
            loose.append((pk, code, reference))
    if loose:
        there = _accounts_of(accounts, {reference for *_, reference in loose})
        for pk, code, reference in loose:
            found[pk] |= there.get((code, reference), set())
    sources = {pk: _source(one) for pk, one in accounts.items()}
    return {pk: _oldest_first(sources[one] for one in its) for pk, its in found.items() if its}


def of_brand(brand: Brand) -> list[Source]:
    """The sources of the brand's campaigns, the oldest first; two queries."""
    named = CampaignReference.objects.filter(campaign__brand=brand).order_by()
    pairs = set(named.values_list("platform", "account").distinct())
    accounts: QuerySet[Any] = asked_accounts().select_related("connection")
    simulated = (SIMULATED, f"{brand.timezone} {brand.currency}")
    exact = [one for one in accounts if (one.platform, one.remote_id) in pairs | {simulated}]
    loose = {code for code, remote_id in pairs if not remote_id}
    if loose:
        references = named.filter(account="").values("reference")
        ids = {one.pk for one in exact}
        exact += (
            accounts.filter(platform__in=loose, campaigns__remote_id__in=references)
            .exclude(pk__in=ids)
            .distinct()
        )
    return _oldest_first(_source(one) for one in exact)


def of_all() -> list[Source]:
    """The sources of all that whoever asks may see, the oldest first; two queries at most."""
    accounts: QuerySet[Any] = asked_accounts().select_related("connection")
    brands = visible.brand_ids()
    if brands is None:
        return _oldest_first(_source(one) for one in accounts)
    those = Brand.objects.filter(pk__in=brands).order_by()
    keys = set(
        those.values_list("campaigns__references__platform", "campaigns__references__account")
    ) | {(SIMULATED, f"{zone} {code}") for zone, code in those.values_list("timezone", "currency")}
    mine = [one for one in accounts if (one.platform, one.remote_id) in keys]
    return _oldest_first(_source(one) for one in mine)


def with_sources(rows: Iterable[Any], *, of_all: bool = False) -> None:
    """Give campaigns, whose brands are at hand, their sources (``sources``).

    Only those of brands that say how old spend may be, unless ``of_all``.
    """
    asking = [row for row in rows if of_all or row.brand.stale_after_minutes is not None]
    found = of_campaigns([row.pk for row in asking]) if asking else {}
    for row in asking:
        row.sources = found.get(row.pk, [])


def sources_of(row: Any) -> list[Source]:
    """Those that :func:`with_sources` has read, or those of a campaign by itself."""
    if not hasattr(row, "sources"):
        with_sources([row])
    return getattr(row, "sources", [])


def as_of(sources: Sequence[Source], timezone: str) -> str:
    """As of when spend is known, in words; "" without a source.

    "As of 2026-11-29 14:05 New York. Google Ads: usually within 3 hours."
    """
    if not sources:
        return ""
    lags = ". ".join(dict.fromkeys(each.usual_lag for each in sources if each.usual_lag))
    return f"As of {format_instant(sources[0].heard_at, timezone)}. {lags}{'.' if lags else ''}"


def _oldest_first(sources: Iterable[Source]) -> list[Source]:
    return sorted(sources, key=lambda each: (each.heard_at, each.name))


def named(account: Any) -> str:
    """An account with its platform: "Google Ads, Acme US"."""
    name = platform_name(account.platform)
    # The accounts of the simulated platform are nothing that people know of.
    return name if account.platform == SIMULATED else f"{name}, {account.name or account.remote_id}"


def _source(account: Any) -> Source:
    return Source(
        account.pk,
        named(account),
        account.heard_at,
        _usual_lag(account.connection.platform),
        account.problem or account.connection.problem,
    )


def _accounts_of(
    accounts: Collection[int], references: Collection[str]
) -> dict[tuple[str, str], set[int]]:
    """The accounts that have campaigns with these platform IDs, which name no account."""
    seen = PlatformCampaign.objects.filter(account__in=accounts, remote_id__in=references)
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for pk, code, remote_id in seen.values_list("account", "account__platform", "remote_id"):
        found[code, remote_id].add(pk)
    return found
