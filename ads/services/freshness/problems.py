"""What ad platforms fail to report, for those who run it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ads.freshness import asked_accounts
from ads.models import Brand, Campaign, Connection
from ads.rules.calendar import format_instant
from ads.services.freshness.estimates import duration
from ads.services.freshness.sources import account_name, accounts_by

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
    #: The brands that allow less; what they are told of it, where one of them is told alone.
    brands: frozenset[int] = frozenset()
    to_one: str = ""


def problems(now: datetime) -> list[str]:
    """About accounts that fail or are old; of connections :mod:`ads.services.connections` tells.

    One query, and three more at most where an account is old enough that a brand may mind.
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
            account_name(one),
            f"{account_name(one)} could not be read since {format_instant(one.failing_since)}: "
            f"{one.problem}",
            is_failing=True,
        )
        for one in failing
    ]
    return found + _too_old([one for one in accounts if one.ages_from < now - SHORTEST], now)


def _too_old(old: Sequence[Any], now: datetime) -> list[Late]:
    """About those of the accounts that are older than brands allow."""
    if not old:
        return []
    strict = Brand.objects.filter(stale_after_minutes__isnull=False).order_by()
    limits = {
        pk: timedelta(minutes=minutes or 0)
        for pk, minutes in strict.values_list("pk", "stale_after_minutes")
    }
    if not limits:
        return []
    brands: dict[int, set[int]] = defaultdict(set)
    campaigns = Campaign.objects.filter(brand__in=strict)
    for brand, accounts in accounts_by(campaigns, "brand_id", old).items():
        for pk in accounts:
            brands[pk].add(brand)
    found = []
    for account in old:
        age = now - account.heard_at
        aged = now - account.ages_from
        waiting = frozenset(brand for brand in brands[account.pk] if limits[brand] < aged)
        if waiting:
            said = f"last reported spend {duration(age)} ago"
            if account.answered_at is None:
                said = f"has reported no spend since it was connected {duration(age)} ago"
            said = f"{account_name(account)} {said}, longer than"
            found.append(
                Late(
                    account.pk,
                    account_name(account),
                    f"{said} {len(waiting):,} "
                    f"{'brand allows' if len(waiting) == 1 else 'brands allow'}.",
                    is_failing=False,
                    brands=waiting,
                    to_one=f"{said} the brand allows.",
                )
            )
    return found
