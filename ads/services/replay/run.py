"""Replaying recorded spend through the real engine, with other budgets, hours, checks or lags.

A copy of the brand is made, and its spend recorded again, day by day, in a transaction that is
rolled back: the engine decides on it as on any brand (:func:`ads.services.delivery.enforce`). What
is worked out here is only when to ask it: at midnight, when a schedule opens or closes, and at the
first check at which a sum has reached a budget.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from django.db.models import Exists, OuterRef, Q

from ads.holds import Hold, schedules_as_rules
from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DeliveryChange,
    Spend,
    SpendTotal,
)
from ads.models.spend import Period
from ads.rules import dayparting
from ads.rules.calendar import day_begins, month_start
from ads.services.replay import history
from ads.services.replay.copies import Copies, copied
from ads.services.replay.demand import STEP, demand
from ads.services.replay.early import Early, Shared, entries, instant
from ads.services.replay.history import MILLION, History, micros
from ads.services.replay.results import Outcome, Replayed, Stop
from ads.services.replay.scenario import InvalidScenario, Scenario
from ads.services.replay.spenders import Checks, Limits, Spender

_MINUTES: Final = STEP // timedelta(minutes=1)
_SECOND: Final = timedelta(seconds=1)


def replay(brand: Brand, scenario: Scenario, now: datetime, *, most: int | None = None) -> Replayed:
    """Replay days of ``brand``; nothing of it stays.

    ``most``: days of campaigns at most, where somebody waits.

    Raises:
        InvalidScenario: it cannot be replayed; with the field, the value and the remedy.
    """
    scenario.check(brand, now)
    campaigns = list(_campaigns(brand, scenario))
    others = list(_others(brand, scenario, campaigns))
    every = [*campaigns, *others]
    if most is not None and (size := len(every) * scenario.days) > most:
        reason = (
            f"{scenario.days} days of {len(every):,} campaigns are {size:,} campaign days, and "
            f"at most {most:,} are replayed here; use fewer days, or ./manage.py replay."
        )
        raise InvalidScenario("from", scenario.first, reason)
    if not campaigns:
        reason = f"no campaign of {brand.name} ran or spent anything in these days."
        raise InvalidScenario("from", scenario.first, reason)
    recorded = history.read(brand, every, scenario.first, scenario.last)
    with copied(brand, campaigns, scenario, others=others) as copies:
        run = _Run(brand, every, copies, recorded, scenario)
        run.all()
    return run.replayed(brand, campaigns)


def _campaigns(brand: Brand, scenario: Scenario) -> Iterable[Campaign]:
    begins = day_begins(scenario.first, brand.timezone)
    ends = day_begins(scenario.last + timedelta(days=1), brand.timezone)
    days = (scenario.first, scenario.last)
    spent = Spend.objects.filter(campaign=OuterRef("pk"), date__range=days)
    switched = DeliveryChange.objects.filter(
        campaign=OuterRef("pk"), at__gte=begins, at__lt=ends, is_active=True
    )
    those = brand.campaigns.filter(Exists(spent) | Exists(switched) | Q(is_active=True))
    return those.select_related("budget_group").order_by("name", "pk")


def _others(brand: Brand, scenario: Scenario, campaigns: Sequence[Campaign]) -> Iterable[Campaign]:
    """Campaigns that neither ran nor spent, but whose earlier spend counts for the brand's month or
    a group's budget.
    """
    month = month_start(scenario.first)
    spent = SpendTotal.objects.filter(campaign=OuterRef("pk"), period=Period.MONTH)
    in_all = Q(budget_group__total_budget__isnull=False) & Exists(spent.filter(start__lt=month))
    others = brand.campaigns.exclude(pk__in=[one.pk for one in campaigns])
    those = others.filter(Exists(spent.filter(start=month)) | in_all)
    return those.select_related("budget_group").order_by("pk")


class _Run:
    def __init__(
        self,
        brand: Brand,
        campaigns: Sequence[Campaign],
        copies: Copies,
        recorded: History,
        scenario: Scenario,
    ) -> None:
        self.campaigns = campaigns
        self.copies = copies
        self.recorded = recorded
        self.scenario = scenario
        self.every = scenario.check_every // _MINUTES
        self.lag = scenario.lag // _MINUTES
        self.spenders = [
            Spender(_limits(copy, before=recorded.since(one.pk, one.start_date)))
            for one, copy in zip(campaigns, copies.campaigns, strict=True)
        ]
        self.daily = _limit(copies.brand.daily_budget)
        self.everyone = range(len(campaigns))
        whole = Limits(self.daily, _limit(copies.brand.monthly_budget))
        self.shared = [Shared(self.everyone, whole, of_brand=True)]
        for group in copies.groups:
            places = [
                place
                for place, copy in enumerate(copies.campaigns)
                if copy.budget_group_id == group.pk
            ]
            before = sum(recorded.since(campaigns[place].pk, group.start_date) for place in places)
            self.shared.append(Shared(places, _limits(group, before=before), of_brand=False))
        self.early: Early | None = None
        if copies.brand.stops_early:
            priorities = [copy.priority for copy in copies.campaigns]
            lag = timedelta(minutes=scenario.lag)
            self.early = Early(self.spenders, priorities, self.shared, brand.timezone, lag)
        #: Of today: up to when campaigns were told, margins worked out, and who was switched.
        self.told = self.refreshed = 0
        self.has_switched = False
        self.usual = [recorded.usual(one.pk) for one in campaigns]
        attached = CampaignSchedule.objects.filter(campaign__in=copies.campaigns)
        ids = set(attached.order_by().values_list("schedule", flat=True))
        self.schedules = schedules_as_rules(DaypartingSchedule.objects.filter(pk__in=ids))
        self.by_hours = [
            index for index, copy in enumerate(copies.campaigns) if copy.is_dayparting_enabled
        ]
        self.day = recorded.days[0]
        self.stops: list[tuple[int, datetime, tuple[str, ...]]] = []
        self.ended: dict[int, datetime] = {}
        self.open: dict[int, int] = {}
        self.spent_on: dict[date, int] = defaultdict(int)
        self.over = self.unspent = 0

    def all(self) -> None:
        month = month_start(self.recorded.days[0].date)
        earlier = []
        for index, one in enumerate(self.campaigns):
            before = self.recorded.before.get(one.pk, {})
            self.spenders[index].earlier = sum(
                amount for day, amount in before.items() if day >= month
            )
            earlier += [(index, day, amount) for day, amount in before.items()]
        self.copies.spend(earlier, self.recorded.days[0].begins)
        for day in self.recorded.days:
            self.day = day
            self._begin()
            step = 0
            segment = partial(self._early_segment, self.early) if self.early else self._segment
            for edge in (*self._edges(), self.day.steps):
                while step < edge:
                    step = segment(step, edge)
                if edge < self.day.steps:
                    # Also what became known of campaigns that were off.
                    known = edge // self.every * self.every if self.early else edge
                    self._tell(self.everyone, known)
                    if self.early and self.refreshed < edge:
                        self.copies.forget_margins(self._running())
                    self._ask(self.by_hours, self.day.at(edge))
            self._end()

    def _begin(self) -> None:
        as_it_was = self.recorded.of(self.day)
        for index, spender in enumerate(self.spenders):
            wanted = demand(as_it_was[self.campaigns[index].pk], self.usual[index])
            spender.amounts, spender.estimated = wanted.amounts, wanted.estimated
        self.told = self.refreshed = 0
        if self.early:
            self.copies.refresh_margins((), self.day.begins, self.early.lag)
        self._ask(self.everyone, self.day.begins)

    def _end(self) -> None:
        if self.early:
            self._refresh(self.day.steps - self.every)
        self._tell(self.everyone, self.day.steps)
        tomorrow = self.day.date + timedelta(days=1)
        whole = 0
        stopped = self._stopped_today()
        for index, spender in enumerate(self.spenders):
            spent = spender.today[-1]
            whole += spent
            spender.total += spent
            spender.total_estimated += sum(
                amount
                for amount, estimated, before, after in zip(
                    spender.amounts,
                    spender.estimated,
                    spender.today,
                    spender.today[1:],
                    strict=False,
                )
                if estimated and after > before
            )
            if spender.limits.daily is not None:
                spender.over += max(spent - spender.limits.daily, 0)
                if Hold.DAILY_BUDGET in stopped[index]:
                    spender.unspent += max(spender.limits.daily - spent, 0)
            spender.closed += spender.yesterday[-1]
            if spender.same_month:
                spender.earlier += spender.yesterday[-1]
            spender.same_month = tomorrow.day > 1
            if not spender.same_month:
                spender.earlier = 0
            spender.yesterday, spender.today = spender.today, [0]
            spender.told_yesterday, spender.told_today = spender.told_today, 0
        self.spent_on[self.day.date] = whole
        if self.daily is not None:
            self.over += max(whole - self.daily, 0)
            if any(Hold.BRAND_DAILY_BUDGET in holds for holds in stopped.values()):
                self.unspent += max(self.daily - whole, 0)

    def _stopped_today(self) -> dict[int, set[str]]:
        """The holds that stopped campaigns today."""
        found: dict[int, set[str]] = defaultdict(set)
        for index, at, holds in reversed(self.stops):
            if at < self.day.begins:
                break
            found[index] |= {*holds}
        return found

    def _edges(self) -> list[int]:
        """The steps at which a schedule opens or closes, or begins or ceases to be in force."""
        if not self.by_hours:
            return []
        before, edges = self._ranks(0), []
        for step in range(1, self.day.steps):
            now = self._ranks(step)
            if now != before:
                edges.append(step)
            before = now
        return edges

    def _ranks(self, step: int) -> list[int | None]:
        return [dayparting.rank(schedule, self.day.at(step)) for schedule in self.schedules]

    def _segment(self, begins: int, ends: int) -> int:
        """Go on from step ``begins`` to ``ends``, or to where a shared budget is used up."""
        checks, running = self._checks(), self._running()
        for spender in self.spenders:
            spender.run(ends)
        stops: dict[int, int] = {}
        for index in running:
            spender = self.spenders[index]
            found = checks.first([spender], spender.limits, begins, ends)
            if found is not None:
                stops[index] = found
                spender.cut(found)
        reached = [
            step
            for one in self.shared
            if any(spenders := [self.spenders[n] for n in one.members])
            and any(spender.is_on for spender in spenders)
            and (step := checks.first(spenders, one.limits, begins, ends)) is not None
        ]
        if not stops and not reached:
            return ends
        until = min(reached, default=ends)
        if until < ends:
            for spender in self.spenders:
                del spender.today[until + 1 :]
            stops = {index: step for index, step in stops.items() if step <= until}
        if reached:
            self._tell(self.everyone, until)
        else:
            for index, step in stops.items():
                self._tell([index], step)
        self._ask(running if reached else sorted(stops), self.day.at(until), stops)
        for index, step in stops.items():
            spender = self.spenders[index]
            if spender.is_on and step < until:  # the engine let it run on
                del spender.today[step + 1 :]
                spender.run(until)
        return until

    def _early_segment(self, early: Early, begins: int, ends: int) -> int:
        """The same where campaigns stop early: to the first check at which one may have to.

        Their margins of the check before are worked out first: one that these stop keeps them.
        """
        checks, running = self._checks(), self._running()
        for spender in self.spenders:
            spender.run(ends)
        first = begins // self.every * self.every + self.every
        for check in range(first, min(ends, self.day.steps - 1) + 1, self.every):
            # Right after a switch the margins are those of the campaigns that ran before.
            is_first = self.has_switched and check == first
            if is_first or early.may_stop(self.day, checks, check):
                break
        else:
            return ends
        for spender in self.spenders:
            del spender.today[check + 1 :]
        self._refresh(check - self.every)
        self._tell(self.everyone, check)
        self.copies.refresh_margins((), instant(self.day, check), early.lag)
        self.refreshed, self.has_switched = check, False
        self._ask(running, self.day.at(check), {})
        return check

    def _refresh(self, step: int) -> None:
        """Work out the margins at a check, unless that is done."""
        if self.early and step > self.refreshed:
            self._tell(self.everyone, step)
            self.copies.refresh_margins(self._running(), instant(self.day, step), self.early.lag)
            self.refreshed = step

    def _checks(self) -> Checks:
        return Checks(self.every, self.lag, self.day.steps)

    def _running(self) -> list[int]:
        return [index for index in self.everyone if self.spenders[index].is_on]

    def _tell(self, indexes: Iterable[int], step: int) -> None:
        """Record in the copy what is known at the beginning of ``step``."""
        if self.early:
            self._tell_by_check(step)
            return
        yesterday, today = self.day.date - timedelta(days=1), self.day.date
        amounts = []
        for index in indexes:
            spender = self.spenders[index]
            of_yesterday, of_today = spender.known(step, self.lag)
            amounts.append((index, yesterday, of_yesterday - spender.told_yesterday))
            amounts.append((index, today, of_today - spender.told_today))
            spender.told_yesterday, spender.told_today = of_yesterday, of_today
        self.copies.spend(amounts, self.day.at(step))

    def _tell_by_check(self, step: int) -> None:
        """The same of all campaigns, by when it was known: margins follow from that."""
        yesterday, today = self.day.date - timedelta(days=1), self.day.date
        timed = []
        for index, spender in enumerate(self.spenders):
            of_yesterday, of_today = spender.known(step, self.lag)
            at = instant(self.day, step)
            timed.append((index, yesterday, of_yesterday - spender.told_yesterday, at))
            for check, amount in entries(spender, self._checks(), step, self.told):
                timed.append((index, today, amount, instant(self.day, check)))
                spender.told_today += amount
            # On a day that does not end with a check.
            timed.append((index, today, of_today - spender.told_today, at))
            spender.told_yesterday, spender.told_today = of_yesterday, of_today
        self.copies.spend_timed(timed)
        self.told = step

    def _ask(
        self, indexes: Sequence[int], now: datetime, checks: dict[int, int] | None = None
    ) -> None:
        """Have the engine decide.

        ``checks``: at ``now`` the checks of a time end, and at these steps campaigns were found to
        have used up a budget. The engine is asked for just before, because hours or the day may
        turn at ``now``.
        """
        before = timedelta(0) if checks is None else _SECOND
        switched = self.copies.enforce(indexes, now - before)
        self.has_switched |= bool(switched)
        for switch in switched:
            at = self.day.at(checks[switch.index]) if checks and switch.index in checks else now
            self.spenders[switch.index].is_on = switch.is_active
            if switch.is_active:
                if (stop := self.open.pop(switch.index, None)) is not None:
                    self.ended[stop] = at
            else:
                self.open[switch.index] = len(self.stops)
                self.stops.append((switch.index, at, switch.holds))

    def replayed(self, brand: Brand, campaigns: Sequence[Campaign]) -> Replayed:
        """What it came to for ``campaigns``, which come first."""
        stops: dict[int, int] = defaultdict(int)
        for index, _, _ in self.stops:
            stops[index] += 1
        return Replayed(
            brand,
            self.scenario,
            tuple(
                Outcome(
                    campaign,
                    _money(self.recorded.total(campaign.pk)),
                    _money(spender.total),
                    _money(spender.total_estimated),
                    _money(spender.over),
                    _money(spender.unspent),
                    stops[index],
                )
                for index, (campaign, spender) in enumerate(
                    zip(campaigns, self.spenders, strict=False)
                )
            ),
            tuple(self._in_order()),
            tuple(self._days()),
            _money(self.over),
            _money(self.unspent),
        )

    def _in_order(self) -> Iterator[Stop]:
        numbered = sorted(enumerate(self.stops), key=lambda stop: (stop[1][1], stop[0]))
        for number, (index, at, holds) in numbered:
            yield Stop(self.campaigns[index], at, self.ended.get(number), holds)

    def _days(self) -> Iterator[tuple[date, Decimal, Decimal]]:
        recorded: dict[date, int] = defaultdict(int)
        for (_, when), amount in self.recorded.totals.items():
            recorded[when] += amount
        for day in self.recorded.days:
            yield day.date, _money(recorded[day.date]), _money(self.spent_on[day.date])


def _limits(owner: Campaign | BudgetGroup, *, before: int) -> Limits:
    return Limits(
        _limit(owner.daily_budget),
        _limit(owner.monthly_budget),
        _limit(owner.total_budget),
        before,
    )


def _limit(budget: Decimal | None) -> int | None:
    return None if budget is None else micros(budget)


def _money(amount: int) -> Decimal:
    return Decimal(amount) / MILLION
