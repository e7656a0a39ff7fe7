"""Sample names, hours and spend, without a database."""

import random
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import count, product
from typing import Final

from ads.platforms import curve
from ads.rules.calendar import local_date, local_time, month_start, wall_instants
from ads.rules.dayparting import Schedule, Window, has_open_window

TIMEZONES: Final = (
    "America/New_York", "Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles", "Europe/London",
    "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo",
)  # fmt: skip

_COMPANIES: Final = (
    "Northwind", "Alder", "Harbour", "Juniper", "Summit", "Copper", "Meadow", "Lantern", "Orchard",
    "Driftwood", "Falcon", "Granite", "Willow", "Ember", "Cobalt", "Saffron",
)  # fmt: skip
_TRADES: Final = (
    "Outdoor", "Coffee", "Cycles", "Books", "Travel", "Eyewear", "Kitchens", "Toys", "Shoes",
    "Gardens", "Audio",
)  # fmt: skip
_THEMES: Final = (
    "Spring sale", "New arrivals", "Gift cards", "Free delivery", "Bestsellers", "Store opening",
    "Newsletter", "Clearance", "Loyalty club", "Brand awareness", "App installs", "Back in stock",
    "Customer stories",
)  # fmt: skip
_CHANNELS: Final = ("Search", "Social", "Video", "Display")

_WEEKDAYS: Final = range(5)
_EVERY_DAY: Final = range(7)
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6
_MIDNIGHT: Final = time(0)

#: Windows by name; one schedule of each for every timezone. They open and close on the hour.
HOURS: Final = {
    "Business hours": tuple(Window(day, time(9), time(18)) for day in _WEEKDAYS),
    "Evenings": tuple(Window(day, time(17), time(23)) for day in _EVERY_DAY),
    "Weekend": (
        Window(_FRIDAY, time(18), _MIDNIGHT),
        Window(_SATURDAY, _MIDNIGHT, _MIDNIGHT),
        Window(_SUNDAY, _MIDNIGHT, _MIDNIGHT),
    ),
    "Nights": (
        *(Window(day, time(22), time(6)) for day in (0, 1, 2, 3, _SUNDAY)),
        Window(_FRIDAY, time(21), time(7)),
        Window(_SATURDAY, time(21), time(7)),
    ),
}

_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)
_CENT: Final = Decimal("0.01")
#: Spend of ordinary campaigns on a day without holds, in thousandths of the budget.
_ORDINARY: Final = (600, 940)
#: Spend of campaigns that have used up their budget, which is slightly exceeded between two checks.
_USED_UP: Final = (1001, 1015)
#: A month's history stays below this share of the monthly budget, in thousandths,
_MONTH: Final = 900
#: except in this share of the campaigns, in thousandths.
_MONTH_USED_UP: Final = 100
#: On this day of the month before, spend of a brand's first campaign that spends fast was reported
#: late: local times at which it was spent and known here, and thousandths of the daily budget.
_LATE_DAY: Final = 17
_LATE: Final = ((time(10), time(10, 5), 640), (time(11, 40), time(14, 5), 810))
#: Seconds after which a campaign close to its budget has used it up: within two spend updates.
_NEARLY: Final = (60, 240)
#: Timezones in which the local day has just begun or is about to end are left out: there is no
#: spend yet, or the next day begins before a campaign stops.
_TOO_LATE: Final = time(23, 15)
_TOO_EARLY: Final = time(1, 30)


class Role(Enum):
    """How much of its daily budget a campaign has used."""

    ORDINARY = "ordinary"
    NEARLY = "nearly"  # spends fast, and uses it up within minutes
    USED_UP = "used up"  # spends fast


