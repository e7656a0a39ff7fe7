"""The audit of configuration and allowances: who changed what, when, from what to what.

The database writes an event with the new row (the old one for a deletion) for every change, raw SQL
included. What changed is the difference to the event before it.
"""

import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery

from ads.models import Brand, Campaign
from ads.models.budgets import PlannedField
from ads.models.fields import MoneyField
from ads.models.spend import Period, known_as, shown
from ads.rules.calendar import format_instant
from ads.rules.dayparting import Window, describe_window
from ads.rules.money import format_money
from ads.services import visible

#: In place of a missing value.
NOTHING = "–"

#: After the name of what is gone.
_DELETED = " (deleted)"

#: The actor of events without a context.
NOBODY = "someone outside the console"

#: In place of the name of a campaign that whoever asks may not see.
HIDDEN = "a campaign of another brand"

#: The label of the event of a waiver.
WAIVED = "waived"

#: The labels of the events of an allowance.
OF_ALLOWANCES = frozenset({"allowed", "undone", "ended"})

#: The labels of events that are told by the difference to the one before.
_UPDATES = frozenset({"update", WAIVED, "changed", "applied"})

#: Fields of rows without a name that their subject says already.
_IN_SUBJECT = frozenset(
    {"username", "day_of_week", "start_time", "end_time", "platform", "account", "reference",
     "field", "starts_on", "month"}
)  # fmt: skip

#: What a missing value stands for, of fields in which people choose it.
_CHOSEN = {"amount": "no limit"}

#: By the label of the event.
WORDS = {"insert": "created", "update": "changed", "delete": "deleted"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    label: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.label}: {f'{self.old} → ' if self.old else ''}{self.new}"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    actor: str
    #: "created", "changed", "deleted", "attached", "detached", "allowed", "undone" or "ended".
    what: str
    subject: str
    changes: tuple[FieldChange, ...]


def event_model(name: str) -> type[models.Model]:
    """The model of events with this name, such as "BrandEvent"."""
    return apps.get_model("ads", name)


def recent(*events: QuerySet[Any], limit: int = 15) -> list[AuditEntry]:
    """The newest ``limit`` entries of several kinds of events."""
    entries = [
        entry
        for rows in events
        for entry in describe(list(rows.select_related("pgh_context").order_by("-pgh_id")[:limit]))
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class Seen:
    """The numbers of the last edits of campaigns and brands, and of the last allowance, seen."""

    campaigns: int
    brands: int
    allowances: int = 0

    def edited_since(self, model: type[Campaign | Brand], *, beside: UUID | None = None) -> Q:
        """Campaigns, or brands, edited after that, except in the context ``beside``."""
        name, last = {
            Campaign: ("CampaignEvent", self.campaigns),
            Brand: ("BrandEvent", self.brands),
        }[model]
        later = event_model(name)._default_manager.filter(pgh_id__gt=last).order_by()
        if beside:
            later = later.exclude(pgh_context=beside)
        return Q(Exists(later.filter(pgh_obj_id=OuterRef("pk"))))


def last_edits() -> Seen:
    """The last edits, without allowances; two queries."""
    campaigns, brands = (
        event_model(name)._default_manager.aggregate(last=Max("pgh_id"))["last"] or 0
        for name in ("CampaignEvent", "BrandEvent")
    )
    return Seen(campaigns, brands)


def context(pk: UUID) -> Any:
    """Who made the changes in a context, and when (``metadata``, ``created_at``); None: unknown."""
    return apps.get_model("pghistory", "Context")._default_manager.filter(pk=pk).first()


def changed_in(context: UUID) -> Q:
    """Campaigns changed in one request or command, also by what belongs to them or their brands."""
    found = Q()
    for of, model, column in (
        ("pk", "CampaignEvent", "pgh_obj_id"),
        ("pk", "CampaignScheduleEvent", "campaign_id"),
        ("pk", "CampaignReferenceEvent", "campaign_id"),
        ("pk", "CampaignLabelEvent", "campaign_id"),
        ("pk", "SpendTotalEvent", "campaign_id"),
        ("pk", "AllowanceEvent", "campaign_id"),
        ("brand", "BrandEvent", "pgh_obj_id"),
        ("brand", "BrandLabelEvent", "brand_id"),
    ):
        events = event_model(model)._default_manager.filter(pgh_context=context).order_by()
        found |= Q(**{f"{of}__in": events.exclude(**{column: None}).values(column)})
    return found


def describe(events: Sequence[Any]) -> list[AuditEntry]:
    """Events of one model, in words; a fixed number of queries."""
    if not events:
        return []
    model = type(events[0])
    before = _before(model, events)
    names = _names(model, [*events, *before.values()])
    return [
        AuditEntry(
            at=event.pgh_created_at,
            actor=actor(event),
            what=WORDS.get(event.pgh_label, event.pgh_label),
            subject=_subject(event, names),
            changes=changes(event, before.get(event.pk), names),
        )
        for event in events
    ]


def actor(event: Any) -> str:
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    return with_file(metadata.get("actor"), metadata.get("file"))


def with_file(name: str | None, file: str | None) -> str:
    """The actor, and the file that was imported: "anna (import), file google.csv"."""
    return (name or NOBODY) + (f", file {file}" if name and file else "")


#: Names of rows, by the field that refers to them and their key; "currency": a brand's.
Names = dict[tuple[str, int], str]


def _audited(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not field.name.startswith("pgh_")]


def _before(model: type[models.Model], events: Iterable[Any]) -> dict[int, Any]:
    """For each change among ``events``, the previous event of the same row."""
    changed = [event.pk for event in events if event.pgh_label in _UPDATES]
    rows = model._default_manager
    earlier = rows.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id"))
    pairs = dict(
        rows.filter(pk__in=changed)
        .annotate(earlier=Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1]))
        .values_list("pk", "earlier")
    )
    found = rows.in_bulk([pk for pk in pairs.values() if pk is not None])
    return {pk: found[earlier] for pk, earlier in pairs.items() if earlier in found}


