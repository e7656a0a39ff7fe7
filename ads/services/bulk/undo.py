"""Undoing an action: pauses, and changes of budgets and priorities, as far as they are still so.

The audit records everything that one request or command changes in one context. What somebody has
changed again since is left alone, and so is what whoever undoes may not see.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Case, F, JSONField, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.expressions import Func, When
from django.db.models.functions import Cast

from ads.models import Brand, Campaign
from ads.models.budgets import PlannedField
from ads.models.campaigns import Status
from ads.models.fields import BUDGETS, CAMPAIGN_BUDGETS
from ads.services import locks, visible
from ads.services.bulk.actions import NOTHING, Action, Columns, Model
from ads.services.bulk.batches import Done, carry_out
from ads.services.delivery import TO_RUN, Trigger
from ads.services.history import audit


class Change(NamedTuple):
    """One value that was changed: the event on record, the value before and the value after."""

    event: int
    was: Any
    became: Any


#: What is changed of many campaigns at once and can be put back, beside pauses.
SETTINGS: Final = (*CAMPAIGN_BUDGETS, "priority")

#: What was changed, by field and id.
Changes = Mapping[str, Mapping[int, Change]]


@dataclass(frozen=True, slots=True)
class Changed:
    """What one action changed that can be put back."""

    campaigns: Changes
    brands: Changes

    def __bool__(self) -> bool:
        return bool(self.campaigns or self.brands)

    @property
    def fields(self) -> set[str]:
        """Names of the fields: a pause is ``status``, or ``is_active`` of a brand."""
        return {*self.campaigns, *self.brands}

    def only(self, *, campaigns: Collection[str], brands: Collection[str]) -> "Changed":
        """The part of it that is in these fields."""
        return Changed(
            {name: rows for name, rows in self.campaigns.items() if name in campaigns},
            {name: rows for name, rows in self.brands.items() if name in brands},
        )


@dataclass(frozen=True, slots=True)
class Left:
    """A campaign or brand that has been changed again since, and who changed it last."""

    row: Campaign | Brand
    field: str
    changed_by: str


@dataclass(frozen=True, slots=True)
class PutBack(Action):
    """Give campaigns and brands back the values that they had before."""

    trigger = Trigger.ACTION

    changed: Changed

    def narrowed(self, ids: Collection[int]) -> "PutBack":
        campaigns = {
            name: {pk: rows[pk] for pk in ids if pk in rows}
            for name, rows in self.changed.campaigns.items()
        }
        return PutBack(Changed(campaigns, self.changed.brands))

    def columns(self, model: Model, path: str = "") -> Columns:
        some, columns = NOTHING
        for name, rows in self._changes(model).items():
            still, _ = _still_so(model, name, rows)
            some |= Q(pk__in=locks.among(still))
            before = {pk: rows[pk].was for pk in still}
            columns = {**columns, f"{path}{name}": _as_before(model, name, before, path)}
        return some, columns

    def ids(self, model: Model) -> set[int]:
        changes = self._changes(model).items()
        return {pk for name, rows in changes for pk in _still_so(model, name, rows)[0]}

    def _changes(self, model: Model) -> Changes:
        return self.changed.brands if model is Brand else self.changed.campaigns


def changed_in(context: UUID) -> Changed:
    """What the action that is recorded in ``context`` changed that can be put back."""
    return Changed(_changes(context, Campaign), _changes(context, Brand))


def how_many(model: Model, context: UUID, *, at_most: int) -> int:
    """How many brands or campaigns were changed in ``context``, counted up to ``at_most``."""
    rows = _events(model).filter(pgh_context=context, pgh_label="update").values("pgh_obj_id")
    return rows.distinct()[:at_most].count()


def undo(changed: Changed, now: datetime) -> Done:
    """Put back what is still as the action left it; other holds of the campaigns stay."""
    action = PutBack(changed)
    return carry_out(action, action.ids(Campaign), now, brand_ids=action.ids(Brand))


def left_alone(changed: Changed) -> list[Left]:
    """The values that have been changed again since, of rows that still exist."""
    left = []
    for model, changes in ((Brand, changed.brands), (Campaign, changed.campaigns)):
        for name, rows in changes.items():
            still, planned = _still_so(model, name, rows)
            left += _left(model, name, set(rows).difference(still), planned)
    return left


def _events(model: Model) -> QuerySet[Any]:
    return visible.rows(audit.event_model(f"{model.__name__}Event")._default_manager.order_by())


def _changes(context: UUID, model: Model) -> Changes:
    """The pauses and changes of budgets and priorities among the edits in ``context``."""
    switch = "status" if model is Campaign else "is_active"
    fields = (switch, *(SETTINGS if model is Campaign else BUDGETS))
    earlier = _events(model).filter(
        pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")
    )
    events = _events(model).filter(pgh_context=context, pgh_label="update")
    edits = list(
        events.annotate(before=Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1]))
        .order_by("pgh_id")
        .values_list("pgh_obj_id", "pgh_id", "before", *fields)
    )
    before = _events(model).filter(pk__in=locks.among(edit[2] for edit in edits if edit[2]))
    values = {pk: values for pk, *values in before.values_list("pgh_id", *fields)}
    found: dict[str, dict[int, Change]] = defaultdict(dict)
    for pk, event, earlier_event, *became in edits:
        for name, was, now in zip(fields, values.get(earlier_event, became), became, strict=True):
            if was != now:
                first = found[name].get(pk)
                found[name][pk] = Change(event, first.was if first else was, now)
    kept = {
        name: {pk: one for pk, one in rows.items() if _can_be_undone(name, one)}
        for name, rows in found.items()
    }
    return {name: rows for name, rows in kept.items() if rows}


def _can_be_undone(name: str, change: Change) -> bool:
    if name == "status":
        return change.was in TO_RUN and change.became == Status.PAUSED
    return change.was != change.became and (name != "is_active" or not change.became)


def _still_so(
    model: Model, name: str, rows: Mapping[int, Change]
) -> tuple[list[int], dict[int, Any]]:
    """Ids of the rows that have had the value ever since, and what :func:`_planned_since` finds.

    Two queries, and one for a budget.

    Put together here: of tables in which thousands of rows have just been changed PostgreSQL has no
    figures yet. It would expect to find one, and compare each with all the others.
    """
    if not rows:
        return [], {}
    later = _events(model).filter(
        pgh_obj_id__in=locks.among(rows), pgh_id__gt=min(change.event for change in rows.values())
    )
    since = {
        pk
        for pk, event, value in later.values_list("pgh_obj_id", "pgh_id", name)
        if event > rows[pk].event and value != rows[pk].became
    }
    planned = _planned_since(model, name, rows)
    since |= planned.keys()
    stored = model._default_manager.filter(pk__in=locks.among(rows)).order_by("pk")
    still = [
        pk
        for pk, value in stored.values_list("pk", name)
        if value == rows[pk].became and pk not in since
    ]
    return still, planned


def _planned_since(model: Model, name: str, rows: Mapping[int, Change]) -> dict[int, Any]:
    """By id, the last event of a planned change that has made the value what it is since.

    If it made the same of it, the row itself has no event of that.
    """
    if name not in PlannedField.values:
        return {}
    key = "brand_id" if model is Brand else "campaign_id"
    applied: Any = audit.event_model("ScheduledChangeEvent")._default_manager.filter(
        **{f"{key}__in": locks.among(rows)}, field=name, pgh_label="applied",
        pgh_obj__follows__gte=min(change.event for change in rows.values()),
        pgh_obj__cancelled_at=None,
    )  # fmt: skip
    if model is Brand:
        applied = applied.filter(campaign=None)
    return {
        getattr(event, key): event
        for event in applied.select_related("pgh_context", "pgh_obj").order_by("pgh_id")
        if event.pgh_obj.follows >= rows[getattr(event, key)].event
    }


def _as_before(model: Model, name: str, values: Mapping[int, Any], path: str) -> Case:
    """The value of each row's key, in one parameter however many values differ."""
    column: Any = model._meta.get_field(name)
    key = "brand_id" if path else "pk"
    value = Func(
        Cast(Value(json.dumps(values, default=str)), JSONField()),
        Cast(F(key), TextField()),
        function="jsonb_extract_path_text",
        output_field=TextField(),
    )
    return Case(
        When(**{f"{key}__in": locks.among(values)}, then=Cast(value, column)),
        default=F(f"{path}{name}"),
        output_field=column,
    )


def _left(model: Model, name: str, ids: Collection[int], planned: Mapping[int, Any]) -> list[Left]:
    """Rows as they are, each with who made the last of its changes."""
    last = _events(model).filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "-pgh_id")
    by = {
        event.pgh_obj_id: audit.actor(
            event
            if (last_planned := planned.get(event.pgh_obj_id)) is None
            or last_planned.pgh_obj.follows < event.pgh_id
            else last_planned
        )
        for event in last.distinct("pgh_obj_id").select_related("pgh_context")
    }
    rows: Any = Campaign.objects.select_related("brand") if model is Campaign else Brand.objects
    found: Any = rows.in_bulk(list(ids))
    return [Left(found[pk], name, by.get(pk, audit.NOBODY)) for pk in sorted(found)]
