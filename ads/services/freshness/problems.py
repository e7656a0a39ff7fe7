"""What ad platforms fail to report, for those who run it."""

from collections import defaultdict
from datetime import datetime, timedelta

from ads.freshness import asked_accounts
from ads.models import Brand, CampaignReference, Connection, PlatformAccount
from ads.rules.calendar import format_instant
from ads.rules.platform_ids import SIMULATED
from ads.services.freshness.estimates import duration
from ads.services.freshness.sources import platform_name

#: An account that fails for longer than this is a problem: shorter, the next ticks may mend it.
FAILS_FOR = timedelta(minutes=30)

#: Accounts that are named.
NAMED = 5


def problems(now: datetime) -> list[str]:
    """About accounts that fail or are old; of connections :mod:`ads.services.connections` tells."""
    read = PlatformAccount.objects.filter(
        is_read=True, connection__state=Connection.State.WORKING
    ).select_related("connection")
    failing = list(
        read.filter(failing_since__lte=now - FAILS_FOR).order_by("failing_since", "pk")[: NAMED + 1]
    )
    found = [
        f"{_named(account)} could not be read since {format_instant(account.failing_since)}: "
        f"{account.problem}"
        for account in failing[:NAMED]
        if account.failing_since
    ]
    if len(failing) > NAMED:
        more = read.filter(failing_since__lte=now - FAILS_FOR).count() - NAMED
        found.append(f"{more:,} more accounts could not be read.")
    return found + _too_old(now)


def _too_old(now: datetime) -> list[str]:
    """About the accounts that are older than brands allow."""
    strict = Brand.objects.filter(stale_after_minutes__isnull=False)
    if not strict.exists():
        return []
    limits = {
        pk: (timedelta(minutes=minutes or 0), f"{timezone} {currency}")
        for pk, minutes, timezone, currency in strict.values_list(
            "pk", "stale_after_minutes", "timezone", "currency"
        )
    }
    shortest = min(limit for limit, _ in limits.values())
    old = {
        (account.platform, account.remote_id): account
        for account in asked_accounts().filter(heard_at__lt=now - shortest)
    }
    if not old:
        return []
    brands: dict[tuple[str, str], set[int]] = defaultdict(set)
    named = CampaignReference.objects.filter(campaign__brand__in=strict).order_by()
    for code, remote_id, pk in named.values_list(
        "platform", "account", "campaign__brand"
    ).distinct():
        brands[code, remote_id].add(pk)
    for pk, (_, simulated) in limits.items():
        brands[SIMULATED, simulated].add(pk)
    found = []
    for key, account in old.items():
        age = now - account.heard_at
        waiting = sum(limits[pk][0] < age for pk in brands[key])
        if waiting:
            found.append(
                f"{_named(account)} last reported spend {duration(age)} ago, longer than "
                f"{waiting:,} {'brand allows' if waiting == 1 else 'brands allow'}."
            )
    return found


def _named(account: PlatformAccount) -> str:
    return f"{platform_name(account.platform)}, {account.name or account.remote_id}"