#: Rows that are called by another row, which is read with them.
_NAMED_BY = {"person": "user", "permission": "content_type"}


def _names(model: type[models.Model], events: Iterable[Any]) -> Names:
    events = list(events)
    names: Names = {}
    for field in _audited(model):
        if field.related_model:
            ids = {getattr(event, field.attname) for event in events}
            names |= names_of(model, field.name, ids)
    return names


def names_of(model: type[models.Model], name: str, ids: Collection[int | None]) -> Names:
    """What the rows are called that events refer to in the field ``name``.

    Those deleted since by what they were called at last.
    """
    field: Any = model._meta.get_field(name)
    rows = field.related_model._default_manager.all()
    if beside := _NAMED_BY.get(name):
        rows = rows.select_related(beside)
    found: dict[int, Any] = rows.in_bulk(list(ids))
    called = {
        pk: campaign_name(row) if name == "campaign" else str(row) for pk, row in found.items()
    }
    for event, subject in _last_of(field.related_model, set(ids) - found.keys() - {None}):
        found[event.pgh_obj_id] = event
        # What a row without a name is called by may have been deleted too.
        called[event.pgh_obj_id] = f"{subject.removesuffix(_DELETED)}{_DELETED}"
    names = {(name, pk): words for pk, words in called.items()}
    if field.related_model is Brand:
        names |= {("currency", pk): row.currency for pk, row in found.items()}
    return names


def _last_of(model: type[models.Model], ids: Collection[Any]) -> list[tuple[Any, str]]:
    """The last events of these rows of ``model``, each with its subject."""
    audited = _events_by_model().get(model)
    if not ids or audited is None:
        return []
    last = audited._default_manager.filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "-pgh_id")
    events: list[Any] = list(last.distinct("pgh_obj_id"))
    if audited is event_model("CampaignEvent"):
        return [(event, campaign_name(event)) for event in events]
    names = {} if events and hasattr(events[0], "name") else _names(audited, events)
    return [(event, _subject(event, names)) for event in events]


@functools.cache
def _events_by_model() -> dict[type[models.Model], type[models.Model]]:
    """The models of the events by that of the rows which they are about."""
    ours: list[Any] = [one for one in apps.get_models() if hasattr(one, "pgh_tracked_model")]
    return {one.pgh_tracked_model._meta.concrete_model: one for one in ours}


