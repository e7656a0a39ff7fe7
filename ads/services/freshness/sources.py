"""The sources of campaigns' spend on ad platforms, and as of when it is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Value

from ads.freshness import asked_accounts, is_connected
from ads.models import Brand, Campaign, CampaignReference
from ads.models.platforms import MATCHED
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
    #: Up to when its spend is known (UTC); if it never answered, since when it is read.
    heard_at: datetime
    #: From when its age counts: not before the account has been read.
    ages_from: datetime
    has_answered: bool
    #: How late its platform usually reports: "Google Ads reports usually within 3 hours".
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
        return f"{platform_name(code)} reports {platform(code).usual_lag}"
    except (UnknownPlatform, ImportError):
        return ""


def accounts_by(
    campaigns: QuerySet[Campaign], owner: Literal["id", "brand_id"], accounts: Collection[Any]
) -> dict[int, set[int]]:
    """Which of ``accounts`` are sources, by the column ``owner`` of ``campaigns``.

    One query, and one more where platform IDs name no account. Owners without a source are missing.
    """
    if not accounts:
        return {}
    by_key: dict[tuple[str | None, str | None], set[int]] = defaultdict(set)
    for one in accounts:  # a warehouse may have one that is connected too
        by_key[one.platform, one.remote_id].add(one.pk)
    is_simulated = any(one.platform == SIMULATED for one in accounts)
    rows = campaigns.order_by().values_list(
        owner, "brand__timezone", "brand__currency", "references__platform", "references__account",
        is_connected() if is_simulated else Value(True),
    )  # fmt: skip
    found: dict[int, set[int]] = defaultdict(set)
    is_loose = False
    for its, timezone, currency, code, remote_id, is_elsewhere in rows.distinct():
        found[its] |= by_key.get((code, remote_id), set())
        if not is_elsewhere:
            found[its] |= by_key.get((SIMULATED, f"{timezone} {currency}"), set())
        is_loose |= remote_id == ""
    if is_loose:
        pks = [one.pk for one in accounts if one.platform != SIMULATED]
        loose = CampaignReference.objects.filter(campaign=OuterRef("pk"), account="")
        asking = campaigns.order_by().filter(Exists(loose)).values_list("pk", F(owner))
        those, params = asking.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(_THERE.format(those=those), [*params, pks])
            for its, pk in cursor.fetchall():
                found[its].add(pk)
    return {its: pks for its, pks in found.items() if pks}


_THERE: Final = f"""
    SELECT DISTINCT ours.owner, matched.account_id
      FROM ({{those}}) AS ours (id, owner)
     CROSS JOIN LATERAL (
            SELECT account_id FROM {MATCHED} WHERE matched.campaign_id = ours.id OFFSET 0
           ) AS matched
     WHERE matched.account_id = ANY(%s)
"""  # noqa: S608


def of_campaigns(ids: Collection[int]) -> dict[int, list[Source]]:
    """The sources of each campaign, the oldest first; those without one are missing.

    A query if no account is read, else three at most, whatever the number.
    """
    return _of(Campaign.objects.filter(pk__in=ids), "id")


def of_brand(brand: Brand) -> list[Source]:
    """The sources of the brand's campaigns, the oldest first; three queries at most."""
    return _of(Campaign.objects.filter(brand=brand), "brand_id").get(brand.pk, [])


def of_all() -> list[Source]:
    """The sources of all that whoever asks may see, the oldest first; three queries at most."""
    brands = visible.brand_ids()
    if brands is None:
        return _oldest_first(_source(one) for one in asked_accounts().select_related("connection"))
    found = _of(Campaign.objects.filter(brand__in=brands), "brand_id")
    return _oldest_first({one.account_id: one for its in found.values() for one in its}.values())


def _of(campaigns: QuerySet[Campaign], owner: Literal["id", "brand_id"]) -> dict[int, list[Source]]:
    accounts = {one.pk: one for one in asked_accounts().select_related("connection")}
    found = accounts_by(campaigns, owner, accounts.values())
    sources = {pk: _source(accounts[pk]) for its in found.values() for pk in its}
    return {its: _oldest_first(sources[pk] for pk in pks) for its, pks in found.items()}


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

    "As of 2026-11-29 14:05 New York. Google Ads reports usually within 3 hours."
    """
    if not sources:
        return ""
    lags = ". ".join(dict.fromkeys(each.usual_lag for each in sources if each.usual_lag))
    oldest = sources[0]
    heard = (
        f"As of {format_instant(oldest.heard_at, timezone)}"
        if oldest.has_answered
        else f"{oldest.name} has not reported yet"
    )
    return f"{heard}. {lags}{'.' if lags else ''}"


def _oldest_first(sources: Iterable[Source]) -> list[Source]:
    return sorted(sources, key=lambda each: (each.heard_at, each.name))


def account_name(account: Any) -> str:
    """An account with its platform: "Google Ads, Acme US"."""
    name = platform_name(account.platform)
    # The accounts of the simulated platform are nothing that people know of.
    return name if account.platform == SIMULATED else f"{name}, {account.name or account.remote_id}"


def _source(account: Any) -> Source:
    return Source(
        account.pk,
        account_name(account),
        account.heard_at,
        account.ages_from,
        account.answered_at is not None,
        _usual_lag(account.connection.platform),
        account.problem or account.connection.problem,
    )
