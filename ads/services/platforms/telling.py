"""Telling platforms which campaigns to run and to stop, where that differs from what they do.

What they do is what was last seen there. The next look finds what was changed there by hand.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection as database

from ads.models import PlatformAccount, PlatformCampaign
from ads.platforms.interface import Confirmed
from ads.services import messages, restored
from ads.services.isolation import NOBODYS_FAULT
from ads.services.platforms import campaigns
from ads.services.platforms.access import account_of, connected
from ads.services.platforms.accounts import keep_simulated
from ads.services.platforms.errors import sentence

logger = structlog.stdlib.get_logger(__name__)

TELL: Final = "ads.tasks.tell_platforms"


@dataclass(frozen=True, slots=True)
class Synced:
    """How many campaigns the platforms were told to run and to stop."""

    started: int = 0
    stopped: int = 0
    #: A line for each account that could not be told.
    errors: tuple[str, ...] = ()


def sync_platforms(now: datetime) -> Synced:
    """Tell the platforms; those that cannot be reached are told at the next tick."""
    keep_simulated(now)
    _see_simulated(now)
    started = stopped = 0
    errors: list[str] = []
    for account_id, wanted in _out_of_step().items():
        account = PlatformAccount.objects.select_related("connection").get(pk=account_id)
        try:
            done = _tell(account, wanted, now)
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            logger.exception("A platform could not be told what to run", account=str(account))
            errors.append(f"{account}: {sentence(error)}")
        else:
            started += sum(done.values())
            stopped += len(done) - sum(done.values())
    return Synced(started, stopped, tuple(errors))


def tell_soon() -> None:
    """Have a worker call :func:`sync_platforms` now: a slow platform must not delay the caller."""
    messages.send(TELL, expires=timedelta(minutes=1).total_seconds())


def _tell(account: PlatformAccount, wanted: dict[str, bool], now: datetime) -> dict[str, bool]:
    """Stopping first: what runs too long costs money."""
    done: dict[str, bool] = {}
    with connected(account.connection) as connector:
        for is_on in (False, True):
            orders = {pk: is_on for pk, on in wanted.items() if on is is_on}
            if not orders or (is_on and restored.is_held()):
                continue
            answers = connector.switch(account_of(account), orders, now=now)
            told = [pk for pk in orders if isinstance(answers.get(pk), Confirmed)]
            seen = PlatformCampaign.objects.filter(account=account, remote_id__in=told)
            seen.update(is_on=is_on, is_serving=None, seen_at=now)
            done |= dict.fromkeys(told, is_on)
    return done


def _see_simulated(now: datetime) -> None:
    """See campaigns of the simulated platform that were added since it was last asked."""
    with database.cursor() as cursor:
        cursor.execute(_UNSEEN)
        accounts = [pk for (pk,) in cursor.fetchall()]
    for account in PlatformAccount.objects.filter(pk__in=accounts).select_related("connection"):
        with connected(account.connection) as connector:
            campaigns.refresh(account, connector, now)


_UNSEEN: Final = """
    SELECT DISTINCT account.id
      FROM ads_platformaccount AS account
      JOIN ads_connection AS connection ON connection.id = account.connection_id
       AND connection.platform = 'simulated' AND connection.state = 'working'
      JOIN ads_brand AS brand
        ON account.remote_id = brand.timezone || ' ' || brand.currency
      JOIN ads_campaign AS campaign ON campaign.brand_id = brand.id
     WHERE NOT EXISTS (SELECT FROM ads_platformcampaign AS seen
                        WHERE seen.account_id = account.id
                          AND seen.remote_id = campaign.id::text)
"""


def _out_of_step() -> dict[int, dict[str, bool]]:
    """By account, the IDs there that do not do what was decided, and what that is."""
    with database.cursor() as cursor:
        cursor.execute(_DIFFERING)
        found: dict[int, dict[str, bool]] = defaultdict(dict)
        for account_id, remote_id, is_active in cursor.fetchall():
            found[account_id][remote_id] = is_active
        return dict(found)


_DIFFERING: Final = """
    SELECT account.id, there.remote_id, campaign.is_active
      FROM ads_platformcampaign AS there
      JOIN ads_platformaccount AS account ON account.id = there.account_id
      JOIN ads_connection AS connection ON connection.id = account.connection_id
      JOIN ads_campaign AS campaign ON there.remote_id = campaign.id::text
     WHERE there.gone_at IS NULL AND there.is_on <> campaign.is_active
       AND account.is_read AND NOT connection.is_read_only AND connection.state = 'working'
       AND account.platform = 'simulated'
     UNION
    SELECT account.id, there.remote_id, campaign.is_active
      FROM ads_platformcampaign AS there
      JOIN ads_platformaccount AS account ON account.id = there.account_id
      JOIN ads_connection AS connection ON connection.id = account.connection_id
      JOIN ads_campaignreference AS known
        ON known.platform = account.platform AND known.reference = there.remote_id
       AND known.account IN ('', account.remote_id)
      JOIN ads_campaign AS campaign ON campaign.id = known.campaign_id
     WHERE there.gone_at IS NULL AND there.is_on <> campaign.is_active
       AND account.is_read AND NOT connection.is_read_only AND connection.state = 'working'
     ORDER BY 1, 2
"""
