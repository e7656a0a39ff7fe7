"""What the pages and messages of actions on campaigns say."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Model, Sum

from ads.admin.actions.pages import Page
from ads.admin.actions.preview_text import WHY, counted
from ads.holds import Hold
from ads.models import Campaign
from ads.models.campaign import Status
from ads.models.spend import Period
from ads.rules.money import LIMIT, format_usd
from ads.services.bulk import RELATIVE, Action, BudgetChange, ChangeBudgets, Done, How, Sums, sums
from ads.services.delivery import Forecast, still_counting
from ads.services.locks import among

#: By the code of an action; {} is "1 campaign", "412 campaigns".
PAGES: Final[Mapping[str, Page]] = {
    "activate": Page(
        "Activate {}",
        "Sets their status to active: they deliver as soon, and as long, as nothing else holds "
        "them.",
        "Activate {}",
        "switch",
    ),
    "pause": Page(
        "Pause {}",
        "Switches them off until somebody activates them again: no new day, no reset and no "
        "schedule brings them back. One click undoes it.",
        "Pause {}",
        "switch",
    ),
    "reset_daily_spend": Page(
        "Let {} run on today",
        "What they have spent so far today no longer counts against their daily budgets. Reports "
        "still show every amount.",
        "Let {} run on",
        "waive",
    ),
    "change_budgets": Page(
        "Change the budgets of {}",
        "Takes effect at once. Percentages are rounded to the cent; a budget is never lowered to "
        "less than $0.00, which lets nothing through; no limit stays no limit, unless you set one.",
        "Change the budgets",
    ),
    "attach_schedule": Page(
        "Attach a schedule to {}",
        "They then run in its hours, in the schedule's own timezone.",
        "Attach it",
        "attach",
    ),
    "detach_schedule": Page(
        "Detach a schedule from {}",
        "They no longer follow its hours. The schedule itself stays, for others.",
        "Detach it",
        "detach",
    ),
    "complete": Page(
        "Complete {}",
        "Marks them as over: they stop, and stay off. Spend that still comes in is recorded.",
        "Complete {}",
        is_grave=True,
    ),
    "archive": Page(
        "Archive {}",
        "Stops them and puts them away; what they have spent stays on record. To bring one back, "
        "set its status on its page.",
        "Archive {}",
        is_grave=True,
    ),
}

#: Why a change of budgets leaves something as it is.
BUDGET_STAYS: Final = "without such a budget, with just this one, or it would be too large"

_TARGET: Final = {
    "activate": Status.ACTIVE,
    "pause": Status.PAUSED,
    "complete": Status.COMPLETED,
    "archive": Status.ARCHIVED,
}

_DID: Final = {
    "activate": "Activated {}.",
    "pause": "Paused {}.",
    "complete": "Completed {}.",
    "archive": "Archived {}.",
    "change_budgets": "Changed the budgets of {}.",
}


def did(code: str, done: Done, form: Any) -> str:
    """What was done, in a sentence."""
    many = counted(done.changed)
    if not done.changed:
        return (
            "They had spent nothing today." if code == "reset_daily_spend" else "Nothing changed."
        )
    if code == "reset_daily_spend":
        starts = "starts" if done.changed == 1 else "start"
        return f"{many} {starts} today from zero."
    if code == "attach_schedule":
        return f"Attached {form.cleaned_data['schedule']} to {many}."
    if code == "detach_schedule":
        return f"Detached {form.cleaned_data['schedule']} from {many}."
    return _DID[code].format(many)


def left_as_they_are(code: str, forecast: Forecast, *, later: int = 0) -> str:
    """Which ones the action does not change, and why; empty: none.

    ``later``: so many of them were edited meanwhile, which is told apart.
    """
    alone = forecast.left_alone
    count = sum(alone.values()) - later
    if count <= 0:
        return ""
    target = _TARGET.get(code)
    if target:
        why = ", ".join(
            f"{many:,} {'already ' if status == target else ''}{_IS[status]}"
            for status, many in alone.items()
        )
    else:
        why = _ALONE[code]
    return f"{counted(count)} left {'as it is' if count == 1 else 'as they are'}: {why}."


_IS: Final = {
    **{status: WHY[status] for status in Status if status in WHY},
    Status.ACTIVE: "active",
}
_ALONE: Final = {
    "change_budgets": BUDGET_STAYS,
    "attach_schedule": "with the schedule already",
    "detach_schedule": "without the schedule",
}


def notes(
    code: str, action: Action, ids: Sequence[int], forecast: Forecast, now: datetime
) -> list[str]:
    """What else is to be known before it is done."""
    found = [left_as_they_are(code, forecast)]
    if code == "reset_daily_spend":
        found += _of_reset(ids, forecast, now)
    if isinstance(action, ChangeBudgets):
        found += _of_budgets(action, ids)
    return [note for note in found if note]


def _of_reset(ids: Sequence[int], forecast: Forecast, now: datetime) -> list[str]:
    spent = still_counting(ids, Period.DAY, now).aggregate(
        count=Count("pk"), usd=Sum("amount") - Sum("waived")
    )
    if not spent["count"]:
        return ["They have spent nothing today that counts: nothing would change."]
    counts = f"{format_usd(spent['usd'])} that {counted(spent['count'])} spent today"
    found = [f"{counts} would no longer count."]
    if by_brand := forecast.kept_off_by.get(Hold.BRAND_DAILY_BUDGET):
        found.append(
            f"{counted(by_brand)} would still be held by the daily budget of the brand: on the "
            "brand's page you can let all of it run on today."
        )
    return found


def _of_budgets(action: ChangeBudgets, ids: Sequence[int]) -> list[str]:
    campaigns = Campaign.objects.filter(pk__in=among(ids)).order_by()
    found = []
    for word, change in (("daily", action.daily), ("monthly", action.monthly)):
        if change:
            found += _of_one_budget(campaigns, f"{word}_budget", word, change)
    return found


def _of_one_budget(campaigns: Any, path: str, word: str, change: BudgetChange) -> list[str]:
    budgets = sums(campaigns, path, change)
    before, after = budgets.before or Decimal(0), budgets.after or Decimal(0)
    unlimited = budgets.every - budgets.limited
    if change.how == How.NO_LIMIT:
        return [f"Today their {word} budgets add up to {format_usd(before)}; then none is limited."]
    found = [f"Their {word} budgets go from {format_usd(before)} to {format_usd(after)} together."]
    if unlimited:
        none = f"{counted(unlimited)} without a {word} limit"
        s = "s" if unlimited == 1 else ""
        stays = f"stay{s} without" if change.how in RELATIVE else f"get{s} one"
        found.append(f"{none} {stays}.")
    return [*found, *too_large(campaigns.model, word, budgets)]


def too_large(model: type[Model], word: str, found: Sums) -> list[str]:
    """Of how many rows the budget stays as it is because none may be so large."""
    count = found.too_large
    if not count:
        return []
    who = counted(count, str(model._meta.verbose_name))
    keep = "keeps its" if count == 1 else "keep their"
    told = (
        f"{who} {keep} {word} budget: it would come to {format_usd(LIMIT)} or more, and a budget "
        "has to be below that. Raise it by less, or take the limit away."
    )
    return [told]
