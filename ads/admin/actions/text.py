"""What the pages and messages of actions on campaigns say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Sum

from ads.admin.actions.pages import Page
from ads.admin.actions.preview_text import WHY, reasons
from ads.admin.elements import counted
from ads.holds import Hold
from ads.models import Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.allowances import Terms
from ads.rules.money import format_money, format_sums
from ads.services.delivery import Outcome, bulk_allowances, preview_campaigns
from ads.services.locks import among

CHANGE_BUDGETS: Final = Page(
    "Change the budgets of {}",
    "Takes effect at once, and can be undone. Percentages are rounded to the currency's smallest "
    "unit, such as the cent. A budget never falls below zero, at which nothing runs. No limit "
    "stays no limit, unless you set one.",
    "Change the budgets",
    "Changed the budgets of {}.",
    leaves="without such a budget, already at this budget, or it would be too large",
    can_be_undone=True,
)

#: The same from a day on.
SCHEDULE_BUDGETS: Final = Page(
    "Schedule new budgets for {}",
    "They change at midnight of the day that you choose, in each brand's timezone. Percentages are "
    "of the budgets as they are now. The preview shows what would happen if they changed now. The "
    "change can be taken back in the list of planned budgets, also once it has begun.",
    "Schedule the budgets",
    "Scheduled new budgets of {}.",
    leaves="without such a budget, at this budget already, or with another change on that day",
)

#: One for campaigns, one for brands.
LET_RUN_ON: Final = Page(
    "Let {} run on",
    "Each may spend more than its budget until the time you give. Spend stays as it is; the limit "
    "is raised. The brand's own limits, and the campaign's other budget, still apply. Can be "
    "undone.",
    "Let {} run on",
    "Let {} run on.",
    "waive",
    leaves="no such budget, let run on by someone else meanwhile, or the time has passed in "
    "their timezone",
    can_be_undone=True,
)

#: By the code of an action; {} is "1 campaign", "412 campaigns".
PAGES: Final[Mapping[str, Page]] = {
    "activate": Page(
        "Activate {}",
        "Sets their status to active: they deliver whenever nothing else holds them.",
        "Activate {}",
        "Activated {}.",
        "switch",
    ),
    "pause": Page(
        "Pause {}",
        "They stay off until someone activates them again: no new day, no reset and no schedule "
        "brings them back. One click undoes it.",
        "Pause {}",
        "Paused {}.",
        "switch",
        can_be_undone=True,
    ),
    "reset_daily_spend": LET_RUN_ON,
    "change_budgets": CHANGE_BUDGETS,
    "schedule_budgets": SCHEDULE_BUDGETS,
    "budget_group": Page(
        "Put {} into a budget group",
        "They share the group's budgets with its other campaigns; what they spent counts. Each "
        "keeps its own budgets. A campaign is in one group at most.",
        "Put {} into it",
        "Changed the budget group of {}.",
        leaves="already so, or of another brand than the group",
    ),
    "change_priority": Page(
        "Change the priority of {}",
        "Where a brand stops early, its campaigns with the lowest priority stop first near the "
        "brand's budgets, and those with the highest run longest. It counts from the next check "
        "on, and can be undone.",
        "Change the priority",
        "Changed the priority of {}.",
        leaves="with this priority already",
        can_be_undone=True,
    ),
    "attach_schedule": Page(
        "Attach a schedule to {}",
        "They then run in its hours, in the schedule's own timezone.",
        "Attach it",
        "Attached {schedule} to {}.",
        "attach",
        "with the schedule already",
    ),
    "detach_schedule": Page(
        "Detach a schedule from {}",
        "They no longer follow its hours. The schedule itself stays, for others.",
        "Detach it",
        "Detached {schedule} from {}.",
        "detach",
        "without the schedule",
    ),
    "complete": Page(
        "Complete {}",
        "Marks them as finished: they stop, and stay off. Late spend is still recorded.",
        "Complete {}",
        "Completed {}.",
        is_grave=True,
    ),
    "archive": Page(
        "Archive {}",
        "They stop and no longer clutter the list; their spend stays on record. To bring one back, "
        "set its status on its page.",
        "Archive {}",
        "Archived {}.",
        is_grave=True,
    ),
}

_TARGET: Final = {
    "activate": Status.ACTIVE,
    "pause": Status.PAUSED,
    "complete": Status.COMPLETED,
    "archive": Status.ARCHIVED,
}


def let_run_on(called: str, form: Any) -> str:
    """The title: "Let 3 campaigns run on by $20.00 until 18:00"."""
    terms: Terms = form.terms
    by = (
        "what was spent so far"
        if terms.amount is None
        else format_money(terms.amount, form.currency)
    )
    end = "midnight" if terms.period == Period.DAY else "the end of the month"
    return f"Let {called} run on by {by} until {terms.until or end}."


def left_unchanged(code: str, outcome: Outcome, *, edited: int = 0) -> str:
    """Which campaigns the action does not change, and why; "" for none.

    ``edited``: so many of them were edited meanwhile, which another message says.
    """
    alone = outcome.left_alone
    count = sum(alone.values()) - edited
    if count <= 0:
        return ""
    target = _TARGET.get(code)
    why = PAGES[code].leaves or ", ".join(
        f"{many:,} {'already ' if status == target else ''}{WHY.get(status, 'active')}"
        for status, many in alone.items()
    )
    return f"{counted(count)} left unchanged: {why}."


def notes(code: str, ids: Sequence[int], outcome: Outcome, now: datetime, form: Any) -> list[str]:
    """What else is good to know before it is done."""
    found = [left_unchanged(code, outcome)]
    if code == "reset_daily_spend":
        found += run_on_notes(outcome, form)
        if form.terms.amount is None:
            found += _spent_so_far(ids, form.terms.period, now)
    return [note for note in found if note]


def group_notes(action: Any, now: datetime) -> list[str]:
    """What it does to the other campaigns of the groups that are joined and left."""
    groups = set(
        Campaign.objects.filter(pk__in=among(action.ids)).values_list("budget_group", flat=True)
    )
    groups |= {action.group.pk} if action.group else set()
    others = Campaign.objects.filter(budget_group__in=groups - {None})
    outcome = preview_campaigns(others.exclude(pk__in=among(action.ids)), action.changes(), now)
    found = []
    if outcome.starts:
        found.append(f"{counted(outcome.starts.count)} of the groups will start besides.")
    if outcome.stops:
        found.append(
            f"{counted(outcome.stops.count)} of the groups will stop besides: "
            f"{reasons(outcome.stopped_by)}."
        )
    return found


def run_on_notes(outcome: Outcome, form: Any) -> list[str]:
    """Where the time has passed, and which other budgets still hold what is let run on."""
    found = [str(error) for error in form.ends.refused.values()][:1]
    found += [
        f"{counted(count)} would still be held by {by}"
        for hold, by in _STILL.items()
        if (count := outcome.kept_off_by.get(hold))
    ]
    return found


_ON_BRANDS_PAGE: Final = "You can let the whole brand run on, on its page."
_STILL: Final = {
    Hold.BRAND_DAILY_BUDGET: f"the daily budget of the brand. {_ON_BRANDS_PAGE}",
    Hold.BRAND_MONTHLY_BUDGET: f"the monthly budget of the brand. {_ON_BRANDS_PAGE}",
    Hold.DAILY_BUDGET: "a daily budget of its own. Allow more, or raise that limit too.",
    Hold.MONTHLY_BUDGET: "a monthly budget of its own. Allow more, or raise that limit too.",
    Hold.TOTAL_BUDGET: "a total budget. Raise that.",
    Hold.GROUP_BUDGET: "the budget of its group. Raise that.",
}


def _spent_so_far(ids: Sequence[int], period: str, now: datetime) -> list[str]:
    when = "today" if period == Period.DAY else "this month"
    totals: Any = bulk_allowances.still_counting(ids, period, now)
    spent = list(
        totals.order_by("brand__currency")
        .values_list("brand__currency")
        .annotate(count=Count("pk"), counts=Sum(F("amount") - F("now_waived")))
    )
    if not spent:
        return [f"They have spent nothing {when} that counts: nothing would change."]
    amount = format_sums({currency: amount for currency, _, amount in spent})
    count = counted(sum(count for _, count, _ in spent))
    return [f"{count} spent {amount} {when}: as much again would be allowed beyond the budgets."]