def campaign_name(campaign: Any) -> str:
    """Its name for whoever asks: a platform ID may have been another brand's."""
    ids = visible.brand_ids()
    return str(campaign.name) if ids is None or campaign.brand_id in ids else HIDDEN


def _subject(event: Any, names: Names) -> str:
    if hasattr(event, "name"):
        return str(event.name)
    if hasattr(event, "username"):
        return str(event.username)
    if event.pgh_label == WAIVED:
        return _of_owner(event, names, "spend")
    if event.pgh_label in OF_ALLOWANCES:
        return _of_owner(event, names, "budget")
    owners = [
        _shown(field, getattr(event, field.attname), names)
        for field in _audited(type(event))
        if field.related_model and getattr(event, field.attname) is not None
    ]
    if hasattr(event, "day_of_week"):
        owners.append(window_in_words(event))
    elif hasattr(event, "reference"):
        owners.append(shown(known_as(event.platform, event.account, event.reference)))
    elif hasattr(event, "starts_on"):
        owners.append(f"{PlannedField(event.field).label} from {event.starts_on}")
    elif hasattr(event, "month"):
        owners.append(f"{event.month:%B %Y}")
    return " – ".join(owners)


def window_in_words(event: Any) -> str:
    """The window of an event: "Monday 22:00–06:00 (+1 day)"."""
    return describe_window(Window(event.day_of_week, event.start_time, event.end_time))


def period_in_words(event: Any) -> str:
    """The day or month of an allowance: "2024-05-15", "May 2024"."""
    return str(event.start) if event.period == Period.DAY else f"{event.start:%B %Y}"


def _of_owner(event: Any, names: Names, what: str) -> str:
    """Whose and of when: "Spring – budget of 2024-05-15", "Acme – budget of May 2024"."""
    owner = "brand" if event.campaign_id is None else "campaign"
    field = type(event)._meta.get_field(owner)
    whose = _shown(field, getattr(event, field.attname), names)
    return f"{whose} – {what} of {period_in_words(event)}"


def changes(event: Any, before: Any, names: Names) -> tuple[FieldChange, ...]:
    """What an event changed; ``before`` is the previous event of the row."""
    if event.pgh_label == WAIVED:
        more = event.waived - (before.waived if before else 0)
        label = "no longer counts" if more > 0 else "counts again"
        return (FieldChange(label, "", format_money(abs(more), _currency(event, names))),)
    if event.pgh_label in OF_ALLOWANCES:
        amount = format_money(event.amount, _currency(event, names))
        changes = [FieldChange("beyond the budget", "", amount)]
        if event.until:
            changes.append(FieldChange("until", "", _in_words(event.until)))
        return (*changes, FieldChange("reason", "", event.reason))
    has_name = hasattr(event, "name")
    found = []
    for field in _audited(type(event)):
        if not (before or has_name) and (field.related_model or field.name in _IN_SUBJECT):
            continue  # its subject says it
        value = getattr(event, field.attname)
        earlier = getattr(before, field.attname) if before else None
        if before and value == earlier:
            continue
        new = _shown(field, value, names, _currency(event, names))
        old = _shown(field, earlier, names, _currency(before, names)) if before else ""
        if before or new != NOTHING:
            found.append(FieldChange(str(field.verbose_name), old, new))
    return tuple(found)


def _currency(event: Any, names: Names) -> str:
    """Of a brand as it was then; of a campaign or a sum, as its brand's is; "" if that is gone."""
    if hasattr(event, "currency"):
        return str(event.currency)
    return names.get(("currency", getattr(event, "brand_id", 0)), "")


def _shown(field: "models.Field[Any, Any]", value: Any, names: Names, currency: str = "") -> str:
    if value is None or value == "":
        return _CHOSEN.get(field.name, NOTHING)
    if field.related_model:
        return names.get((field.name, value), f"#{value}{_DELETED}")
    if isinstance(field, MoneyField):
        return format_money(Decimal(value), currency)
    if isinstance(value, bool | datetime | list):
        return _in_words(value)
    return str(dict(field.flatchoices).get(value, value))


def _in_words(value: bool | datetime | list[Any]) -> str:
    if isinstance(value, datetime):
        return format_instant(value, seconds=True)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value else "no"
