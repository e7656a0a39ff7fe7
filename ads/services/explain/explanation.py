"""Why a campaign runs or not, in sentences, and when that is expected to change."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet, prefetch_related_objects

from ads.holds import (
    LIMIT_OF,
    TOTAL,
    Clock,
    Hold,
    Moment,
    as_rules,
    budget_sums,
    compiled,
    from_bits,
    with_holds,
)
from ads.models import Campaign, CampaignSchedule, DaypartingSchedule
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules import calendar, dayparting
from ads.rules.money import estimate, format_money
from ads.services import freshness
from ads.services.explain.limits import (
    group_of,
    limit_of,
    of_limit,
    on_its_way_of,
    spent_of,
    with_ahead,
    with_allowances,
    with_groups,
    with_planned,
)
from ads.services.explain.outlook import (
    LONGEST_CHAIN,
    Change,
    Schedules,
    lifts_at,
    next_changes,
)
from ads.services.explain.states import shown_state

#: How often the campaigns of a page are asked about instants to come.
ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Held:
    code: str
    sentence: str
    #: When it lifts (UTC); None: when someone acts.
    lifts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    #: With its brand, holds, spend, limits and allowances (``allowed_by``).
    campaign: Campaign
    at: datetime
    #: The attached schedules, and the same with their windows for the rules.
    schedules: list[DaypartingSchedule]
    rules: Schedules
    holds: list[Held]
    #: When it next starts or stops if nobody acts and nothing more is spent.
    next_change: Change | None

    @property
    def returns_at(self) -> datetime | None:
        """When all its holds are gone (UTC); None: unknown, or it has none."""
        return self.next_change.at if self.next_change and self.holds else None

    @property
    def delivers(self) -> bool:
        return not self.holds

    @property
    def state(self) -> str:
        return shown_state(self.campaign, [Hold(held.code) for held in self.holds], self.at)


def explain(
    campaign: Campaign, now: datetime, *, brand_ids: Collection[int] | None = None
) -> Explanation:
    """Work out the holds of ``campaign`` at ``now``, as the engine does.

    ``brand_ids``: see :func:`ads.services.explain.limits.with_allowances`.

    Raises:
        UnknownTimezone: the brand's timezone cannot be read.
        Campaign.DoesNotExist: it has been deleted.
    """
    stored = _stored(campaign)
    explained = explain_many([stored], now, rounds=LONGEST_CHAIN, brand_ids=brand_ids)
    if stored.pk not in explained:
        raise Campaign.DoesNotExist
    return explained[stored.pk]


def explain_many(
    campaigns: Collection[Campaign],
    now: datetime,
    *,
    rounds: int = ROUNDS,
    brand_ids: Collection[int] | None = None,
) -> dict[int, Explanation]:
    """The same for many that have their brands at hand, by id; at most six queries and ``rounds``.

    Nearly all next changes are found in the first round. Leaves out deleted campaigns and those of
    brands with an invalid timezone.
    """
    rows, attached, rules = _evaluated(campaigns, now, brand_ids)
    with_planned(rows, now)
    with_ahead(rows, now)
    changes = next_changes(rows, rules, now, rounds=rounds)
    return {
        row.pk: Explanation(
            campaign=row,
            at=now,
            schedules=attached[row.pk],
            rules=rules[row.pk],
            holds=[
                Held(
                    hold.value,
                    sentence(hold, row, now, attached[row.pk]),
                    lifts_at(hold, row, rules[row.pk], now),
                )
                for hold in from_bits(row.hold_bits)
            ],
            next_change=changes.get(row.pk),
        )
        for row in rows
    }


def hold_sentences(campaigns: Collection[Campaign], now: datetime) -> dict[int, list[str]]:
    """A sentence for each hold at ``now``, by campaign id; faster than knowing when they lift.

    ``campaigns`` have their brands at hand. Leaves out those with an invalid timezone.
    """
    rows, attached, _ = _evaluated(campaigns, now)
    return {
        row.pk: [sentence(hold, row, now, attached[row.pk]) for hold in from_bits(row.hold_bits)]
        for row in rows
    }


def reasons(campaign: Campaign, now: datetime) -> list[str]:
    """The same for one as it is stored; raises as :func:`explain` does."""
    stored = _stored(campaign)
    return hold_sentences([stored], now).get(stored.pk, [])


def _stored(campaign: Campaign) -> Campaign:
    """The campaign with its brand as the database has them, if the timezone is valid."""
    stored = Campaign.objects.select_related("brand", "budget_group").get(pk=campaign.pk)
    calendar.zone(stored.brand.timezone)
    return stored


def _evaluated(
    campaigns: Collection[Campaign], now: datetime, brand_ids: Collection[int] | None = None
) -> tuple[list[Any], dict[int, list[DaypartingSchedule]], dict[int, Schedules]]:
    """The campaigns with their holds at ``now``, and the schedules of each.

    Four queries, and four for budget groups if there are any.
    """
    ids = [campaign.pk for campaign in campaigns]
    attached: dict[int, list[DaypartingSchedule]] = {pk: [] for pk in ids}
    pairs = CampaignSchedule.objects.filter(campaign__in=ids).select_related("schedule")
    for pair in pairs.order_by("schedule__name"):
        attached[pair.campaign_id].append(pair.schedule)
    different = {schedule.pk: schedule for its in attached.values() for schedule in its}
    rules = {rule.id: rule for rule in as_rules(different.values())}
    moment = Moment.of(
        Clock.of(now, {campaign.brand.timezone for campaign in campaigns}, rules.values()),
        stale=any(campaign.brand.stops_when_stale for campaign in campaigns),
        groups=budget_sums.of_campaigns(campaigns, now),
        totals=any(campaign.total_budget is not None for campaign in campaigns),
        margins=any(campaign.brand.stops_early for campaign in campaigns),
    )
    rows = _rows(moment, campaigns)
    with_allowances(rows, now, brand_ids)
    with_groups(rows, moment.groups)
    freshness.with_sources(rows)
    return (
        rows,
        attached,
        {pk: tuple(rules[schedule.pk] for schedule in its) for pk, its in attached.items()},
    )


def _rows(moment: Moment, campaigns: Iterable[Campaign]) -> list[Any]:
    """These with their holds, and the brands and budget groups that they have at hand."""
    given = {campaign.pk: campaign for campaign in campaigns}
    try:
        sql, parameters = compiled.sql(_with_holds, moment, list(given))
    except EmptyResultSet:  # no timezone is valid
        return []
    rows = list(Campaign.objects.raw(sql, parameters))
    is_loaded = Campaign._meta.get_field("budget_group").is_cached
    for row in rows:
        its = given[row.pk]
        row.brand = its.brand
        if is_loaded(its) and its.budget_group_id == row.budget_group_id:
            row.budget_group = its.budget_group
    prefetch_related_objects(rows, "budget_group")  # of the others
    return rows


def _with_holds(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign]:
    return with_holds(campaigns, moment).order_by()


def sentence(
    hold: Hold, row: Campaign, now: datetime, attached: Iterable[DaypartingSchedule] | None = None
) -> str:
    """A sentence on one hold of an evaluated campaign, with its figures.

    No query if ``row`` has its brand, and its schedules unless given as ``attached``, at hand.
    """
    if hold == Hold.STATUS:
        return _STATUS_SENTENCES[Status(row.status)]
    if hold == Hold.BRAND_INACTIVE:
        return f"Brand {row.brand.name} is paused by a user"
    if hold == Hold.FLIGHT:
        return _flight_sentence(row, calendar.local_date(now, row.brand.timezone))
    if hold in (Hold.STALE_SPEND, Hold.GROUP_BUDGET):
        return _stale_sentence(row, now) if hold == Hold.STALE_SPEND else _group_sentence(row)
    if hold == Hold.DAYPARTING:
        schedules = row.dayparting_schedules.all() if attached is None else attached
        return _hours_sentence(list(schedules), now)
    budget = LIMIT_OF[hold]
    limit = limit_of(budget, row) or Decimal(0)  # it applies, so there is one
    spent, made_of = getattr(row, budget.spend), of_limit(budget, row, now)
    on_its_way = on_its_way_of(budget, row)
    return budget_sentence(hold, spent, limit, row.brand.currency, made_of, on_its_way=on_its_way)


def budget_sentence(
    hold: Hold,
    spent: Decimal,
    limit: Decimal,
    currency: str,
    made_of: str = "",
    *,
    name: str = "",
    on_its_way: Decimal | None = None,
) -> str:
    """A sentence on the hold of a budget; ``made_of``: of what a raised limit is.

    ``name``: what it is called, if not as in :data:`BUDGET_NAMES`. ``on_its_way``: what is still
    spent before a stop takes effect, where it is known; it is why, if not all is spent yet.
    """
    name = name or BUDGET_NAMES[hold]
    if limit == 0:
        return f"{name} is {format_money(limit, currency)}, so nothing runs"
    figures = spent_of(spent, limit, currency, made_of)
    if spent >= limit:
        return f"{name} used up: {figures}"
    about = estimate(on_its_way or Decimal(0), currency)
    more = f"; about {format_money(about, currency)} more is on its way" if about else ""
    return f"{name} nearly used up: {figures}{more}"


def group_budget_name(period: str, group: str = "") -> str:
    """ "Monthly budget of the group Search"; without the group's name: "Group's monthly budget"."""
    word = {TOTAL: "total", Period.DAY: "daily", Period.MONTH: "monthly"}.get(period, "")
    if group:
        return f"{word.capitalize()} budget of the group {group}"
    return f"Group's {word} budget" if word else BUDGET_NAMES[Hold.GROUP_BUDGET]


