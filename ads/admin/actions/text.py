"""What the pages and messages of actions on campaigns say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Count, Sum

from ads.admin.actions.pages import Page
from ads.admin.actions.preview_text import WHY
from ads.admin.elements import counted
from ads.holds import Hold
from ads.models.campaign import Status
from ads.models.spend import Period
from ads.rules.money import format_sums
from ads.services.delivery import Outcome, still_counting

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
    "reset_daily_spend": Page(
        "Let {} run on today",
        "What they have spent so far today no longer counts against their daily budgets. Reports "
        "still show every amount.",
        "Let {} run on",
        "Today's spend no longer counts against {}.",
        "waive",
    ),
    "change_budgets": CHANGE_BUDGETS,
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


def daily_budgets_of(called: str, count: int) -> str:
    """ "1 campaign's daily budget", "2 campaigns' daily budgets"."""
    return f"{called}'s daily budget" if count == 1 else f"{called}' daily budgets"


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


def notes(code: str, ids: Sequence[int], outcome: Outcome, now: datetime) -> list[str]:
    """What else is good to know before it is done."""
    found = [left_unchanged(code, outcome)]
    if code == "reset_daily_spend":
        found += _of_reset(ids, outcome, now)
    return [note for note in found if note]


def _of_reset(ids: Sequence[int], outcome: Outcome, now: datetime) -> list[str]:
    spent = (
        still_counting(ids, Period.DAY, now)
        .order_by("brand__currency")
        .values_list("brand__currency")
        .annotate(count=Count("pk"), counts=Sum("amount") - Sum("waived"))
    )
    found = list(spent)
    if not found:
        return ["They have spent nothing today that counts: nothing would change."]
    sums = format_sums({currency: amount for currency, _, amount in found})
    counts = f"{sums} that {counted(sum(count for _, count, _ in found))} spent today"
    notes = [f"{counts} would no longer count."]
    if by_brand := outcome.kept_off_by.get(Hold.BRAND_DAILY_BUDGET):
        notes.append(
            f"{counted(by_brand)} would still be held by the daily budget of the brand. You can "
            "let the whole brand run on today on its page."
        )
    return notes
