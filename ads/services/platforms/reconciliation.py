"""Each night: what a platform says of a whole account, its campaigns' sum, and what was recorded.

Sums of days that are over, and of months so far. Where they differ, the difference is kept with its
day until it is gone; nothing is recorded or smoothed away.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

import structlog
from django.db import transaction
from django.db.models import F, Q

from ads.models import AccountDifference, Connection, PlatformAccount, ReportedTotal, WaitingSpend
from ads.models.spend import Kind
from ads.platforms import SIMULATED
from ads.platforms.interface import Costs, CredentialsRefused, PlatformError
from ads.rules import calendar
from ads.rules.calendar import month_start
from ads.rules.platform_ids import spelled
from ads.services.isolation import NOBODYS_FAULT
from ads.services.ledger import is_same_day
from ads.services.locks import among
from ads.services.platforms import matching, quota
from ads.services.platforms.access import account_of, connected
from ads.services.platforms.errors import connection_refused, sentence
from ads.services.platforms.totals import whole_days
from ads.services.platforms.windows import MONTH, ONE_DAY, Window, today_of

logger = structlog.stdlib.get_logger(__name__)

#: Accounts that are reconciled between two ticks.
AT_ONCE: Final = 40

_NOTHING: Final = Decimal(0)
#: Days that are named in short.
_SHOWN: Final = 3
Span = AccountDifference.Span
Key = tuple[str, date]


class Sums(NamedTuple):
    """Three sums that should be equal."""

    platform: Decimal
    campaigns: Decimal
    ledger: Decimal

    @property
    def differ(self) -> bool:
        return not self.platform == self.campaigns == self.ledger


def to_reconcile(now: datetime) -> list[int]:
    """Accounts whose last 35 days have been recorded since they were last reconciled.

    So many for each tick that the next is not kept waiting: most have their night at one time.
    """
    return list(
        PlatformAccount.objects.filter(
            Q(reconciled_at=None) | Q(reconciled_at__lt=F("month_answered_at")),
            Q(retry_at=None) | Q(retry_at__lte=now),
            is_read=True,
            month_answered_at__isnull=False,
            connection__state=Connection.State.WORKING,
        )
        .exclude(platform=SIMULATED)
        .order_by(F("reconciled_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    )


def reconcile(account_id: int, now: datetime) -> int:
    """Compare an account's sums, and keep the differences; how many there are."""
    account = PlatformAccount.objects.select_related("connection").get(pk=account_id)
    # Also if it fails: once a night.
    PlatformAccount.objects.filter(pk=account.pk).update(reconciled_at=now)
    if account.timezone and account.timezone not in calendar.names():
        return 0
    window = _window(account, now)
    try:
        with connected(account.connection) as connector:
            try:
                asked = account_of(account)
                totals = connector.account_totals(asked, window.since, window.until, now=now)
                costs = connector.costs(asked, window.since, window.until, now=now)
            finally:
                quota.count(account.connection, connector, now)
    except NOBODYS_FAULT:
        raise
    except CredentialsRefused as error:
        connection_refused(account.connection, error, now)
        return 0
    except Exception as error:  # noqa: BLE001  (logged)
        say = logger.warning if isinstance(error, PlatformError) else logger.exception
        say("An account could not be reconciled", account=str(account), error=sentence(error))
        return 0
    whole = whole_days(costs, window)
    # Days that the answer may lack are not compared: what is missing would look like a difference.
    found = _compared(account, whole, totals, costs) if whole else {}
    return _keep(account, found, window, now)


def _window(account: PlatformAccount, now: datetime) -> Window:
    """The days that are over of those that are asked for at night."""
    yesterday = today_of(account, now) - ONE_DAY
    return Window(yesterday - (MONTH - 2) * ONE_DAY, yesterday)


def _compared(
    account: PlatformAccount, window: Window, totals: Mapping[date, Decimal], costs: Costs
) -> dict[Key, Sums]:
    """The sums of each day and each month of ``window``; months that begin in it."""
    campaigns: dict[date, Decimal] = defaultdict(Decimal)
    for cost in costs.rows:
        campaigns[cost.date] += cost.amount
    recorded = _recorded(account, window, costs)
    found: dict[Key, Sums] = {}
    months: dict[date, list[Sums]] = defaultdict(list)
    for n in range(window.days):
        day = window.since + n * ONE_DAY
        sums = Sums(totals.get(day, _NOTHING), campaigns[day], recorded[day])
        found[Span.DAY, day] = sums
        months[month_start(day)].append(sums)
    for start, days in months.items():
        if start >= window.since:
            found[Span.MONTH, start] = Sums(
                *(sum(column, _NOTHING) for column in zip(*days, strict=True))
            )
    return found