def _group_sentence(row: Campaign) -> str:
    figures = group_of(row)
    if figures is None or not figures.used_up:  # it has changed just now
        return f"{BUDGET_NAMES[Hold.GROUP_BUDGET]} used up"
    return "; ".join(
        budget_sentence(
            Hold.GROUP_BUDGET,
            each.spent,
            each.budget,
            row.brand.currency,
            name=group_budget_name(each.period, figures.name),
            on_its_way=each.on_its_way,
        )
        for each in figures.used_up
    )


_STATUS_SENTENCES = {
    Status.DRAFT: "Draft",
    Status.PAUSED: "Paused by a user",
    Status.COMPLETED: "Completed",
    Status.ARCHIVED: "Archived",
}

#: As sentences begin.
BUDGET_NAMES = {
    Hold.BRAND_DAILY_BUDGET: "Brand's daily budget",
    Hold.BRAND_MONTHLY_BUDGET: "Brand's monthly budget",
    Hold.DAILY_BUDGET: "Daily budget",
    Hold.MONTHLY_BUDGET: "Monthly budget",
    Hold.TOTAL_BUDGET: "Total budget",
    Hold.GROUP_BUDGET: "Group's budget",
}


def _flight_sentence(row: Campaign, today: date) -> str:
    if row.start_date and row.start_date > today:
        return f"The flight starts on {row.start_date}"
    return f"The flight ended on {row.end_date}"


