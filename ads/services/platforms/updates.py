"""Pulling day totals from the connected ad platforms, and telling them whom to run.

A platform or an account that fails never stops the others: it is logged, reported in the result,
and asked again at the next tick, for every day since it last succeeded. Nothing is lost by that,
because a day total says what a campaign has cost so far, however long nobody asked.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from ads.models import AskedAccount, Campaign
from ads.models.spend import Kind
from ads.platforms import Account, AdPlatform, KnownAs, ObservedTotal, connected
from ads.rules.calendar import local_date
from ads.services.campaign_lookup import Reference
from ads.services.isolation import NOBODYS_FAULT, isolate
from ads.services.ledger import Answer, DayTotal, record

logger = logging.getLogger(__name__)

#: Day totals, and accounts, that are recorded in one transaction.
CHUNK = 2000

#: For how many days a platform is asked at most, today among them: more than any month has.
MOST_DAYS = 35

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
    #: Day totals of campaigns that no reference tells yet; they are kept.
    waiting: int = 0
    #: Campaigns that stopped, or came back, on what was learned.
    switched: int = 0
    #: A line for each platform, account or campaign that failed.
    errors: tuple[str, ...] = ()

    def __add__(self, other: "SpendUpdate") -> "SpendUpdate":
        return SpendUpdate(
            self.accounts + other.accounts,
            self.recorded + other.recorded,
            self.spend + other.spend,
            self.waiting + other.waiting,
            self.switched + other.switched,
            self.errors + other.errors,
        )


def update_spend(now: datetime, *, platforms: Sequence[AdPlatform] | None = None) -> SpendUpdate:
    """Bring ledger and platforms up to date: tell, ask, record and enforce, tell again.

    ``platforms`` left out are the connected ones. For which days, see :func:`days_to_ask`.
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
            waiting=observed.waiting,
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


def days_to_ask(today: date, answered_on: date | None) -> list[date]:
    """The days whose totals may have changed since an account was last read, the latest first.

    From the day before ``answered_on`` to ``today``, all of them local dates: a day's total still
    grows after the last question of that day. Today and yesterday if it was never read
    (``answered_on`` is None), and :data:`MOST_DAYS` at most.
    """
    missed = 0 if answered_on is None else max((today - answered_on).days, 0)
    return [today - n * ONE_DAY for n in range(min(missed + 2, MOST_DAYS))]


class _Observed:
    """What one platform says, gathered over its accounts and recorded in large chunks.

    An account counts as read once all that it answered is recorded.
    """

    def __init__(self, platform: AdPlatform, now: datetime) -> None:
        self.asked = 0
        self.recorded = 0
        self.spend = Decimal(0)
        self.waiting = 0
        self.errors: list[str] = []
        self._platform = platform
        self._now = now
        marks = AskedAccount.objects.filter(source=platform.source)
        self._last_read = dict(marks.values_list("brand_id", "last_success_at"))
        #: What is to be recorded, by the brands whose accounts have answered.
        self._waiting: dict[int, list[ObservedTotal]] = {}
        self._totals_waiting = 0

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
            totals = list(
                self._platform.day_totals(
                    account,
                    Campaign.objects.filter(brand=account.brand_id),
                    self._days(account),
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
        self._waiting.setdefault(account.brand_id, []).extend(totals)
        self._totals_waiting += len(totals)
        if max(self._totals_waiting, len(self._waiting)) >= CHUNK:
            self.record()

    def record(self) -> None:
        """Record what is waiting, and enforce it; note which accounts have thereby been read."""
        waiting, self._waiting, self._totals_waiting = self._waiting, {}, 0
        # Each total by itself in the end: one day that cannot be recorded must not keep its
        # campaign from being stopped for what it spends today.
        taken, failed = isolate(
            list(chain.from_iterable(waiting.values())), self._record, size=CHUNK, what="Recording"
        )
        self.errors += [
            f"{self._platform.source}: the total of {_named(total)} on {total.date} "
            "could not be recorded; see the log."
            for total in failed
        ]
        for total, answer in chain.from_iterable(taken):
            if answer.outcome == "recorded":
                self.recorded += 1
                self.spend += answer.difference or Decimal(0)
            elif answer.outcome == "waiting":
                self.waiting += 1
            elif answer.outcome == "refused":
                failed.append(total)
                self.errors.append(
                    f"{self._platform.source}: the total of {_named(total)} on {total.date} is "
                    f"refused: {answer.field} {answer.value}: {answer.reason}"
                )
        lost = {id(total) for total in failed}
        self._note_read(
            pk for pk, totals in waiting.items() if lost.isdisjoint(id(total) for total in totals)
        )

    def _record(self, totals: Sequence[ObservedTotal]) -> list[tuple[ObservedTotal, Answer]]:
        source = self._platform.source
        rows = [
            DayTotal(
                Reference(source, *astuple(total.campaign))
                if isinstance(total.campaign, KnownAs)
                else total.campaign,
                total.date,
                total.amount,
                total.observed_at,
            )
            for total in totals
        ]
        recorded = record(rows, source=source, now=self._now, kind=Kind.DAY_TOTAL, keep_good=True)
        return list(zip(totals, recorded.answers, strict=True))

    def _days(self, account: Account) -> list[date]:
        today = local_date(self._now, account.timezone)
        last_read = self._last_read.get(account.brand_id)
        if last_read is None:
            return days_to_ask(today, None)
        answered_on = local_date(last_read, account.timezone)
        days = days_to_ask(today, answered_on)
        if len(days) == MOST_DAYS and days[-1] >= answered_on:
            logger.warning(
                "Account %s of platform %s was last read on %s, too long ago to ask for every day "
                "since; it is asked from %s on.",
                account.name,
                self._platform.source,
                answered_on,
                days[-1],
            )
        return days

    def _note_read(self, brand_ids: Iterable[int]) -> None:
        def note(pks: Sequence[int]) -> None:
            AskedAccount.objects.bulk_create(
                (
                    AskedAccount(
                        source=self._platform.source, brand_id=pk, last_success_at=self._now
                    )
                    for pk in pks
                ),
                update_conflicts=True,
                unique_fields=["brand", "source"],
                update_fields=["last_success_at"],
            )

        # In key order, so that two updates at once never wait for each other in a circle. One by
        # one in the end: a brand may have been deleted meanwhile.
        _, failed = isolate(sorted(brand_ids), note, size=CHUNK, what="Noting as read brand")
        self.errors += [
            f"{self._platform.source}: brand {pk} could not be noted as read; see the log."
            for pk in failed
        ]


def _named(total: ObservedTotal) -> str:
    if isinstance(total.campaign, KnownAs):
        known = (total.campaign.account, total.campaign.reference)
        return " / ".join(part for part in known if part)
    return f"campaign {total.campaign}"


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