def _recorded(account: PlatformAccount, window: Window, costs: Costs) -> dict[date, Decimal]:
    """By day, what was recorded of the account, or waits for its campaign.

    What was recorded by hours is on the days of other timezones, and counts as it was reported.
    """
    those = matching.matched(account, {spelled(cost.campaign) for cost in costs.rows})
    known = those.known()
    reported = ReportedTotal.objects.filter(
        campaign__in=among({pk for pk, _ in known}),
        source=account.source,
        date__range=(window.since, window.until),
    ).exclude(amount=0)
    recorded: dict[date, Decimal] = defaultdict(Decimal)
    of_its_days: set[tuple[str, date]] = set()
    by_hours: dict[str, set[str]] = defaultdict(set)
    # In the timezone of whoever has it on record, who may have had the ID before.
    rows = reported.values_list(
        "campaign", "known_as", "campaign__brand__timezone", "date", "amount"
    )
    for pk, known_as, timezone, day, amount in rows:
        remote_id = known.get((pk, known_as))
        if remote_id is None:
            continue
        if _is_its_day(account, day, timezone):
            recorded[day] += amount
            of_its_days.add((remote_id, day))
        else:
            by_hours[remote_id].add(timezone)
    for cost in costs.rows:
        remote_id = spelled(cost.campaign)
        if (remote_id, cost.date) not in of_its_days and any(
            not _is_its_day(account, cost.date, timezone)
            for timezone in by_hours.get(remote_id, ())
        ):
            recorded[cost.date] += cost.amount
    waiting = WaitingSpend.objects.filter(
        unknown__platform=account.platform,
        unknown__account=account.remote_id,
        source=account.source,
        kind=Kind.DAY_TOTAL,
        discarded_at=None,
        date__range=(window.since, window.until),
    )
    for waits_for, amount in waiting.values_list("date", "amount"):
        if waits_for is not None:
            recorded[waits_for] += amount
    return recorded


def _is_its_day(account: PlatformAccount, day: date, timezone: str) -> bool:
    return not account.timezone or is_same_day(day, account.timezone, timezone)


@transaction.atomic
def _keep(
    account: PlatformAccount, found: Mapping[Key, Sums], window: Window, now: datetime
) -> int:
    """Keep the differences, and note which are gone; how many there are."""
    known = {
        (row.span, row.start): row
        for row in account.differences.filter(start__gte=window.since).select_for_update()
    }
    differing = {key: sums for key, sums in found.items() if sums.differ}
    for key, sums in sorted(differing.items()):
        row = known.get(key) or AccountDifference(
            account=account, span=key[0], start=key[1], found_at=now
        )
        if row.resolved_at is not None:
            row.found_at, row.resolved_at = now, None
        row.platform_amount, row.campaigns_amount, row.ledger_amount = sums
        row.checked_at = now
        row.save()
    gone = [row.pk for key, row in known.items() if key in found and key not in differing]
    AccountDifference.objects.filter(pk__in=gone, resolved_at=None).update(
        resolved_at=now, checked_at=now
    )
    return len(differing)


def unresolved(account: PlatformAccount) -> Iterable[AccountDifference]:
    """The account's differences, the latest first.

    Those of days that are not compared any more stay in the list of all, as they were last seen.
    """
    if account.reconciled_at is None:
        return []
    compared = account.differences.filter(start__gte=_window(account, account.reconciled_at).since)
    return compared.filter(resolved_at=None).order_by("-start", "span")


def in_short(account: PlatformAccount) -> str:
    """A line about them for the account's page; "" without any."""
    rows = list(unresolved(account))
    days = [row for row in rows if row.span == Span.DAY]
    if not rows:
        return ""
    if not days:
        return f"The sums of {rows[0].start:%B %Y} differ."
    which = ", ".join(str(row.start) for row in days[:_SHOWN])
    more = f" and {len(days) - _SHOWN:,} more" if len(days) > _SHOWN else ""
    number = "one day" if len(days) == 1 else f"{len(days):,} days"
    return f"The platform's sums differ on {number}: {which}{more}."
