"""Which campaigns of ours an account has, and what is on record of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from ads.models import PlatformAccount, PlatformCampaign, ReportedTotal, WaitingSpend
from ads.models.spend import Kind, known_as
from ads.platforms import SIMULATED
from ads.rules.platform_ids import is_number, spelled
from ads.services import campaign_lookup
from ads.services.campaign_lookup import CampaignGiven, Owner, Reference
from ads.services.ledger import DayTotal, day_totals
from ads.services.locks import among
from ads.services.platforms.windows import Window

_MATCHED: Final = """
    SELECT known.reference, known.account, campaign.id, campaign.brand_id, brand.timezone,
           brand.currency
      FROM ads_campaignreference AS known
      JOIN ads_campaign AS campaign ON campaign.id = known.campaign_id
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
     WHERE known.platform = %(platform)s
       AND (known.account = %(account)s
            OR known.account = '' AND known.reference = ANY(%(ids)s::text[]))
     ORDER BY known.account
"""


@dataclass(frozen=True, slots=True)
class Matched:
    """Campaigns of ours by their IDs in an account, and under which reference each is reported."""

    account: PlatformAccount
    owners: Mapping[str, Owner]
    #: The account's part of the reference, where it is not the account itself.
    without_account: frozenset[str]

    def known(self) -> dict[tuple[int, str], str]:
        """By campaign and known_as, the IDs of all totals that may be on record.

        Also for campaigns that had the IDs before: what they have is reported anew, too.
        """
        own = {(its.campaign_id, self.known_as(one)): one for one, its in self.owners.items()}
        before = {
            (pk, under): own[now, known_as]
            for now, known_as, pk, under in day_totals.carried_before(self.account.platform)
            if (now, known_as) in own
        }
        return {**before, **own}

    def known_as(self, remote_id: str) -> str:
        """Under which reference its totals are reported."""
        account = self.account
        if account.platform == SIMULATED:
            return ""
        its = "" if remote_id in self.without_account else account.remote_id
        return known_as(account.platform, its, remote_id)

    def given(self, remote_id: str, name: str = "") -> CampaignGiven:
        """How a row of the ledger names this campaign."""
        if self.account.platform == SIMULATED:
            return int(remote_id)
        account = "" if remote_id in self.without_account else self.account.remote_id
        return Reference(self.account.platform, account, remote_id, name[:200])


def matched(account: PlatformAccount, ids: Collection[str]) -> Matched:
    """The campaigns with platform IDs of this account; ``ids`` are those in its answer.

    A platform ID that was given without an account counts if the account has such a campaign.
    """
    if account.platform == SIMULATED:
        owners = campaign_lookup.by_id([int(pk) for pk in ids if is_number(pk)])
        return Matched(account, {str(pk): owner for pk, owner in owners.items()}, frozenset())
    there = PlatformCampaign.objects.filter(account=account).values_list("remote_id", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _MATCHED,
            {
                "platform": account.platform,
                "account": account.remote_id,
                "ids": sorted({*ids, *map(spelled, there)}),
            },
        )
        rows = cursor.fetchall()
    # Those with the account come last, and stand before those without.
    exact = {reference for reference, its_account, *_ in rows if its_account}
    return Matched(
        account,
        {reference: Owner(*owner) for reference, _, *owner in rows},
        frozenset(reference for reference, *_ in rows if reference not in exact),
    )


_NAME_ANEW: Final = """
    UPDATE ads_reportedtotal AS reported SET known_as = given.now
      FROM unnest(%(campaigns)s::bigint[], %(before)s::text[], %(now)s::text[])
           AS given (campaign_id, before, now)
     WHERE reported.campaign_id = given.campaign_id AND reported.source = %(source)s
       AND reported.date BETWEEN %(since)s AND %(until)s AND reported.known_as = given.before
       AND NOT EXISTS (SELECT FROM ads_reportedtotal AS known
                        WHERE known.campaign_id = reported.campaign_id
                          AND known.date = reported.date AND known.source = reported.source
                          AND known.known_as = given.now)
"""


def name_anew(those: Matched, window: Window) -> None:
    """Keep what is on record under the platform IDs as they are now.

    One that has been given its account since, or has lost it, would be reported as another one of
    the campaign, beside what was reported before.
    """
    account = those.account
    if account.platform == SIMULATED or not account.remote_id:
        return
    ids = [
        (
            one in those.without_account,
            known_as(account.platform, account.remote_id, one),
            known_as(account.platform, "", one),
        )
        for one in those.owners
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _NAME_ANEW,
            {
                "campaigns": [owner.campaign_id for owner in those.owners.values()],
                "before": [both[not loose] for loose, *both in ids],
                "now": [both[loose] for loose, *both in ids],
                "source": account.source,
                "since": window.since,
                "until": window.until,
            },
        )


def on_record(those: Matched, window: Window) -> dict[tuple[str, date], DayTotal]:
    """What the account reported on the days of ``window``, or waits, and is not zero.

    As totals of zero, by ID in the account and day; without an instant.
    """
    account = those.account
    known = those.known()
    reported = ReportedTotal.objects.filter(
        campaign__in=among({pk for pk, _ in known}),
        source=account.source,
        date__range=(window.since, window.until),
    ).exclude(amount=0)
    given: dict[str, CampaignGiven] = {}
    found: dict[tuple[str, date], DayTotal] = {}
    for pk, named, day in reported.values_list("campaign", "known_as", "date"):
        if (remote_id := known.get((pk, named))) is not None:
            if remote_id not in given:
                given[remote_id] = those.given(remote_id)
            found[remote_id, day] = DayTotal(given[remote_id], day, 0, None)
    waiting = WaitingSpend.objects.filter(
        unknown__platform=account.platform,
        unknown__account=account.remote_id,
        source=account.source,
        kind=Kind.DAY_TOTAL,
        discarded_at=None,
        date__range=(window.since, window.until),
    ).exclude(amount=0)
    for remote_id, waits_for in waiting.values_list("unknown__reference", "date"):
        if remote_id not in those.owners and waits_for is not None:
            found[remote_id, waits_for] = DayTotal(those.given(remote_id), waits_for, 0, None)
    return found
