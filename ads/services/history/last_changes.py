"""Who changed what last, by the audit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from django.db.models import Model

from ads.services.history.audit import actor

#: Newest changes of a row that are searched.
FURTHEST_BACK: Final = 100


@dataclass(frozen=True, slots=True)
class Changed:
    actor: str
    at: datetime


def fields_of(row: Model, names: Collection[str]) -> dict[str, Changed]:
    """The last change of each of these fields of a row, where known; one query."""
    found: dict[str, Changed] = {}
    for model in _events_of(type(row)):
        audited = {
            field.name: field.attname
            for field in model._meta.concrete_fields
            if field.name in names and not field.name.startswith("pgh_")
        }
        events = _newest(model, pgh_obj_id=row.pk)
        for event, before in pairwise(events):
            for name in audited.keys() - found.keys():
                if getattr(event, audited[name]) != getattr(before, audited[name]):
                    found[name] = Changed(actor(event), event.pgh_created_at)
    return found


def rows_of(model: type[Model], **owner: Any) -> Changed | None:
    """The last change of any row of ``model`` that belongs to ``owner``; one query."""
    for events in _events_of(model):
        for event in _newest(events, **owner)[:1]:
            return Changed(actor(event), event.pgh_created_at)
    return None


def _events_of(model: type[Model]) -> list[type[Model]]:
    return sorted(
        set(getattr(model, "pgh_event_models", {}).values()), key=lambda one: one.__name__
    )


def _newest(model: type[Model], **of: Any) -> list[Any]:
    events = model._default_manager.filter(**of).select_related("pgh_context")
    return list(events.order_by("-pgh_id")[:FURTHEST_BACK])
