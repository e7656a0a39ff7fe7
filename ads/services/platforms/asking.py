"""Asking one account what its campaigns have cost, and recording it at once."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from ads.models import Campaign, CampaignReference, PlatformAccount, WaitingSpend
from ads.models.spend import Kind
from ads.platforms import SIMULATED
from ads.platforms.interface import Connector, Costs, OutOfQuota, PlatformError, Unreachable
from ads.rules import calendar
from ads.services.delivery import Trigger, enforce
from ads.services.isolation import NOBODYS_FAULT
from ads.services.ledger import waiting
from ads.services.platforms import campaigns, matching, quota, totals
from ads.services.platforms.access import account_of, connected
from ads.services.platforms.due import claimed
from ads.services.platforms.errors import account_failed, sentence
from ads.services.platforms.recording import Outcome, record_rows
from ads.services.platforms.windows import (
    MONTH,
    ONE_DAY,
    WEEK,
    Window,
    is_week_due,
    windows,
    zone_of,
)

logger = structlog.stdlib.get_logger(__name__)

_OUT_OF_TIME: Final = "The platform took too long to answer."


@dataclass(slots=True)
class Asked:
    #: False: it was not due, or another task is asking it.
    is_asked: bool = True
    outcome: Outcome = field(default_factory=Outcome)
    #: Why not everything could be read; "" if it could.
    error: str = ""


def ask(account_id: int, now: datetime) -> Asked:
    """Ask the account for what is due, and record each answer before the next question.

    A failure is noted with the account and never raised, unless the database is in trouble.
    """
    with claimed(account_id, now) as account:
        if account is None:
            return Asked(is_asked=False)
        asked = Asked()
        try:
            _ask(account, now, asked)
        except SoftTimeLimitExceeded:
            error = Unreachable(_OUT_OF_TIME)
            account_failed(account, error, now)
            asked.error = sentence(error)
        except NOBODYS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001  (noted and logged)
            account_failed(account, error, now)
            asked.error = sentence(error)
        return asked


def _ask(account: PlatformAccount, now: datetime, asked: Asked) -> None:
    if account.timezone and account.timezone not in calendar.names():
        raise PlatformError(
            f"The account's timezone, {account.timezone}, is not known.",
            remedy="Its days cannot be told apart; update Budget Manager.",
        )
    wants_campaigns = is_week_due(account, now)
    has_week = False
    said = _too_old(account, now)
    with connected(account.connection) as connector:
        try:
            for n, window in enumerate(windows(account, now)):
                outcome, costs = _ask_for(account, connector, window, now)
                asked.outcome += outcome
                problems = [*said, *filter(None, [costs.note]), *asked.outcome.problems]
                _answered(account, window, outcome, problems, now)
                has_week |= window.days >= WEEK and not outcome.is_locked
                if n == 0 and not outcome.is_locked:
                    _fresh(account, costs, now)
                if n == 0:
                    asked.outcome.switched += _let_go(account, now)
            if wants_campaigns or account.platform == SIMULATED:
                try:
                    campaigns.refresh(account, connector, now)
                except OutOfQuota as error:  # which may not be that of costs, asked at each tick
                    has_week = False
                    asked.error = sentence(error)
                    PlatformAccount.objects.filter(pk=account.pk).update(problem=asked.error)
            elif _may_look(account, now):
                with suppress(OutOfQuota):  # the rest of it is for switching
                    campaigns.refresh(account, connector, now, only_changes=True)
            if wants_campaigns and has_week:  # and its campaigns, or both are due again
                PlatformAccount.objects.filter(pk=account.pk).update(week_answered_at=now)
        finally:
            quota.count(account.connection, connector, now)


def _may_look(account: PlatformAccount, now: datetime) -> bool:
    """Whether to look between the hourly looks what somebody has switched there by hand.

    Not where nothing is switched, as in a warehouse.
    """
    return (
        not (account.is_read_only or account.connection.is_read_only)
        and account.campaigns.filter(is_on__isnull=False).exists()
        and quota.has_room(account.connection, now)
    )


def _ask_for(
    account: PlatformAccount, connector: Connector, window: Window, now: datetime
) -> tuple[Outcome, Costs]:
    """Ask for these days; record them."""
    prepared = totals.Prepared()
    costs = connector.costs(account_of(account), window.since, window.until, now=now)
    those = matching.matched(account, totals.ids_in(costs))
    matching.name_anew(those, Window(window.since - ONE_DAY, window.until + ONE_DAY))
    totals.of_days(costs, window, those, prepared)
    outcome = record_rows(prepared.rows, source=account.source, now=now)
    if prepared.by_hours and connector.gives_hours:
        # A day more, or the first of the brands' days would lack its beginning.
        wider = Window(window.since - ONE_DAY, window.until)
        hours = connector.costs(
            account_of(account), wider.since, wider.until, now=now, by_hour=True
        )
        by_hour = replace(prepared, rows=[])
        totals.of_hours(hours, wider, those, by_hour, now)
        outcome += record_rows(by_hour.rows, source=account.source, now=now)
        _discard_days(account, by_hour.added_up(those), window, now)
    elif prepared.by_hours:
        totals.without_hours(those, prepared)
    outcome.problems = prepared.problems() + outcome.problems
    return outcome, costs


def _discard_days(
    account: PlatformAccount, ids: Collection[str], window: Window, now: datetime
) -> None:
    """Let nothing wait that came before the campaign was matched and is now recorded by hours.

    Of other days than these the hours have not been read; they may never be.
    """
    waits = WaitingSpend.objects.filter(
        unknown__platform=account.platform,
        unknown__account=account.remote_id,
        unknown__reference__in=ids,
        date__range=(window.since, window.until),
        source=account.source,
        kind=Kind.DAY_TOTAL,
        discarded_at=None,
    )
    waiting.discard(waits, because="Its hours were added up to the brand's days.", now=now)


def _answered(
    account: PlatformAccount,
    window: Window,
    outcome: Outcome,
    problems: list[str],
    now: datetime,
) -> None:
    """Note that the account answered, unless it is to be asked again for something."""
    noted: dict[str, Any] = {
        "problem": "\n".join(problems),
        "failing_since": None,
        "retry_at": None,
        "updated_at": now,
    }
    if window.days >= MONTH and not outcome.is_locked:
        noted["month_answered_at"] = now
    PlatformAccount.objects.filter(pk=account.pk).update(**noted)


def _fresh(account: PlatformAccount, costs: Costs, now: datetime) -> None:
    """Note as of when the last days are known."""
    PlatformAccount.objects.filter(pk=account.pk).update(
        answered_at=now, fresh_until=costs.fresh_until
    )


def _let_go(account: PlatformAccount, now: datetime) -> int:
    """Let campaigns run again that stopped because this account had not reported; how many."""
    late = Campaign.objects.filter(is_active=False, brand__stops_when_stale=True)
    if account.platform == SIMULATED:
        mine = late.filter(brand__timezone=account.timezone, brand__currency=account.currency)
    else:
        references = CampaignReference.objects.filter(
            platform=account.platform, account__in=("", account.remote_id)
        )
        mine = late.filter(pk__in=references.values("campaign"))
    ids = list(mine.values_list("pk", flat=True))
    if not ids:
        return 0
    return enforce(Campaign.objects.filter(pk__in=ids), now, Trigger.UPDATE_SPEND).switched


def _too_old(account: PlatformAccount, now: datetime) -> list[str]:
    """What to say of days that are not asked for any more."""
    if account.answered_at is None:
        return []
    zone = zone_of(account)
    answered_on = calendar.local_date(account.answered_at, zone)
    since = calendar.local_date(now, zone) - (MONTH - 1) * ONE_DAY
    if answered_on >= since:
        return []
    logger.warning(
        "An account answered too long ago to ask for every day since",
        account=str(account),
        answered_on=str(answered_on),
        asked_from=str(since),
    )
    missing = (
        f"It last answered on {answered_on} and was asked again from {since} on. Import a report "
        "of the days between."
    )
    return [missing]
