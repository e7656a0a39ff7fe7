"""What stopping early saves, and what it leaves unspent, by how late an ad platform reports.

Brands spend over the day as campaigns of the simulated platform do, all at 3 to 6 times the brand's
daily budget if nothing stopped them (``--hot``, in percent). Their account is asked every five
minutes, and campaigns are stopped five seconds after it is known (``--telling``). A brand has one
campaign, or ten of the same priority, of three priorities, or each of its own.

That is worked out by formula, with the rules of the engine (:mod:`ads.rules.margins`), and first
compared with the engine itself to the cent: brands with every kind of priority are asked, decided
and told for a day of ticks.
"""

import logging
import random
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.conf import settings
from support.database import scratch
from support.late_reports import TICK, ZONE, reporting_late, tick
from support.report import expect, load, options, percentile

from ads.models import Brand, Campaign, PlatformAccount, SpendTotal, StopLag
from ads.models.spend import Period
from ads.platforms import curve
from ads.platforms.curve import LocalDay, Run
from ads.rules import margins
from ads.rules.calendar import next_period_begins
from ads.rules.margins import Recent, Runner
from ads.services.margins import lags as learning
from ads.services.platforms.accounts import keep_simulated

FIRST = date(2026, 6, 1)
SEED = 1
BRANDS = (Decimal(400), Decimal(750), Decimal(1200), Decimal(2500), Decimal(6000))
NONE = Decimal(0)

#: Campaigns of a brand, and how their priorities follow from their numbers.
KINDS: Final[dict[str, tuple[int, Callable[[int], int]]]] = {
    "one campaign": (1, lambda _: 0),
    "ten, same priority": (10, lambda _: 0),
    "ten, three priorities": (10, lambda number: number % 3),
    "ten, each its own": (10, lambda number: number),
}


@dataclass(slots=True)
class Spender:
    """A campaign."""

    pk: int
    priority: int
    pace: Decimal
    stopped_at: datetime | None = None
    margin: Decimal | None = None
    #: What became known at each tick, as entries: when, and how much.
    entries: list[tuple[datetime, Decimal]] = field(default_factory=list)
    known: Decimal = NONE


@dataclass(frozen=True, slots=True)
class Outcome:
    """A day of a brand that would have used up its budget."""

    budget: Decimal
    spent: Decimal

    @property
    def over(self) -> Decimal:
        return max(self.spent - self.budget, NONE)

    @property
    def unspent(self) -> Decimal:
        return max(self.budget - self.spent, NONE)


