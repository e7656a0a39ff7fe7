"""How far budgets are overshot, by how late an ad platform reports: a month of 1,000 campaigns.

Each campaign spends over the day as those of the simulated platform do, and a quarter of them would
spend several times their daily budget if nothing stopped them (``--hot``: in percent of it, least
and most). An account is asked every five minutes, at a moment of its own. The platform answers with
what was spent until its lag ago; on the first answer that reaches the budget the campaign is
stopped, and spends on until the platform has been told (``--telling``, in seconds).

That is worked out by formula, and first compared with the engine itself to the cent: campaigns of
each lag are asked, decided and told for a day of ticks.

What is overshot is divided among the delays that cost it: the platform's reporting, the wait for
the next question, and the telling. Platforms' own caps on a day would lower it, and are left out.
"""

import logging
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.conf import settings
from support.database import scratch
from support.late_reports import TICK, ZONE, reporting_late, tick
from support.report import expect, load, options, percentile

from ads.models import Brand, Campaign, SpendTotal
from ads.platforms import curve
from ads.platforms.curve import LocalDay, Run

FIRST = date(2026, 6, 1)
DAYS = 30
SEED = 1
BRAND = "Shoes"
BUDGETS = (Decimal(40), Decimal(75), Decimal(120), Decimal(250), Decimal(600))
NONE = Decimal(0)
COLUMNS = (
    "lag", "days used up", "mean", "p99", "worst", "of all spend", "reporting", "asking", "telling",
)  # fmt: skip
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Spender:
    """A campaign with a daily budget."""

    pk: int
    name: str
    budget: Decimal
    #: After a tick's full five minutes, when its account is asked.
    offset: timedelta = timedelta(0)

    @classmethod
    def numbered(cls, number: int) -> "Spender":
        return cls(number, f"Campaign {number}", BUDGETS[number % len(BUDGETS)])


@dataclass(frozen=True, slots=True)
class Overshot:
    """A day on which a budget was used up; what each delay cost."""

    spender: Spender
    spent: Decimal
    reporting: Decimal
    asking: Decimal
    telling: Decimal

    @property
    def over(self) -> Decimal:
        return self.reporting + self.asking + self.telling


