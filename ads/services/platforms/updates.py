"""Pulling day totals from the connected ad platforms, and telling them which campaigns to run.

A platform or an account that fails never stops the others: it is logged, reported in the result,
and asked again at the next tick, for every day since it last succeeded. Nothing is lost, because a
day total is what a campaign has cost so far, however long ago it was last asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, groupby
from typing import Final

import structlog
from django.db import OperationalError

from ads.failures import Failures, counted
from ads.models import AskedAccount, Campaign
from ads.models.spend import Kind
from ads.platforms import Account, AdPlatform, KnownAs, ObservedTotal, connected
from ads.rules.calendar import local_date
from ads.rules.money import sums_by_currency
from ads.services import messages, restored
from ads.services.campaign_lookup import Reference
from ads.services.errors import Overlap
from ads.services.isolation import NOBODYS_FAULT, isolate
from ads.services.ledger import Answer, DayTotal, record
from ads.services.lock_waits import is_in_the_way

logger = structlog.stdlib.get_logger(__name__)

#: Day totals, and accounts, that are recorded in one transaction.
CHUNK = 2000

#: Days that a platform is asked for at most, today included: more than any month has.
MOST_DAYS = 35

ONE_DAY = timedelta(days=1)

TELL: Final = "ads.tasks.tell_platforms"


@dataclass(frozen=True, slots=True)
class Synced:
    """How many campaigns the platforms were told to run and to stop."""

    started: int = 0
    stopped: int = 0
    #: A line for each platform that could not be told.
    errors: tuple[str, ...] = ()


@dataclass(slots=True)
class SpendUpdate:
    """What one spend update did."""

    accounts: int = 0
    #: Day totals that moved the ledger, and by how much in each currency.
    recorded: int = 0
    spend: dict[str, Decimal] = field(default_factory=dict)
    #: Day totals of unmatched campaigns; they are kept.
    waiting: int = 0
    #: Campaigns that stopped, or came back, on what was learned.
    switched: int = 0
    #: A line for each platform, account or campaign that failed.
    errors: tuple[str, ...] = ()


def update_spend(now: datetime, *, platforms: Sequence[AdPlatform] | None = None) -> SpendUpdate:
    """Bring ledger and platforms up to date: tell, ask, record and enforce, tell again.

    ``platforms`` left out are the connected ones. For which days, see :func:`days_to_ask`.
    """
    update = SpendUpdate()
    for platform in connected() if platforms is None else platforms:
        update.errors += sync_platforms(now, platforms=[platform]).errors
        observed = _Observed(platform, now, update)
        observed.ask_all()
        observed.record()
        after = sync_platforms(now, platforms=[platform])
        update.switched += after.started + after.stopped
        update.errors += after.errors
    return update


def sync_platforms(now: datetime, *, platforms: Sequence[AdPlatform] | None = None) -> Synced:
    """Tell the platforms which campaigns to run and to stop, where that differs from what they do.

    One query where nothing does. If a platform cannot be reached, the next tick tries again.
    """
    started = stopped = 0
    errors: list[str] = []
    for platform in connected() if platforms is None else platforms:
        try:
            differing = platform.out_of_step(Campaign.objects.all())
            to_start = [pk for pk, is_on in differing.items() if is_on]
            to_stop = [pk for pk, is_on in differing.items() if not is_on]
            # Stopping first: what runs too long costs money.
            if to_stop:
                platform.switch(to_stop, is_on=False, now=now)
            if to_start and restored.is_held():
                to_start = []
            if to_start:
                platform.switch(to_start, is_on=True, now=now)
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            logger.exception("A platform could not be told what to run", source=platform.source)
            errors.append(f"{platform.source}: {_shown(error)}")
        else:
            started += len(to_start)
            stopped += len(to_stop)
    return Synced(started, stopped, tuple(errors))


def tell_soon() -> None:
    """Have a worker call :func:`sync_platforms` now: a slow platform must not delay the caller."""
    messages.send(TELL, expires=timedelta(minutes=1).total_seconds())


def days_to_ask(today: date, answered_on: date | None) -> list[date]:
    """The days whose totals may have changed since an account was last read, the latest first.

    From the day before ``answered_on`` to ``today``, all of them local dates: a day's total still
    grows after the last question of that day. Today and yesterday if it was never read
    (``answered_on`` is None), and :data:`MOST_DAYS` at most.
    """
    missed = 0 if answered_on is None else max((today - answered_on).days, 0)
    return [today - n * ONE_DAY for n in range(min(missed + 2, MOST_DAYS))]


class _Observed:
    """The answers of one platform, gathered over its accounts and recorded in large chunks.

    An account counts as read once all that it answered is recorded.
    """

    def __init__(self, platform: AdPlatform, now: datetime, update: SpendUpdate) -> None:
        self._platform = platform
        self._source = platform.source
        self._now = now
        self._update = update
        marks = AskedAccount.objects.filter(source=platform.source)
        self._last_read = dict(marks.values_list("brand_id", "last_success_at"))
        #: Totals to be recorded, by the brands whose accounts have answered.
        self._answered: dict[int, list[ObservedTotal]] = {}
        self._totals = 0
        #: Brands whose sums another session keeps locked; they are asked for again.
        self._locked: set[int] = set()

    def accounts(self) -> Sequence[Account]:
        try:
            return self._platform.accounts()
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            logger.exception("A platform did not list its accounts", source=self._source)
            self._report(_shown(error))
            return []

    def ask_all(self) -> None:
        """Ask each account; those that fail, or have not been read for too long, are logged."""
        too_old: list[dict[str, object]] = []
        event = "Accounts could not be read; the others go on"
        with Failures(logger, event, source=self._source) as failures:
            for account in self.accounts():
                self.ask(account, failures, too_old)
        if too_old:
            logger.warning(
                "Accounts were last read too long ago to ask for every day since",
                source=self._source,
                **counted(too_old),
            )

    def ask(self, account: Account, failures: Failures, too_old: list[dict[str, object]]) -> None:
        """Ask for the account's totals, which are all used or, if asking fails midway, none."""
        self._update.accounts += 1
        campaigns = Campaign.objects.filter(brand=account.brand_id)
        try:
            days = self._days(account, too_old)
            totals = [
                replace(total, currency=account.currency)
                for total in self._platform.day_totals(account, campaigns, days, now=self._now)
            ]
        except NOBODYS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001  (logged with the others)
            failures.add(account.name, error)
            self._update.errors += (f"{self._source}, {account.name}: {_shown(error)}",)
            return
        self._answered.setdefault(account.brand_id, []).extend(totals)
        self._totals += len(totals)
        if max(self._totals, len(self._answered)) >= CHUNK:
            self.record()

    def record(self) -> None:
        """Record the totals gathered, and enforce; note which accounts have thereby been read."""
        answered, self._answered, self._totals = self._answered, {}, 0
        # Each total by itself in the end: one day that cannot be recorded must not keep its
        # campaign from being stopped for what it spends today.
        brand_of = {id(total): pk for pk, totals in answered.items() for total in totals}
        recorded, failed = isolate(
            list(chain.from_iterable(answered.values())),
            lambda totals: self._record_around_locks(totals, brand_of),
            size=CHUNK,
            what="Recording",
        )
        for total in failed:
            self._report(f"{_named(total)} could not be recorded; see the log.")
        for total, answer in chain.from_iterable(recorded):
            if answer.outcome == "recorded":
                self._update.recorded += 1
                moved = (total.currency, answer.difference or Decimal(0))
                self._update.spend = sums_by_currency([*self._update.spend.items(), moved])
            elif answer.outcome == "waiting":
                self._update.waiting += 1
            elif answer.error:
                failed.append(total)
                self._report(
                    f"{answer.error.figures}. It is asked for again until the other is zero: undo "
                    "its import, or report zero by its source."
                    if isinstance(answer.error, Overlap)
                    else f"{_named(total)} is refused: {answer.field} {answer.value}: "
                    f"{answer.reason}"
                )
        lost = {id(total) for total in failed}
        self._note_read(
            pk
            for pk, totals in answered.items()
            if pk not in self._locked and lost.isdisjoint(id(total) for total in totals)
        )

    def _report(self, error: str) -> None:
        self._update.errors += (f"{self._source}: {error}",)

    def _record_around_locks(
        self, totals: Sequence[ObservedTotal], brand_of: Mapping[int, int]
    ) -> list[tuple[ObservedTotal, Answer]]:
        """Record them together; if a lock is in the way brand by brand, without those locked."""
        try:
            return self._record(totals)
        except OperationalError as error:
            if not is_in_the_way(error):
                raise
        recorded: list[tuple[ObservedTotal, Answer]] = []
        for brand_id, theirs in groupby(totals, key=lambda total: brand_of[id(total)]):
            try:
                recorded += self._record(list(theirs))
            except OperationalError as error:
                if not is_in_the_way(error):
                    raise
                self._locked.add(brand_id)
                logger.warning("Totals are asked for again", source=self._source, error=str(error))
                self._report(f"{error} Its totals are asked for again.")
        return recorded

    def _record(self, totals: Sequence[ObservedTotal]) -> list[tuple[ObservedTotal, Answer]]:
        rows = [
            DayTotal(
                Reference(self._source, *astuple(total.campaign))
                if isinstance(total.campaign, KnownAs)
                else total.campaign,
                total.date,
                total.amount,
                total.observed_at,
                total.currency or None,
            )
            for total in totals
        ]
        recorded = record(
            rows, source=self._source, now=self._now, kind=Kind.DAY_TOTAL, keep_good=True
        )
        return list(zip(totals, recorded.answers, strict=True))

    def _days(self, account: Account, too_old: list[dict[str, object]]) -> list[date]:
        today = local_date(self._now, account.timezone)
        last_read = self._last_read.get(account.brand_id)
        if last_read is None:
            return days_to_ask(today, None)
        answered_on = local_date(last_read, account.timezone)
        days = days_to_ask(today, answered_on)
        if len(days) == MOST_DAYS and days[-1] >= answered_on:
            too_old.append(
                {"account": account.name, "read": str(answered_on), "asked_from": str(days[-1])}
            )
        return days

    def _note_read(self, brand_ids: Iterable[int]) -> None:
        def note(pks: Sequence[int]) -> None:
            AskedAccount.objects.bulk_create(
                [
                    AskedAccount(source=self._source, brand_id=pk, last_success_at=self._now)
                    for pk in pks
                ],
                update_conflicts=True,
                unique_fields=["brand", "source"],
                update_fields=["last_success_at"],
            )

        # In key order, so that two updates at once never deadlock. One by one in the end: a brand
        # may have been deleted meanwhile.
        _, failed = isolate(sorted(brand_ids), note, size=CHUNK, what="Noting as read brand")
        for pk in failed:
            self._report(f"brand {pk} could not be noted as read; see the log.")


def _named(total: ObservedTotal) -> str:
    campaign = f"campaign {total.campaign}"
    if isinstance(total.campaign, KnownAs):
        campaign = " / ".join(filter(None, (total.campaign.account, total.campaign.reference)))
    return f"the total of {campaign} on {total.date}"


def _shown(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