#: A brand's campaigns without dayparting, in turn.
_ROLES: Final = (
    Role.NEARLY, Role.ORDINARY, Role.USED_UP, Role.ORDINARY, Role.ORDINARY, Role.NEARLY,
    Role.ORDINARY, Role.ORDINARY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample campaign: budgets in US dollars, hours by name or None for all."""

    timezone: str
    daily_budget: Decimal
    monthly_budget: Decimal
    hours: str | None
    role: Role


def timezones(now: datetime) -> list[str]:
    """The timezones of brands made at ``now``."""
    return [
        name
        for name in TIMEZONES
        if _TOO_EARLY <= local_time(now, name).time().replace(tzinfo=None) < _TOO_LATE
    ]


def brand_names(seed: int) -> Iterator[str]:
    names = [f"{company} {trade}" for company, trade in product(_COMPANIES, _TRADES)]
    _random(seed, "brands").shuffle(names)
    return _numbered(names)


class CampaignNames:
    """Different names for the campaigns of one brand.

    The simulated platform decides by the name which campaigns spend fast, so campaigns that are to
    use up their budgets get such names.
    """

    def __init__(self, seed: int, brand: str, *, platform_seed: int) -> None:
        names = [f"{theme} – {channel}" for theme, channel in product(_THEMES, _CHANNELS)]
        _random(seed, "campaigns", brand).shuffle(names)
        self._names = _numbered(names)
        self._waiting: dict[bool, deque[str]] = {True: deque(), False: deque()}
        self._brand = brand
        self._platform_seed = platform_seed

    def next(self, *, is_hot: bool) -> str:
        """The next name of a campaign that does, or does not, spend fast."""
        waiting = self._waiting[is_hot]
        while not waiting:
            name = next(self._names)
            self._waiting[curve.is_hot(self._platform_seed, self._brand, name)].append(name)
        return waiting.popleft()


def roles() -> Iterator[Role]:
    """The roles of a brand's campaigns without dayparting, in turn."""
    return (_ROLES[n % len(_ROLES)] for n in count())


def history(
    sample: Sample, *, days: int, seed: int, number: int, now: datetime
) -> list[tuple[date, Decimal]]:
    """The campaign's spend on each of the last ``days`` local days, today included.

    US dollars in whole cents; days without spend are left out. ``number`` distinguishes campaigns
    of the same sample.
    """
    if not days:
        return []
    chance = _random(seed, "history", number)
    today = local_date(now, sample.timezone)
    past = {
        today - timedelta(days=n): _past(sample, today - timedelta(days=n), chance)
        for n in range(days - 1, 0, -1)
    }
    if sample.role is not Role.ORDINARY or chance.randint(1, 1000) > _MONTH_USED_UP:
        past = _within_months(past, sample, today)
    spent = sum(
        (amount for day, amount in past.items() if month_start(day) == month_start(today)),
        start=Decimal(0),
    )
    past[today] = _today(sample, today, spent, chance, now)
    return [(day, amount) for day, amount in past.items() if amount > 0]


def _past(sample: Sample, day: date, chance: random.Random) -> Decimal:
    if sample.role is Role.ORDINARY:
        return _ordinary(sample, day, chance, None)
    return _cents(sample.daily_budget * chance.randint(*_USED_UP) / 1000)


def _today(
    sample: Sample, today: date, spent: Decimal, chance: random.Random, now: datetime
) -> Decimal:
    """``spent`` is that of the month before today."""
    if sample.role is Role.ORDINARY:
        return _ordinary(sample, today, chance, now)
    limit = min(sample.daily_budget, sample.monthly_budget - spent)
    if sample.role is Role.USED_UP:
        return _cents(limit * chance.randint(*_USED_UP) / 1000)
    soon = now + timedelta(seconds=chance.randint(*_NEARLY))
    left = curve.least_spent(
        sample.daily_budget, now, soon, curve.local_day(today, sample.timezone)
    )
    return _cents(limit) - max(left, _CENT)


def _ordinary(sample: Sample, day: date, chance: random.Random, until: datetime | None) -> Decimal:
    level = chance.randint(*_ORDINARY)
    if day.weekday() >= curve.SATURDAY:
        level = level * curve.WEEKEND // curve.MILLION
    volume = _open_volume(sample.hours, sample.timezone, day, until)
    # A day of 25 hours has more than a whole volume.
    return _cents(sample.daily_budget * level * min(volume, curve.WHOLE) / curve.WHOLE / 1000)


def _pattern(hours: str, timezone: str) -> Schedule:
    return Schedule(0, timezone, 0, True, None, None, HOURS[hours])


@lru_cache(maxsize=4096)
def _open_volume(hours: str | None, timezone: str, day: date, until: datetime | None) -> int:
    """The share of the day (of ``curve.WHOLE``) within these hours, up to ``until``."""
    local_day = curve.local_day(day, timezone)
    end = local_day.ends if until is None else min(until, local_day.ends)
    if hours is None:
        return local_day.volume(local_day.begins, end)
    pattern = _pattern(hours, timezone)
    volume, hour = 0, local_day.begins
    while hour < end:
        if has_open_window(pattern, hour):
            volume += local_day.volume(hour, min(hour + _HOUR, end))
        hour += _HOUR
    return volume


def _within_months(past: dict[date, Decimal], sample: Sample, today: date) -> dict[date, Decimal]:
    """Lower the days of a month that would use up its budget, evenly; today's share stays free.

    Ordinary campaigns come so close to the present month's that it is projected to be exceeded.
    """
    months: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in past.items():
        months[month_start(day)] += amount
    lowered = {}
    for day, amount in past.items():
        month = month_start(day)
        limit = sample.monthly_budget * _MONTH / 1000
        if month == month_start(today):
            most = sample.monthly_budget if sample.role is Role.ORDINARY else limit
            limit = max(most - sample.daily_budget, Decimal(0))
        total = months[month]
        lowered[day] = amount if total <= limit else _cents(amount * limit / total)
    return lowered


@dataclass(frozen=True, slots=True)
class Reported:
    """An amount of a past day, in whole cents, and when it was spent and known here."""

    amount: Decimal
    spent_at: datetime
    known_at: datetime


def late_day(sample: Sample, *, days: int, now: datetime) -> date | None:
    """The day of the month before on which spend was reported late; None: before the history."""
    today = local_date(now, sample.timezone)
    day = month_start(month_start(today) - timedelta(days=1)).replace(day=_LATE_DAY)
    return day if (today - day).days < days else None


def reported_late(sample: Sample, day: date) -> list[Reported]:
    """What was spent on the :func:`late_day`: well over the budget before it was known."""
    return [
        Reported(
            _cents(sample.daily_budget * level / 1000),
            *(wall_instants(day, at, sample.timezone)[0] for at in (spent_at, known_at)),
        )
        for spent_at, known_at, level in _LATE
    ]


@lru_cache(maxsize=4096)
def last_instant(sample: Sample, day: date, now: datetime) -> datetime:
    """The last second of the day, up to ``now``, in the hours of a campaign with spend that day."""
    local_day = curve.local_day(day, sample.timezone)
    last = min(local_day.ends - _SECOND, now).astimezone(UTC)
    if sample.hours is not None:
        pattern = _pattern(sample.hours, sample.timezone)
        while last > local_day.begins and not has_open_window(pattern, last):
            last -= (last - local_day.begins) % _HOUR + _SECOND
    return last


def _numbered(names: list[str]) -> Iterator[str]:
    for round_number in count(1):
        for name in names:
            yield name if round_number == 1 else f"{name} {round_number}"


def _random(*parts: object) -> random.Random:
    # Repeatable, not secret.
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311


def _cents(amount: Decimal) -> Decimal:
    return (amount // _CENT) * _CENT
