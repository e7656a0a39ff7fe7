"""Pulling day totals from the connected ad platforms, and telling them whom to run.

A platform or an account that fails never stops the others: it is logged, reported in the result,
and asked again at the next tick. Nothing is lost by that, because a day total says what a campaign
has cost so far, however long nobody asked.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain

from ads.models import Campaign
from ads.platforms import Account, AdPlatform, ObservedTotal, connected
from ads.rules.calendar import local_date
from ads.services import day_totals
from ads.services.isolation import NOBODYS_FAULT, isolate

logger = logging.getLogger(__name__)

#: Campaigns whose day totals are recorded in one transaction.
CHUNK = 1000

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Synced:
    """How many campaigns the platforms were told to run and to stop."""

    started: int = 0
    stopped: int = 0
    #: A line for each platform that could not be told.
    errors: tuple[str, ...] = ()

    def __add__(self, other: "Synced") -> "Synced":
        return Synced(
            self.started + other.started, self.stopped + other.stopped, self.errors + other.errors
        )


@dataclass(frozen=True, slots=True)
class SpendUpdate:
    """What one spend update did."""

    accounts: int = 0
    #: Day totals that moved the ledger, and by how much in all (US dollars).
    recorded: int = 0
    spend: Decimal = Decimal(0)
    #: Campaigns that stopped, or came back, on what was learned.
    switched: int = 0
    #: A line for each platform, account or campaign that failed.
    errors: tuple[str, ...] = ()

    def __add__(self, other: "SpendUpdate") -> "SpendUpdate":
        return SpendUpdate(
            self.accounts + other.accounts,
            self.recorded + other.recorded,
            self.spend + other.spend,
            self.switched + other.switched,
            self.errors + other.errors,
        )


def update_spend(now: datetime, *, platforms: Sequence[AdPlatform] | None = None) -> SpendUpdate:
    """Bring ledger and platforms up to date: tell, ask, record and enforce, tell again.

    ``platforms`` left out are the connected ones. Days are today and yesterday in the account's
    timezone: yesterday's total still grows after its last question.
    """
    update = SpendUpdate()
    for platform in connected() if platforms is None else platforms:
        before = sync_platforms(now, platforms=[platform])
        observed = _Observed(platform, now)
        for account in observed.accounts():
            observed.ask(account)
        observed.record()
        after = sync_platforms(now, platforms=[platform])
        update += SpendUpdate(
            accounts=observed.asked,
            recorded=observed.recorded,
            spend=observed.spend,
            switched=after.started + after.stopped,
            errors=(*before.errors, *observed.errors, *after.errors),
        )
    return update


def sync_platforms(now: datetime, *, platforms: Sequence[AdPlatform] | None = None) -> Synced:
    """Tell the platforms which campaigns to run and to stop, where that differs from what they do.

    One query where nothing does. A platform that cannot be told is told at the next tick.
    """
    synced = Synced()
    for platform in connected() if platforms is None else platforms:
        try:
            differing = platform.out_of_step(Campaign.objects.all())
            started = [pk for pk, is_on in differing.items() if is_on]
            stopped = [pk for pk, is_on in differing.items() if not is_on]
            # Stopping first: what runs too long costs money.
            if stopped:
                platform.switch(stopped, is_on=False, now=now)
            if started:
                platform.switch(started, is_on=True, now=now)
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            logger.exception("Platform %s could not be told whom to run.", platform.source)
            synced += Synced(errors=(f"{platform.source}: {_shown(error)}",))
        else:
            synced += Synced(started=len(started), stopped=len(stopped))
    return synced


class _Observed:
    """What one platform says, gathered over its accounts and recorded in large chunks."""

    def __init__(self, platform: AdPlatform, now: datetime) -> None:
        self.asked = 0
        self.recorded = 0
        self.spend = Decimal(0)
        self.errors: list[str] = []
        self._platform = platform
        self._now = now
        self._waiting: list[ObservedTotal] = []

    def accounts(self) -> Sequence[Account]:
        try:
            return self._platform.accounts()
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            logger.exception("Platform %s did not list its accounts.", self._platform.source)
            self.errors.append(f"{self._platform.source}: {_shown(error)}")
            return []

    def ask(self, account: Account) -> None:
        """Ask for the account's totals, which are all used or, if asking fails midway, none."""
        self.asked += 1
        try:
            today = local_date(self._now, account.timezone)
            totals = list(
                self._platform.day_totals(
                    account,
                    Campaign.objects.filter(brand=account.brand_id),
                    [today, today - ONE_DAY],
                    now=self._now,
                )
            )
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            logger.exception(
                "Account %s of platform %s could not be read; the others go on.",
                account.name,
                self._platform.source,
            )
            self.errors.append(f"{self._platform.source}, {account.name}: {_shown(error)}")
            return
        self._waiting += totals
        if len(self._waiting) >= CHUNK:
            self.record()

    def record(self) -> None:
        """Record what is waiting, and enforce it."""
        totals: dict[int, list[day_totals.DayTotal]] = defaultdict(list)
        for total in self._waiting:
            totals[total.campaign_id].append(
                day_totals.DayTotal(total.campaign_id, total.date, total.amount, total.observed_at)
            )
        self._waiting = []

        def report(campaign_ids: Sequence[int]) -> list[day_totals.ReportOutcome]:
            chunk = [total for pk in campaign_ids for total in totals[pk]]
            return day_totals.report(chunk, source=self._platform.source, now=self._now)

        outcomes, failed = isolate(
            list(totals), report, size=CHUNK, what="Recording the day totals of campaign"
        )
        for outcome in chain.from_iterable(outcomes):
            if outcome.outcome == "recorded":
                self.recorded += 1
                self.spend += outcome.difference
        self.errors += [
            f"{self._platform.source}: the day totals of campaign {pk} could not be recorded; "
            "see the log."
            for pk in failed
        ]


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
