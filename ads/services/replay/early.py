"""When campaigns that stop early may have to, in a replay: for finding out when to ask the engine.

The margins are worked out by the same rule as everywhere (:mod:`ads.rules.margins`), from
what is known at a check. The engine then works them out again from its copy, and decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ads.models.spend import Period
from ads.rules import margins
from ads.rules.calendar import next_period_begins
from ads.rules.margins import Recent, Runner
from ads.services.replay.demand import STEP
from ads.services.replay.history import MILLION, Day
from ads.services.replay.spenders import Checks, Limits, Spender

_SECOND: Final = timedelta(seconds=1)
_NOTHING: Final = Decimal(0)


def instant(day: Day, step: int) -> datetime:
    """When the engine is asked about a check: just before, as hours or the day may turn then."""
    return day.at(step) - _SECOND


@dataclass(frozen=True, slots=True)
class Shared:
    """Budgets that campaigns share: the brand's, or a group's."""

    #: By their places.
    members: Sequence[int]
    limits: Limits
    of_brand: bool


@dataclass(frozen=True, slots=True)
class Early:
    """The campaigns of a brand that stops early; all of them, by their places."""

    spenders: Sequence[Spender]
    priorities: Sequence[int]
    shared: Sequence[Shared]
    timezone: str
    lag: timedelta

    def may_stop(self, day: Day, checks: Checks, step: int) -> bool:
        """May a campaign that is on have to stop at the check at ``step``?

        Spend that was known is compared with a limit less the margin of this check, or of the one
        before, which stays with a campaign that it stops.
        """
        running = [n for n, one in enumerate(self.spenders) if one.is_on]
        near = [n for n in running if self._is_near([n], self.spenders[n].limits, checks, step)]
        shared = [
            one for one in self.shared if self._is_near(one.members, one.limits, checks, step)
        ]
        if not near and not shared:
            return False
        needed = sorted({*near, *(n for one in shared for n in one.members)} & set(running))
        before = max(step - checks.every, 0)
        for at in (before, step):
            runners = {n: self._runner(n, day, checks, at) for n in needed}
            if any(
                self._reaches([n], self.spenders[n].limits, margins.own(runners[n]), checks, step)
                for n in near
            ):
                return True
            if any(self._is_shared_reached(one, runners, day, checks, at, step) for one in shared):
                return True
        return False

    def _is_shared_reached(
        self,
        shared: Shared,
        runners: Mapping[int, Runner],
        day: Day,
        checks: Checks,
        at: int,
        step: int,
    ) -> bool:
        its = [runners[n] for n in shared.members if n in runners]
        if not its:
            return False
        if not shared.of_brand:
            whole = sum(map(margins.own, its), _NOTHING)
            return self._reaches(shared.members, shared.limits, whole, checks, step)
        now, limits = instant(day, at), shared.limits
        by_period = {Period.DAY: (limits.daily, None), Period.MONTH: (None, limits.monthly)}
        for period, (daily, monthly) in by_period.items():
            staged = margins.staged(its, next_period_begins(period, now, self.timezone) - now)
            most = max(staged.values())
            if self._reaches(shared.members, Limits(daily, monthly), most, checks, step):
                return True
        return False

    def _is_near(self, members: Sequence[int], limits: Limits, checks: Checks, step: int) -> bool:
        return any(
            margins.is_near(Decimal(known), Decimal(limit))
            for known, limit in self._known(members, limits, checks, step)
        )

    def _reaches(
        self,
        members: Sequence[int],
        limits: Limits,
        margin: Decimal,
        checks: Checks,
        step: int,
    ) -> bool:
        return any(
            known >= limit - margins.limited(margin * MILLION, Decimal(limit))
            for known, limit in self._known(members, limits, checks, step)
        )

    def _known(
        self, members: Sequence[int], limits: Limits, checks: Checks, step: int
    ) -> list[tuple[int, int]]:
        """What is known of each limit's period, and the limit."""
        lag, its = checks.lag, [self.spenders[n] for n in members]
        found = []
        if limits.daily is not None:
            found.append((sum(one.known(step, lag)[1] for one in its), limits.daily))
        if limits.monthly is not None:
            found.append((sum(one.known_of_month(step, lag) for one in its), limits.monthly))
        if limits.total is not None:
            left = sum(one.known_in_all(step, lag) for one in its) + limits.before
            found.append((left, limits.total))
        return found

    def _runner(self, place: int, day: Day, checks: Checks, step: int) -> Runner:
        its = recent(self.spenders[place], day, checks, step)
        rate = its.rate if its else margins.NONE
        return Runner(place, self.priorities[place], rate, self.lag)


def entries(spender: Spender, checks: Checks, step: int, since: int) -> list[tuple[int, int]]:
    """The checks after ``since``, up to ``step``, at which more became known of today, and it."""
    found = []
    known = spender.known(since, checks.lag)[1]
    for check in range(since // checks.every * checks.every + checks.every, step + 1, checks.every):
        now = spender.known(check, checks.lag)[1]
        if now != known:
            found.append((check, now - known))
            known = now
    return found


def recent(spender: Spender, day: Day, checks: Checks, step: int) -> Recent | None:
    """What the engine finds in its copy at a check: an entry of each at which more was known."""
    # Nothing older can count.
    since = max(step - checks.lag - margins.BEFORE // STEP, 0) // checks.every * checks.every
    found = entries(spender, checks, step, since)
    its = [(instant(day, check), amount) for check, amount in found]
    if not its:
        return None
    lag = day.at(checks.lag) - day.at(0)
    until = max(its[-1][0], instant(day, step) - lag)
    within = [each for each in its if each[0] > until - margins.WINDOW]
    if not within:
        return None
    before = [at for at, _ in its if until - margins.BEFORE < at <= until - margins.WINDOW]
    begun = before[-1] if before else within[0][0]
    return Recent(
        Decimal(sum(amount for _, amount in within)) / MILLION,
        Decimal(sum(amount for at, amount in within if at > begun)) / MILLION,
        begun,
        within[-1][0],
    )
