"""Why a campaign delivers or not, in sentences, and when that is expected to change."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ads.holds import BUDGET_HOLDS, Hold, Moment, evaluate, from_bits, schedules_as_rules
from ads.models import Campaign, DaypartingSchedule
from ads.models.campaign import Status
from ads.models.spend import Period
from ads.rules import calendar, dayparting
from ads.rules.money import format_usd

#: Holds that follow one another (a budget lifts, then the window is closed, then the day's budget
#: of tomorrow …) are followed this far; what takes longer is told as "not in sight".
LONGEST_CHAIN = 60


@dataclass(frozen=True, slots=True)
class Held:
    """One hold that applies now."""

    code: str
    sentence: str
    #: When it is expected to lift by itself (UTC); None: not until somebody acts.
    lifts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a campaign delivers or not at one instant."""

    campaign: Campaign
    at: datetime
    holds: list[Held]
    #: The first instant (UTC) at which none of its holds applies, if nobody acts and nothing more
    #: is spent; None: none in sight, or it may deliver now.
    returns_at: datetime | None

    @property
    def delivers(self) -> bool:
        """May it deliver? It does so as soon as it has been enforced."""
        return not self.holds


def explain(campaign: Campaign, now: datetime) -> Explanation:
    """Work out the holds of ``campaign`` at ``now``, as the engine does.

    Raises:
        UnknownTimezone: the brand's timezone cannot be read.
    """
    zone = campaign.brand.timezone
    calendar.zone(zone)
    schedules = schedules_as_rules(DaypartingSchedule.objects.filter(campaigns=campaign))
    holds, row = _holds_at(campaign, now)
    holding = [
        Held(hold.value, sentence(hold, row, now), _lifts_at(hold, row, schedules, now))
        for hold in holds
    ]
    return Explanation(campaign, now, holding, _returns_at(campaign, schedules, now))


def reasons(campaign: Campaign, now: datetime) -> list[str]:
    """One sentence for each hold at ``now``; nothing about when they lift, which takes longer."""
    calendar.zone(campaign.brand.timezone)
    holds, row = _holds_at(campaign, now)
    return [sentence(hold, row, now) for hold in holds]


def _holds_at(campaign: Campaign, at: datetime) -> tuple[list[Hold], Campaign]:
    mine = Campaign.objects.filter(pk=campaign.pk).select_related("brand")
    row = evaluate(mine, Moment.at(at, mine)).get()
    return from_bits(row.hold_bits), row  # type: ignore[attr-defined]


def _returns_at(
    campaign: Campaign, schedules: list[dayparting.Schedule], now: datetime
) -> datetime | None:
    at = now
    for _ in range(LONGEST_CHAIN):
        holds, row = _holds_at(campaign, at)
        if not holds:
            return None if at == now else at
        lifts = [_lifts_at(hold, row, schedules, at) for hold in holds]
        if None in lifts:
            return None
        at = max(lift for lift in lifts if lift is not None)
    return None


def _lifts_at(
    hold: Hold, row: Campaign, schedules: list[dayparting.Schedule], now: datetime
) -> datetime | None:
    zone = row.brand.timezone
    if hold == Hold.DAYPARTING:
        try:
            return dayparting.next_opening(schedules, now)
        except calendar.UnknownTimezone:
            return None  # hours that nobody can read count as closed, until somebody mends them
    if hold == Hold.FLIGHT and row.start_date and row.start_date > calendar.local_date(now, zone):
        return calendar.day_begins(row.start_date, zone)
    if hold not in _BUDGETS or not _figures(hold, row)[0]:
        # A person must act; a budget of zero lets nothing through tomorrow either.
        return None
    if _BUDGETS[hold].period == Period.DAY:
        return calendar.next_day_begins(now, zone)
    return calendar.next_month_begins(now, zone)


def sentence(hold: Hold, row: Campaign, now: datetime) -> str:
    """One hold of an evaluated campaign in words, with the figures in it.

    No query, if ``brand`` and ``dayparting_schedules`` of ``row`` were fetched with it.
    """
    if hold == Hold.STATUS:
        return _STATUS_SENTENCES[Status(row.status)]
    if hold == Hold.BRAND_INACTIVE:
        return f"Brand {row.brand.name} is switched off"
    if hold == Hold.FLIGHT:
        return _flight_sentence(row, calendar.local_date(now, row.brand.timezone))
    if hold == Hold.DAYPARTING:
        return _hours_sentence(row, now)
    budget, spent = _figures(hold, row)
    if budget == 0:
        return f"{_BUDGET_NAMES[hold]} is $0.00, which lets nothing through"
    return f"{_BUDGET_NAMES[hold]} used up: {format_usd(spent)} of {format_usd(budget)}"


_BUDGETS = {budget.hold: budget for budget in BUDGET_HOLDS}

_STATUS_SENTENCES = {
    Status.DRAFT: "It is a draft",
    Status.PAUSED: "Paused by a user",
    Status.COMPLETED: "It is completed",
    Status.ARCHIVED: "It is archived",
}

_BUDGET_NAMES = {
    Hold.BRAND_DAILY_BUDGET: "Brand's daily budget",
    Hold.BRAND_MONTHLY_BUDGET: "Brand's monthly budget",
    Hold.DAILY_BUDGET: "Daily budget",
    Hold.MONTHLY_BUDGET: "Monthly budget",
}


def _flight_sentence(row: Campaign, today: date) -> str:
    if row.start_date and row.start_date > today:
        return f"Its flight starts on {row.start_date}"
    return f"Its flight ended on {row.end_date}"


def _hours_sentence(row: Campaign, now: datetime) -> str:
    """Names the schedules that decide: of several, the others have no say."""
    schedules = list(row.dayparting_schedules.all())
    try:
        deciding = {
            schedule.id for schedule in dayparting.deciding([_in_force(s) for s in schedules], now)
        }
    except calendar.UnknownTimezone:
        deciding = {schedule.pk for schedule in schedules}
    if not deciding:
        names = ", ".join(schedule.name for schedule in schedules)
        return f"None of its schedules applies today ({names})"
    names = ", ".join(schedule.name for schedule in schedules if schedule.pk in deciding)
    return f"Outside its hours ({names})"


def _in_force(schedule: DaypartingSchedule) -> dayparting.Schedule:
    """The schedule without its windows: enough to tell whether it decides."""
    return dayparting.Schedule(
        id=schedule.pk,
        timezone=schedule.timezone,
        priority=schedule.priority,
        is_active=schedule.is_active,
        valid_from=schedule.valid_from,
        valid_until=schedule.valid_until,
        windows=(),
    )


def _figures(hold: Hold, row: Campaign) -> tuple[Decimal, Decimal]:
    """Budget and effective spend behind a budget's hold (which applies, so there is a budget)."""
    budget = _BUDGETS[hold]
    owner: Any = row.brand if budget.of_brand else row
    return getattr(owner, f"{budget.period_word}_budget"), getattr(row, budget.spend)
