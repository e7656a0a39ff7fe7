"""Sentences on why campaigns were switched: the holds at that time, and what was edited.

A delivery change does not say which edit it followed. The audit does: it is the last edit by the
same person that concerns the campaign, of the minutes before.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.holds import ALL_BUDGETS, GROUP_BUDGET, Hold
from ads.models import DeliveryChange
from ads.models.campaigns import Status
from ads.models.fields import MoneyField
from ads.rules.money import format_money
from ads.services.actor import SYSTEM
from ads.services.delivery import Trigger
from ads.services.explain import BUDGET_NAMES, budget_sentence, group_budget_name
from ads.services.history import timeline_rows
from ads.services.history.timeline_rows import Row
from ads.services.history.timeline_sql import Source, causes

_OFF: Final = {
    Hold.STATUS: "Status changed",
    Hold.BRAND_INACTIVE: "Brand paused",
    Hold.FLIGHT: "Outside the flight",
    Hold.STALE_SPEND: "Spend too old",
    Hold.DAYPARTING: "Outside hours",
}

_BUDGETS: Final = {budget.hold: budget for budget in ALL_BUDGETS}
_OF_BRAND: Final = (Hold.BRAND_DAILY_BUDGET, Hold.BRAND_MONTHLY_BUDGET)

_ON: Final = {
    Trigger.SPEND: "New spend leaves room in the budget",
    Trigger.CORRECTION: "A correction left room in the budget",
    Trigger.EDIT: "Edited",
    Trigger.ACTION: "Activated",
    Trigger.RESET: "Let run on",
    Trigger.UPDATE_SPEND: "The ad platforms reported",
    Trigger.CHECK_CAMPAIGN_BUDGETS: "Nothing is stopping it any more",
    # Not that they began: at midnight this check, too, brings back what had used up its day.
    Trigger.ENFORCE_DAYPARTING: "Its hours are open, and nothing else is stopping it",
    Trigger.RESET_DAILY_BUDGETS: "A new day began",
    Trigger.RESET_MONTHLY_BUDGETS: "A new month began",
    Trigger.ALLOWANCE_ENDED: "Nothing is stopping it any more",
    Trigger.PLANNED_BUDGET: "A planned budget began",
}

_STATUS: Final = {
    Status.DRAFT: "Set back to draft",
    Status.ACTIVE: "Activated",
    Status.PAUSED: "Paused",
    Status.COMPLETED: "Completed",
    Status.ARCHIVED: "Archived",
}

#: Fields whose change can switch a campaign.
_DECISIVE: Final = {
    Source.CAMPAIGN: (
        "status", "start_date", "end_date", "is_dayparting_enabled", "daily_budget",
        "monthly_budget", "total_budget", "budget_group",
    ),
    Source.BRAND: (
        "is_active", "timezone", "daily_budget", "monthly_budget", "stale_after_minutes",
        "stops_when_stale", "stops_early",
    ),
    Source.GROUP: ("daily_budget", "monthly_budget", "total_budget", "start_date"),
}  # fmt: skip

#: Switched off, and on.
_SWITCHES: Final = {
    "is_active": ("Brand paused", "Brand resumed"),
    "is_dayparting_enabled": ("Dayparting switched off", "Dayparting switched on"),
    "stops_when_stale": (
        "Stopping when spend is too old switched off",
        "Stopping when spend is too old switched on",
    ),
    "stops_early": ("Stopping early switched off", "Stopping early switched on"),
}

_WHOSE: Final = {Source.BRAND: "Brand's ", Source.GROUP: "Group's "}

_CREATED: Final = "Created"

#: What somebody did; everything else happened, whoever had it looked for.
_DONE: Final = (Trigger.EDIT, Trigger.ACTION, Trigger.RESET)

#: What acts without a person wanting just this switch.
_AUTOMATIC: Final = ("task: ", "platform: ")


def reasons(
    changes: Iterable[DeliveryChange], *, alike: Collection[int] = (), currency: str = ""
) -> dict[int, str]:
    """Why each was switched, by id: "Daily budget raised $75.00 → $82.50 by olivia".

    The figures are those that it was decided on. Changes whose ids are in ``alike`` stand for
    several: their first hold alone is named, a campaign's own budget without figures. ``currency``:
    of all of them; without it their brands are read unless loaded. At most one query.
    """
    changes = list(changes)
    currencies = {one.pk: currency or one.campaign.brand.currency for one in changes}
    edits = _causes(changes, alike, currencies)
    return {
        change.pk: _reason(
            change,
            edits.get(change.pk, ""),
            currencies[change.pk],
            is_several=change.pk in alike,
        )
        for change in changes
    }


def is_automatic(actor: str) -> bool:
    """Did the system act, and not a person?"""
    return actor == SYSTEM or actor.startswith(_AUTOMATIC)


def switched_by(actor: str, trigger: str) -> str:
    """Who, or what, switched it: "by olivia", "Automatic (spend update)"."""
    if not is_automatic(actor):
        return f"by {actor}"
    task = actor.removeprefix("task: ")
    code = task if task in Trigger.values and trigger != Trigger.ALLOWANCE_ENDED else trigger
    label = Trigger(code).label if code in Trigger.values else code
    return f"Automatic ({label[:1].lower()}{label[1:]})"


def _reason(change: DeliveryChange, cause: str, currency: str, *, is_several: bool) -> str:
    by = "" if is_automatic(change.actor) else f" by {change.actor}"
    if change.is_active:
        trigger = change.trigger
        said = _ON[Trigger(trigger)] if trigger in Trigger.values else trigger
        return f"{cause or said}{by if cause or trigger in _DONE else ''}"
    codes = change.holds[:1] if is_several else change.holds
    wanted = [code for code in codes if code in (Hold.STATUS, Hold.BRAND_INACTIVE)]
    parts = [
        _off(code, change, currency, is_several=is_several) for code in codes if code not in wanted
    ]
    if cause and cause != _CREATED:
        begun = f"{cause[:1].lower()}{cause[1:]}" if parts else cause
        return "; ".join([*parts, f"{begun}{by}"])
    return "; ".join([*(f"{_OFF[Hold(code)]}{by}" for code in wanted), *parts])


def _off(code: str, change: DeliveryChange, currency: str, *, is_several: bool) -> str:
    if code not in Hold.values:
        return code
    hold = Hold(code)
    budget = _BUDGETS.get(hold)
    if budget is None:
        return _OFF[hold]
    name = group_budget_name(change.group_period) if budget == GROUP_BUDGET else BUDGET_NAMES[hold]
    if is_several and hold not in _OF_BRAND:
        return f"{name} used up"
    spent: Decimal = getattr(change, budget.spend)
    limit: Decimal | None = getattr(change, budget.limit_then)
    return budget_sentence(
        hold, spent, limit or Decimal(0), currency, name=name, on_its_way=_on_its_way(change, code)
    )


def _on_its_way(change: DeliveryChange, code: str) -> Decimal | None:
    """What was on its way of this budget; it is known of the first that was not used up."""
    for budget in ALL_BUDGETS:
        limit: Decimal | None = getattr(change, budget.limit_then)
        is_early = limit is not None and getattr(change, budget.spend) < limit
        if budget.hold in change.holds and is_early:
            return change.on_its_way if budget.hold == code else None
    return None


def _causes(
    changes: Collection[DeliveryChange], alike: Collection[int], currencies: Mapping[int, str]
) -> dict[int, str]:
    """What somebody changed before each, by id; those of which nothing is known are missing."""
    edited = [one.pk for one in changes if one.trigger in (Trigger.EDIT, Trigger.ACTION)]
    if not edited:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(causes(), {"ids": edited, "limit": 5})
        rows = [(pk, timeline_rows.row_of(*columns)) for pk, *columns in cursor.fetchall()]
    found: dict[int, list[str]] = {}
    last: dict[int, Row] = {}
    for pk, row in rows:  # the newest first
        if (last.setdefault(pk, row).at, last[pk].context) == (row.at, row.context):
            found.setdefault(pk, []).extend(
                _words(row, currencies[pk], with_figures=pk not in alike)
            )
    return {
        pk: _CREATED if _CREATED in words else ", ".join(dict.fromkeys(words))
        for pk, words in found.items()
        if words
    }


def _words(row: Row, currency: str, *, with_figures: bool) -> list[str]:
    """What an edit changed that can switch a campaign."""
    if row.source == Source.ATTACHMENTS:
        return [f"Schedule {row.row['schedule_name']} {row.row['pgh_label']}"]
    if row.source == Source.SCHEDULES:
        return [f"Schedule {row.row['name']} changed"]
    if row.source == Source.WINDOWS:
        return [f"Hours of the schedule {row.row['schedule_name']} changed"]
    event, before = row.event(), row.event_before()
    if before is None:
        return [_CREATED] if row.row["pgh_label"] == "insert" else []
    whose = _WHOSE.get(row.source, "")
    return [
        _field(name, event, before, whose, currency, with_figures=with_figures)
        for name in _DECISIVE[row.source]
        if _value(event, name) != _value(before, name)
    ]


def _value(event: Any, name: str) -> Any:
    """The value of a field; of a relation, the key."""
    return getattr(event, event._meta.get_field(name).attname)


def _field(
    name: str, event: Any, before: Any, whose: str, currency: str, *, with_figures: bool
) -> str:
    old, new = _value(before, name), _value(event, name)
    if name == "status":
        return _STATUS[Status(new)]
    if name in _SWITCHES:
        return _SWITCHES[name][bool(new)]
    field = event._meta.get_field(name)
    label = f"{whose}{field.verbose_name}"
    label = f"{label[:1].upper()}{label[1:]}"
    if field.is_relation:
        return f"{label} changed"
    if not isinstance(field, MoneyField):
        return f"{label} {old or 'none'} → {new or 'none'}"
    if old is None or new is None:
        verb, figures = ("set to", new) if old is None else ("removed, was", old)
        money = format_money(figures, currency)
        return f"{label} {verb} {money}" if with_figures else f"{label} changed"
    label += " raised" if new > old else " lowered"
    figures = f" {format_money(old, currency)} → {format_money(new, currency)}"
    return f"{label}{figures if with_figures else ''}"