def _stale_sentence(row: Campaign, now: datetime) -> str:
    allowed = freshness.duration(timedelta(minutes=row.brand.stale_after_minutes or 0))
    sources = freshness.sources_of(row)
    if not sources:  # it has reported just now
        return f"Spend was older than {allowed}"
    oldest = min(sources, key=lambda each: each.ages_from)
    age = freshness.duration(now - oldest.heard_at)
    return f"Spend of {oldest.name} is {age} old, and {allowed} is allowed"


def _hours_sentence(schedules: list[DaypartingSchedule], now: datetime) -> str:
    deciding = deciding_now(schedules, now)
    if not deciding:
        names = ", ".join(schedule.name for schedule in schedules)
        return f"No schedule applies today ({names})"
    return f"Outside hours ({', '.join(schedule.name for schedule in deciding)})"


def deciding_now(
    schedules: Iterable[DaypartingSchedule], now: datetime
) -> list[DaypartingSchedule]:
    """Those of a campaign's schedules that decide at ``now``; all if a timezone is invalid."""
    attached = list(schedules)
    try:
        found = dayparting.deciding([_in_force(schedule) for schedule in attached], now)
    except calendar.UnknownTimezone:
        return attached
    ids = {schedule.id for schedule in found}
    return [schedule for schedule in attached if schedule.pk in ids]


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