def main() -> None:
    parser = options(__doc__, campaigns=1_000, lags=[1, 5, 60, 180], telling=5, compared=40)
    parser.add_argument("--hot", type=int, nargs=2, default=[300, 600], help="default: 300 600")
    given = parser.parse_args()
    lags = [timedelta(minutes=lag) for lag in given.lags]
    logging.getLogger("ads").setLevel(logging.WARNING)  # no line a switch
    curve.HOT = tuple(percent * curve.MILLION // 100 for percent in given.hot)  # type: ignore[misc]
    compare(lags, given.compared)
    spread = random.Random(SEED)
    spenders = [
        replace(
            Spender.numbered(number), offset=timedelta(seconds=spread.randrange(TICK // SECOND))
        )
        for number in range(1, given.campaigns + 1)
    ]
    print(
        "| lag | days used up | mean | p99 | worst | of all spend | reporting | asking | telling |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for lag in lags:
        print(row(lag, *month(spenders, lag, timedelta(seconds=given.telling))))
    print(load())


def month(
    spenders: Sequence[Spender], lag: timedelta, telling: timedelta
) -> tuple[list[Overshot], Decimal]:
    """The days on which a budget was used up, and all that was spent."""
    found, total = [], NONE
    for n in range(DAYS):
        day = curve.local_day(FIRST + timedelta(days=n), ZONE)
        for spender in spenders:
            its = overshot(spender, day, lag, telling)
            if isinstance(its, Overshot):
                found.append(its)
                total += its.spent
            else:
                total += its
    return found, total


def overshot(
    spender: Spender, day: LocalDay, lag: timedelta, telling: timedelta
) -> Overshot | Decimal:
    """What became of one campaign's day; what it spent, if its budget was not used up.

    At midnight it has a new budget, so what the platform reports later stops nothing.
    """
    spent = spending(spender, day)
    if (whole := spent(day.ends)) < spender.budget:
        return whole
    used_up = first(lambda at: spent(at) >= spender.budget, day)
    known = min(used_up + lag, day.ends)
    ticks = -((day.begins + spender.offset - known) // TICK)
    asked = min(day.begins + spender.offset + ticks * TICK, day.ends)
    stopped = min(asked + telling, day.ends)
    amounts = [spent(at) for at in (known, asked, stopped)]
    return Overshot(
        spender,
        amounts[2],
        amounts[0] - spender.budget,
        amounts[1] - amounts[0],
        amounts[2] - amounts[1],
    )


def spending(spender: Spender, day: LocalDay) -> Callable[[datetime], Decimal]:
    """What the campaign has spent on the day by an instant, if it runs from its beginning."""
    pace = curve.pace(SEED, BRAND, spender.name, spender.budget)
    level = curve.noise(SEED, spender.pk, day.date)
    return lambda at: curve.spent([Run(day.begins, at, pace)], day, level)


def first(is_so: Callable[[datetime], bool], day: LocalDay) -> datetime:
    """The first full second of the day at which it is so; it is so at its end."""
    low, high = 0, (day.ends - day.begins) // SECOND
    while low < high:
        middle = (low + high) // 2
        if is_so(day.begins + middle * SECOND):
            high = middle
        else:
            low = middle + 1
    return day.begins + low * SECOND


def row(lag: timedelta, found: Sequence[Overshot], total: Decimal) -> str:
    """A row of the table: in percent of the daily budget, and in money."""
    shares = [float(each.over / each.spender.budget) for each in found]
    over = sum((each.over for each in found), start=NONE)
    worst = max(found, key=lambda each: each.over / each.spender.budget)
    parts = [
        sum((getattr(each, name) for each in found), start=NONE)
        for name in ("reporting", "asking", "telling")
    ]
    return (
        " | ".join(
            [
                f"| {lag // timedelta(minutes=1)} min",
                f"{len(found):,}",
                f"{sum(shares) / len(shares):.1%}, ${over / len(found):.2f}",
                f"{percentile(shares, 99):.1%}",
                f"{max(shares):.1%}, ${worst.over:.2f} of ${worst.spender.budget}",
                f"{over / total:.1%}",
                *(f"{part / over:.0%}" for part in parts),
            ]
        )
        + " |"
    )


# --- the engine itself ----------------------------------------------------------------------------


def compare(lags: Sequence[timedelta], count: int) -> None:
    """A day of ticks of the engine has to come to what the formula says, to the cent."""
    settings.SIMULATED_PLATFORM, settings.SIMULATED_PLATFORM_SEED = True, SEED
    day = curve.local_day(FIRST, ZONE)
    for lag in lags:
        with scratch(), reporting_late(lag):
            spenders = made(count)
            run(day)
            totals = SpendTotal.objects.filter(period="day", start=day.date, campaign__isnull=False)
            engine = dict(totals.values_list("campaign", "amount"))
        formula = {spender.pk: came_to(spender, day, lag) for spender in spenders}
        expect(formula, engine)
        over = sum(engine[each.pk] > each.budget for each in spenders)
        print(f"lag {lag}: the engine overshot {over} of {count} budgets, by what is worked out")


def came_to(spender: Spender, day: LocalDay, lag: timedelta) -> Decimal:
    its = overshot(spender, day, lag, timedelta(0))
    return its.spent if isinstance(its, Overshot) else its


def made(count: int) -> list[Spender]:
    brand = Brand.objects.create(name=BRAND, timezone=ZONE)
    spenders = []
    for number in range(1, count + 1):
        spender = Spender.numbered(number)
        ours = Campaign.objects.create(
            brand=brand, name=spender.name, status="active", daily_budget=spender.budget
        )
        spenders.append(replace(spender, pk=ours.pk))
    return spenders


def run(day: LocalDay) -> None:
    """All the day's ticks, and one when all of it has been reported."""
    now = day.begins
    while now <= day.ends:
        tick(now)
        now += TICK
    tick(day.ends + timedelta(hours=6))


if __name__ == "__main__":
    main()
