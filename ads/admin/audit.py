"""The audit of configuration: who changed what, when, from what to what.

The database writes an event with the row as it became (for a deletion, as it was) for every change,
bulk updates and raw SQL included. What changed is the difference to the event before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter

from ads.admin.base import ReadOnlyAdmin
from ads.admin.text import NOTHING
from ads.models.fields import MoneyField
from ads.rules.dayparting import Window, describe_window
from ads.rules.money import format_usd

#: A person's name is recorded with what a signed-in user changes; nothing, with the rest.
NOBODY = "the system, a shell or SQL"

_WORDS = {"insert": "created", "update": "changed", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an audited row: what it was and what it became, as text."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One audited change of one row."""

    at: datetime
    actor: str
    #: "created", "changed", "deleted", "attached" or "detached".
    what: str
    subject: str
    changes: tuple[FieldChange, ...]


def event_model(name: str) -> type[models.Model]:
    """The model of the events with this name, such as "BrandEvent"."""
    return apps.get_model("ads", name)


def recent(*events: QuerySet[Any], limit: int = 15) -> list[AuditEntry]:
    """The newest ``limit`` entries among several kinds of events, the newest first."""
    entries = [
        entry
        for rows in events
        for entry in describe(list(rows.select_related("pgh_context").order_by("-pgh_id")[:limit]))
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def describe(events: Sequence[Any]) -> list[AuditEntry]:
    """Events of one model, in words; a fixed number of queries however many they are."""
    if not events:
        return []
    model = type(events[0])
    before = _before(model, events)
    names = _names(model, [*events, *before.values()])
    return [
        AuditEntry(
            at=event.pgh_created_at,
            actor=actor(event),
            what=_WORDS.get(event.pgh_label, event.pgh_label),
            subject=_subject(event, names),
            changes=_changes(event, before.get(event.pk), names),
        )
        for event in events
    ]


def actor(event: Any) -> str:
    """Who made the change, as far as it is known."""
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    return str(metadata.get("actor") or NOBODY)


Names = dict[tuple[str, int], str]


def _audited(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.name.startswith("pgh_")]


def _before(model: type[models.Model], events: Iterable[Any]) -> dict[int, Any]:
    """For each change among ``events``, the event of the same row that preceded it."""
    changed = [event.pk for event in events if event.pgh_label == "update"]
    rows = model._default_manager
    earlier = rows.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    pairs = dict(
        rows.filter(pk__in=changed)
        .annotate(earlier=Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1]))
        .values_list("pk", "earlier")
    )
    found = rows.in_bulk([pk for pk in pairs.values() if pk is not None])
    return {pk: found[earlier] for pk, earlier in pairs.items() if earlier in found}


def _names(model: type[models.Model], events: Iterable[Any]) -> Names:
    """What the rows that events refer to are called; those deleted since are missing."""
    names: Names = {}
    for field in _audited(model):
        if field.related_model:
            ids = {getattr(event, field.attname) for event in events}
            for pk, row in field.related_model._default_manager.in_bulk(list(ids)).items():
                names[field.name, pk] = str(row)
    return names


def _subject(event: Any, names: Names) -> str:
    if hasattr(event, "name"):
        return str(event.name)
    owners = [
        _shown(field, getattr(event, field.attname), names)
        for field in _audited(type(event))
        if field.related_model
    ]
    return " – ".join([*owners, *_window(event)])


def _window(event: Any) -> list[str]:
    """The window in words, if it is one's event."""
    if not hasattr(event, "day_of_week"):
        return []
    return [describe_window(Window(event.day_of_week, event.start_time, event.end_time))]


def _changes(event: Any, before: Any, names: Names) -> tuple[FieldChange, ...]:
    if not hasattr(event, "name") and not before:
        return ()  # what it is called says all there is
    changes = []
    for field in _audited(type(event)):
        value = getattr(event, field.attname)
        earlier = getattr(before, field.attname) if before else None
        if before and value == earlier:
            continue
        new = _shown(field, value, names)
        old = _shown(field, earlier, names) if before else ""
        if before or new != NOTHING:
            changes.append(FieldChange(str(field.verbose_name), old, new))
    return tuple(changes)


def _shown(field: "models.Field[Any, Any]", value: Any, names: Names) -> str:
    if value is None or value == "":
        return NOTHING
    if field.related_model:
        return names.get((field.name, value), f"#{value} (deleted)")
    if isinstance(field, MoneyField):
        return format_usd(Decimal(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(dict(field.flatchoices).get(value, value))


class AuditList(ChangeList):
    """Describes the events of its page together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        for row, entry in zip(rows, describe(rows), strict=True):
            row.entry = entry
        self.result_list = rows


class WhatFilter(DropdownFilter):  # type: ignore[misc]
    """Created, changed or deleted; attached or detached."""

    title = "what"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = [tracker.label for tracker in model_admin.model.pgh_trackers]
        return [(label, _WORDS.get(label, label).capitalize()) for label in labels]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pgh_label=self.value()) if self.value() else queryset


class AuditAdmin(ReadOnlyAdmin[Any]):
    """The audit of one model, the newest first."""

    list_display = ["at", "who", "what", "subject", "changes"]
    list_select_related = ["pgh_context"]
    list_filter = [WhatFilter, ("pgh_created_at", RangeDateTimeFilter)]
    fields = ["at", "who", "what", "subject", "changes"]
    ordering = ["-pgh_id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditList

    @admin.display(description="when (UTC)")
    def at(self, event: Any) -> datetime:
        return event.pgh_created_at  # type: ignore[no-any-return]

    @admin.display(description="who")
    def who(self, event: Any) -> str:
        return actor(event)

    @admin.display(description="what")
    def what(self, event: Any) -> str:
        return _entry(event).what

    @admin.display(description="which")
    def subject(self, event: Any) -> str:
        return _entry(event).subject

    @admin.display(description="from what to what")
    def changes(self, event: Any) -> SafeString:
        shown = format_html_join(
            " ",
            '<span class="ads-change"><b>{}</b> {}{}{}</span>',
            (
                (change.label, change.old, " → " if change.old else "", change.new)
                for change in _entry(event).changes
            ),
        )
        return format_html('<span class="ads-many">{}</span>', shown)


def _entry(event: Any) -> AuditEntry:
    if not hasattr(event, "entry"):
        event.entry = describe([event])[0]
    return event.entry  # type: ignore[no-any-return]


WHO = "pgh_context__metadata__actor"


@admin.register(
    event_model("BrandEvent"), event_model("CampaignEvent"), event_model("DaypartingScheduleEvent")
)
class NamedAuditAdmin(AuditAdmin):
    """The audit of what has a name."""

    search_fields = ["name", WHO]
    search_help_text = "Name, or who"


@admin.register(event_model("DaypartingWindowEvent"))
class WindowAuditAdmin(AuditAdmin):
    """The audit of windows."""

    search_fields = ["schedule__name", WHO]
    search_help_text = "Schedule, or who"


@admin.register(event_model("CampaignScheduleEvent"))
class AttachmentAuditAdmin(AuditAdmin):
    """The audit of which schedules campaigns had."""

    search_fields = ["campaign__name", "schedule__name", WHO]
    search_help_text = "Campaign, schedule, or who"
