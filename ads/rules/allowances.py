"""On what terms an owner may run on beyond its budget, and how a raised limit reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from ads.rules import calendar
from ads.rules.money import InvalidAmount, format_money, parse_amount

LONGEST_REASON: Final = 500

#: Texts for an end, besides a time and an instant.
MIDNIGHT, END_OF_MONTH = "midnight", "end of month"

#: Of a sum's allowances, so many are told one by one.
TOLD: Final = 3

_LONGEST_SHOWN: Final = 60


class InvalidAllowance(ValueError):
    """Terms that cannot be used; carries ``field``, ``value`` and ``reason``."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        shown = str(value or "").strip()
        refused = f"{shown} is refused: " if 0 < len(shown) <= _LONGEST_SHOWN else ""
        super().__init__(f"{field}: {refused}{reason}")
        self.field = field
        self.value = value
        self.reason = reason


def _exact(amount: object) -> Decimal:
    try:
        return parse_amount(amount, negative=True)
    except InvalidAmount as error:
        raise InvalidAllowance("amount", amount, error.reason) from error


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for: how much beyond the budget of a period, until when, and why.

    ``amount`` None: as much as has been spent so far in the period, so that it begins anew.
    ``until``: an aware datetime, or text: "18:00" or "2026-11-28 18:00" in the brand's timezone,
    "midnight", "end of month", or an instant with its offset; empty: the end of the period.

    Raises:
        InvalidAllowance: the period, the amount or the reason cannot be used.
    """

    period: str
    amount: Decimal | None
    until: str | datetime | None
    reason: str

    @classmethod
    def given(
        cls, period: str, amount: object, until: str | datetime | None, reason: str
    ) -> "Terms":
        """The terms with an amount as it was given: a Decimal, an int or text."""
        return cls(period, None if amount is None else _exact(amount), until, reason)

    def __post_init__(self) -> None:
        if self.period not in ("day", "month"):
            raise InvalidAllowance("period", self.period, 'use "day" or "month".')
        if self.amount is not None and _exact(self.amount) <= 0:
            reason = "use more than zero; leave it out for what has been spent so far."
            raise InvalidAllowance("amount", self.amount, reason)
        if not self.reason.strip():
            raise InvalidAllowance("reason", self.reason, "say why it may run on.")
        if len(self.reason) > LONGEST_REASON:
            reason = f"it has {len(self.reason):,} characters; use {LONGEST_REASON} or fewer."
            raise InvalidAllowance("reason", self.reason, reason)
        if "\x00" in self.reason:
            reason = "it has a NUL character; take it out."
            raise InvalidAllowance("reason", self.reason, reason)

    def ends(self, now: datetime, tz: str) -> datetime | None:
        """When it ends (UTC) for a brand in ``tz``; None: with its period.

        Raises:
            InvalidAllowance: ``until`` cannot be read, has passed, or is after the period.
            UnknownTimezone: ``tz`` is invalid.
        """
        last = calendar.next_period_begins(self.period, now, tz)
        until = self._instant(now, tz) if self.until else last
        if until <= now:
            clock = f"{calendar.local_time(now, tz):%H:%M on %-d %b %Y}"
            reason = f"it has passed: it is {clock} in {tz}. Use a later time."
            raise InvalidAllowance("until", self.until, reason)
        if until > last:
            day = f"{calendar.local_time(last, tz):%H:%M on %-d %b %Y}"
            reason = (
                f"what is allowed beyond a {'daily' if self.period == 'day' else 'monthly'} budget "
                f"ends with its {self.period}, at {day} in {tz}. Use an earlier time, or "
                + (
                    "allow it beyond the monthly budget, or raise the daily budget."
                    if self.period == "day"
                    else "raise the monthly budget."
                )
            )
            raise InvalidAllowance("until", self.until, reason)
        return None if until == last else until

    def _instant(self, now: datetime, tz: str) -> datetime:
        if isinstance(self.until, datetime):
            if self.until.utcoffset() is None:
                raise InvalidAllowance("until", self.until, "use an aware datetime.")
            return calendar.utc(self.until)
        text = (self.until or "").strip()
        if text == MIDNIGHT:
            return calendar.next_day_begins(now, tz)
        if text == END_OF_MONTH:
            return calendar.next_month_begins(now, tz)
        try:
            return calendar.utc(calendar.parse_instant(text))
        except calendar.InvalidDate:
            pass
        day, _, clock = text.replace("T", " ").rpartition(" ")
        try:
            when = calendar.parse_date(day) if day else calendar.local_date(now, tz)
            at = time.fromisoformat(clock) if len(clock) == len("18:00") else None
        except ValueError:
            at = None
        if at is None or at.tzinfo:
            reason = (
                'use a time such as "18:00" or "2026-11-28 18:00" (in the timezone of the brand), '
                f'"{MIDNIGHT}", "{END_OF_MONTH}", or an instant such as 2026-11-28T18:00:00+01:00.'
            )
            raise InvalidAllowance("until", self.until, reason)
        # Where the clock shows it twice, the next time that it does.
        instants = calendar.wall_instants(when, at, tz)
        return next((instant for instant in instants if instant > now), instants[-1])


@dataclass(frozen=True, slots=True)
class Allowed:
    """One allowance in force: how much, by whom, why, and until when (UTC; None: its period)."""

    id: int
    period: str
    amount: Decimal
    by: str
    reason: str
    until: datetime | None

    def words(self, now: datetime, tz: str, currency: str) -> str:
        """ "$75.21 allowed by admin until midnight"."""
        amount = format_money(self.amount, currency)
        return f"{amount} allowed by {self.by} until {self.ends(now, tz)}"

    def ends(self, now: datetime, tz: str) -> str:
        """ "midnight", "the end of the month", "18:00", "Fri 28 Nov, 18:00"."""
        if self.until is None:
            return "midnight" if self.period == "day" else "the end of the month"
        local = calendar.local_time(self.until, tz)
        if local.date() == calendar.local_date(now, tz):
            return f"{local:%H:%M}"
        if self.until == calendar.next_day_begins(now, tz):
            return "midnight"
        return f"{local:%a %-d %b, %H:%M}"


def limit_words(
    budget: Decimal,
    allowed: Decimal,
    those: Sequence[Allowed],
    now: datetime,
    tz: str,
    currency: str,
) -> str:
    """What a limit is made of: "$75.00 budget + $75.21 allowed by admin until midnight".

    "" where nothing is ``allowed``. Without ``those``, or where they are many, who allowed it is
    not said.
    """
    if not allowed:
        return ""
    own = f"{format_money(budget, currency)} budget"
    if not those or len(those) > TOLD:
        times = f" in {len(those)} allowances" if those else ""
        return f"{own} + {format_money(allowed, currency)} allowed{times}"
    return " + ".join([own, *(one.words(now, tz, currency) for one in those)])


#: When periods begin (UTC), one after the other, and what counts in each against its budget.
Periods = Sequence[tuple[datetime, Decimal]]


def periods_ahead(
    period: str, counts: Mapping[date, Decimal], now: datetime, tz: str
) -> list[tuple[datetime, Decimal]]:
    """The next period, those with spend that was recorded ahead of time, and those that follow
    them. ``counts``: what is spent, less what is allowed, in periods that begin on these dates.
    """
    next_one = calendar.next_period(
        period, calendar.period_start(period, calendar.local_date(now, tz))
    )
    spent = [start for start in counts if start >= next_one]
    later = {*spent, *(calendar.next_period(period, start) for start in spent)} - {next_one}
    begins = calendar.next_period_begins(period, now, tz)
    return [(begins, counts.get(next_one, Decimal(0)))] + [
        (calendar.day_begins(start, tz), counts.get(start, Decimal(0))) for start in sorted(later)
    ]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as time changes it, if nobody acts: what is planned of the budget and allowed now."""

    #: None: no limit.
    budget: Decimal | None
    #: What the budget becomes, and when (UTC), the first first.
    planned: Sequence[tuple[datetime, Decimal | None]] = ()
    allowed: Sequence[Allowed] = ()
    #: The periods after the present one, see :func:`periods_ahead`; empty: it is for no period.
    ahead: Periods = ()

    def budget_at(self, at: datetime) -> Decimal | None:
        begun = [budget for begins, budget in self.planned if begins <= at]
        return begun[-1] if begun else self.budget

    def turns(self, spent: Decimal, after: datetime, *, used_up: bool) -> Iterator[datetime]:
        """The instants (UTC) after ``after`` at which it is used up, or is not.

        Of all at which that may change. ``spent``: in the present period.
        """
        instants = {begins for begins, _ in self.planned}
        instants |= {one.until for one in self.allowed if one.until}
        instants |= {begins for begins, _ in self.ahead}
        for at in sorted(instant for instant in instants if instant > after):
            if self.is_used_up(spent, at) is used_up:
                yield at

    def is_used_up(self, spent: Decimal, at: datetime) -> bool:
        budget = self.budget_at(at)
        if budget is None:
            return False
        if begun := [counts for begins, counts in self.ahead if begins <= at]:
            return begun[-1] >= budget
        those = (one.amount for one in self.allowed if one.until is None or one.until > at)
        return spent >= budget + sum(those, Decimal(0))
