"""What ad platforms fail to report, for those who run it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ads.freshness import asked_accounts
from ads.models import Brand, CampaignReference, Connection
from ads.rules.calendar import format_instant
from ads.rules.platform_ids import SIMULATED
from ads.services.freshness.estimates import duration
from ads.services.freshness.sources import named

#: An account that fails for longer than this is a problem: shorter, the next ticks may mend it.
FAILS_FOR = timedelta(minutes=30)

#: The shortest age that a brand can ask for.
SHORTEST = timedelta(minutes=5)

#: Accounts that are named.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Late:
    """An account whose spend is not heard of, and what is wrong, in a sentence."""

    account_id: int
    name: str
    sentence: str
    #: Could it not be read, or is it only older than brands allow?
    is_failing: bool


def problems(now: datetime) -> list[str]:
    """About accounts that fail or are old; of connections :mod:`ads.services.connections` tells.

    One query, and two more where an account is old enough that a brand may mind.
    """
    found = late(now)
    failing = [one.sentence for one in found if one.is_failing]
    said = failing[:NAMED]
    if len(failing) > NAMED:
        said.append(f"{len(failing) - NAMED:,} more accounts could not be read.")
    return said + [one.sentence for one in found if not one.is_failing]


def late(now: datetime) -> list[Late]:
    """The accounts that fail, the longest first, and those that are older than brands allow."""
    accounts = list(asked_accounts().select_related("connection"))
    failing = sorted(
        (
            one
            for one in accounts
            if one.failing_since
            and one.failing_since <= now - FAILS_FOR
            and one.connection.state == Connection.State.WORKING
        ),
        key=lambda one: (one.failing_since, one.pk),
    )
    found = [
        Late(
            one.pk,
            named(one),
            f"{named(one)} could not be read since {format_instant(one.failing_since)}: "
            f"{one.problem}",
            is_failing=True,
        )
        for one in failing
    ]
    return found + _too_old([one for one in accounts if one.heard_at < now - SHORTEST], now)


def _too_old(old: Sequence[Any], now: datetime) -> list[Late]:
    """About those of the accounts that are older than brands allow."""
    if not old:
        return []
    strict = Brand.objects.filter(stale_after_minutes__isnull=False).order_by()
    limits = {
        pk: (timedelta(minutes=minutes or 0), f"{timezone} {currency}")
        for pk, minutes, timezone, currency in strict.values_list(
            "pk", "stale_after_minutes", "timezone", "currency"
        )
    }
    if not limits:
        return []
    brands: dict[tuple[str, str], set[int]] = defaultdict(set)
    references = CampaignReference.objects.filter(campaign__brand__in=strict).order_by()
    for code, remote_id, pk in references.values_list(
        "platform", "account", "campaign__brand"
    ).distinct():
        brands[code, remote_id].add(pk)
    for pk, (_, simulated) in limits.items():
        brands[SIMULATED, simulated].add(pk)
    found = []
    for account in old:
        age = now - account.heard_at
        waiting = sum(limits[pk][0] < age for pk in brands[account.platform, account.remote_id])
        if waiting:
            found.append(
                Late(
                    account.pk,
                    named(account),
                    f"{named(account)} last reported spend {duration(age)} ago, longer than "
                    f"{waiting:,} {'brand allows' if waiting == 1 else 'brands allow'}.",
                    is_failing=False,
                )
            )
    return found
