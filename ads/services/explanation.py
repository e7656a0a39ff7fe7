"""Why a campaign delivers or not, in sentences, and when that is expected to change."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ads.holds import Hold, schedules_as_rules
from ads.models import Campaign, DaypartingSchedule
from ads.models.campaign import Status
from ads.rules import calendar, dayparting
from ads.rules.money import format_usd
from ads.services.outlook import BUDGETS, Change, budget_of, holds_at, lifts_at, next_change


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
    #: When the clock next starts or stops it, if nobody acts and nothing more is spent; None: no
    #: such change is in sight.
    next_change: Change | None

    @property
    def returns_at(self) -> datetime | None:
        """When all its holds are expected to be gone (UTC); None: not in sight, or it has none."""
        return self.next_change.at if self.next_change and self.holds else None

    @property
    def delivers(self) -> bool:
        """May it deliver? It does so as soon as it has been enforced."""
        return not self.holds


def explain(campaign: Campaign, now: datetime) -> Explanation:
    """Work out the holds of ``campaign`` at ``now``, as the engine does.

    Raises:
        UnknownTimezone: the brand's timezone cannot be read.
        Campaign.DoesNotExist: it has been deleted.
    """
    schedules = _schedules(campaign)
    holds, row = holds_at(campaign, schedules, now)
    holding = [
        Held(hold.value, sentence(hold, row, now), lifts_at(hold, row, schedules, now))
        for hold in holds
    ]
    return Explanation(row, now, holding, next_change(holds, row, schedules, now))


def reasons(campaign: Campaign, now: datetime) -> list[str]:
    """One sentence for each hold at ``now``; nothing about when they lift, which takes longer."""
    holds, row = holds_at(campaign, _schedules(campaign), now)
    return [sentence(hold, row, now) for hold in holds]


def _schedules(campaign: Campaign) -> list[dayparting.Schedule]:
    return schedules_as_rules(DaypartingSchedule.objects.filter(campaigns=campaign))


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
    budget = budget_of(BUDGETS[hold], row) or Decimal(0)  # it applies, so there is one
    return budget_sentence(hold, getattr(row, BUDGETS[hold].spend), budget)


def budget_sentence(hold: Hold, spent: Decimal, budget: Decimal) -> str:
    """One of the four holds of budgets in words, of these figures in US dollars."""
    if budget == 0:
        return f"{_BUDGET_NAMES[hold]} is $0.00, which lets nothing through"
    return f"{_BUDGET_NAMES[hold]} used up: {format_usd(spent)} of {format_usd(budget)}"


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