def main() -> None:
    parser = options(__doc__, brands=100, days=10, lags=[0, 1, 5, 15, 60, 180], telling=5)
    parser.add_argument("--hot", type=int, nargs=2, default=[300, 600], help="default: 300 600")
    given = parser.parse_args()
    every = [timedelta(minutes=lag) for lag in given.lags]
    logging.getLogger("ads").setLevel(logging.WARNING)  # no line a switch
    for lag in every:
        compare(lag, given.hot)
    print("| lag | brand | stops early | days | over: mean | p99 | worst | unspent: mean | p99 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for lag in every:
        for kind in KINDS:
            for early in (False, True):
                found = month(kind, lag, given, early=early)
                print(row(lag, kind, found, early=early), flush=True)
    print(load())


def month(kind: str, lag: timedelta, given: Namespace, *, early: bool) -> list[Outcome]:
    """The days on which the budget would be used up."""
    spread = random.Random(SEED)
    found = []
    for number in range(given.brands):
        budget = BRANDS[number % len(BRANDS)]
        offset = timedelta(seconds=spread.randrange(TICK // timedelta(seconds=1)))
        paces = demand(kind, budget, spread, given.hot)
        for n in range(given.days):
            day = curve.local_day(FIRST + timedelta(days=n), ZONE)
            spenders = [
                Spender(number * 100 + place, KINDS[kind][1](place), pace)
                for place, pace in enumerate(paces)
            ]
            telling = timedelta(seconds=given.telling)
            if sum((spent(one, day, day.ends) for one in spenders), NONE) >= budget:
                run(spenders, budget, day, lag, offset=offset, telling=telling, early=early)
                whole = sum((spent(one, day, day.ends) for one in spenders), NONE)
                found.append(Outcome(budget, whole))
    return found


def demand(kind: str, budget: Decimal, spread: random.Random, hot: Sequence[int]) -> list[Decimal]:
    """What the campaigns spend a day, together so many percent of the budget."""
    count, _ = KINDS[kind]
    shares = [spread.randint(50, 150) for _ in range(count)]
    whole = budget * spread.randint(*hot) / 100
    return [(whole * share / sum(shares)).quantize(Decimal("0.01")) for share in shares]


def spent(spender: Spender, day: LocalDay, until: datetime) -> Decimal:
    """What the campaign has spent on the day until then, or until it was stopped."""
    if spender.stopped_at is not None:
        until = min(until, spender.stopped_at)
    level = curve.noise(SEED, spender.pk, day.date)
    return curve.spent([Run(day.begins, until, spender.pace)], day, level)


def run(
    spenders: Sequence[Spender],
    budget: Decimal,
    day: LocalDay,
    lag: timedelta,
    *,
    offset: timedelta = timedelta(0),
    telling: timedelta = timedelta(0),
    early: bool,
) -> None:
    """All the day's ticks; ``spenders`` are stopped as the engine would."""
    now = day.begins + offset
    while now < day.ends:
        ask(spenders, day, lag, now)
        for one in held(spenders, budget, lag, now, early=early):
            one.stopped_at = min(now + telling, day.ends)
        if all(one.stopped_at is not None for one in spenders):
            return
        now += TICK


def ask(spenders: Sequence[Spender], day: LocalDay, lag: timedelta, now: datetime) -> None:
    for one in spenders:
        known = spent(one, day, max(now - lag, day.begins))
        if known != one.known:
            one.entries.append((now, known - one.known))
            one.known = known


def held(
    spenders: Sequence[Spender], budget: Decimal, lag: timedelta, now: datetime, *, early: bool
) -> list[Spender]:
    """Those that stop now."""
    known = sum((one.known for one in spenders), NONE)
    running = [one for one in spenders if one.stopped_at is None]
    if not early:
        return running if known >= budget else []
    stops = [one for one in running if is_held(one, known, budget)]
    on = [one for one in running if one not in stops]
    runners = [Runner(one.pk, one.priority, rate(one, lag, now), lag) for one in on]
    rest = next_period_begins(Period.DAY, now, ZONE) - now
    staged = margins.staged(runners, rest) if margins.is_near(known, budget) else {}
    for one in on:
        one.margin = staged.get(one.pk)
    return stops + [one for one in on if is_held(one, known, budget)]


def is_held(spender: Spender, known: Decimal, budget: Decimal) -> bool:
    return known >= budget - margins.limited(spender.margin or NONE, budget)


def rate(spender: Spender, lag: timedelta, now: datetime) -> Decimal:
    if not spender.entries:
        return NONE
    until = max(spender.entries[-1][0], now - lag)
    within = [each for each in spender.entries[-40:] if each[0] > until - margins.WINDOW]
    if not within:
        return NONE
    before = [at for at, _ in spender.entries[-40:] if at <= until - margins.WINDOW]
    is_near = before and before[-1] > until - margins.BEFORE
    since = before[-1] if is_near else within[0][0]
    whole = sum((amount for _, amount in within), NONE)
    later = sum((amount for at, amount in within if at > since), NONE)
    return Recent(whole, later, since, within[-1][0]).rate


def row(lag: timedelta, kind: str, found: Sequence[Outcome], *, early: bool) -> str:
    over = [float(each.over / each.budget) for each in found]
    unspent = [float(each.unspent / each.budget) for each in found]
    minutes = lag // timedelta(minutes=1)
    return (
        f"| {minutes} min | {kind} | {'yes' if early else 'no'} | {len(found):,} "
        f"| {sum(over) / len(over):.2%} | {percentile(over, 99):.2%} | {max(over):.2%} "
        f"| {sum(unspent) / len(unspent):.2%} | {percentile(unspent, 99):.2%} |"
    )


# --- the engine itself ----------------------------------------------------------------------------


def compare(lag: timedelta, hot: Sequence[int]) -> None:
    """A day of ticks of the engine has to come to what the formula says, to the cent."""
    settings.SIMULATED_PLATFORM, settings.SIMULATED_PLATFORM_SEED = True, SEED
    day = curve.local_day(FIRST, ZONE)
    pace = curve.pace
    with scratch(), reporting_late(lag):
        brands = made(hot)
        paces = {one.pk: one.pace for spenders in brands.values() for one in spenders}
        curve.pace = lambda *given: paces[int(given[2])]  # by its name
        try:
            keep_simulated(day.begins)
            seconds = lag // timedelta(seconds=1)
            for account in PlatformAccount.objects.all():
                StopLag.objects.create(account=account, seconds=seconds, pauses=30, at=day.ends)
            now = day.begins
            while now <= day.ends:
                tick(now)
                now += TICK
            tick(day.ends + timedelta(hours=6))
        finally:
            curve.pace = pace
        totals = SpendTotal.objects.filter(period="day", start=day.date, campaign__isnull=False)
        engine = dict(totals.values_list("campaign", "amount"))
        found = learned(day)
    for brand, spenders in brands.items():
        run(spenders, brand.daily_budget or NONE, day, lag, early=True)
    formula = {
        one.pk: spent(one, day, day.ends) for spenders in brands.values() for one in spenders
    }
    expect(formula, engine)
    print(f"lag {lag}: {len(formula)} campaigns of the engine came to what is worked out; {found}")


def learned(day: LocalDay) -> str:
    """The lag that the engine learns from this day."""
    StopLag.objects.all().delete()
    brands = Brand.objects.values_list("pk", flat=True)
    campaigns = dict(Campaign.objects.filter(brand__in=brands).values_list("pk", "brand"))
    learning.of(campaigns, day.ends + timedelta(hours=12), learns=True)
    lag = StopLag.objects.filter(account__isnull=False).get()
    return f"it learned {lag.seconds} seconds from {lag.pauses} pauses"


def made(hot: Sequence[int]) -> dict[Brand, list[Spender]]:
    spread = random.Random(SEED)
    brands: dict[Brand, list[Spender]] = {}
    for number, kind in enumerate(KINDS):
        budget = BRANDS[number % len(BRANDS)]
        brand = Brand.objects.create(
            name=kind, timezone=ZONE, daily_budget=budget, stops_early=True
        )
        brands[brand] = []
        for place, pace in enumerate(demand(kind, budget, spread, hot)):
            one = Campaign.objects.create(
                brand=brand, name=f"{kind} {place}", priority=KINDS[kind][1](place)
            )
            Campaign.objects.filter(pk=one.pk).update(name=str(one.pk))
            brands[brand].append(Spender(one.pk, one.priority, pace))
    return brands


if __name__ == "__main__":
    main()
