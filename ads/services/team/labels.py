"""Putting labels on brands and campaigns, and taking them off. The audit sees each."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from ads.models import Brand, Campaign, Label
from ads.services import visible
from ads.services.history import audit
from ads.services.locks import among

Model = type[Brand] | type[Campaign]


class InvalidLabel(ValueError):
    """Why there cannot be such a label."""


def put_on(model: Model, ids: Collection[int], label: Label) -> int:
    """Put a label on rows of a model; how many did not have it. Deleted ones are passed over."""
    table, column = _links(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({column}_id, label_id)"  # noqa: S608
            f" SELECT id, %s FROM {model._meta.db_table} WHERE id = ANY(%s)"
            " ORDER BY id ON CONFLICT DO NOTHING",
            [label.pk, sorted(ids)],
        )
        return int(cursor.rowcount)


def named(name: str) -> Label:
    """The label of this name, whatever its capitals; a new one if there is none.

    Raises:
        InvalidLabel: it cannot be a name.
    """
    name = " ".join(name.split())
    if found := Label.objects.filter(name__iexact=name).first():
        return found
    label = Label(name=name)
    try:
        label.full_clean()
    except ValidationError as error:
        raise InvalidLabel(f"{name!r} cannot be a label. {' '.join(error.messages)}") from error
    label.save()
    return label


def take_off(model: Model, ids: Collection[int], label: Label) -> int:
    """Take a label off rows of a model; how many had it."""
    table, column = _links(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE label_id = %s AND {column}_id = ANY(%s)",  # noqa: S608
            [label.pk, sorted(ids)],
        )
        return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class Labeling:
    """What one action did with the labels of a model's rows: ids of rows by that of the label."""

    model: Model
    added: Mapping[int, Collection[int]]
    removed: Mapping[int, Collection[int]]
    #: How often a label has been put on or taken off again since; that is left as it is.
    left: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.left)

    @property
    def rows(self) -> set[int]:
        """Ids of the rows whose labels can be put back."""
        return set(chain(*self.added.values(), *self.removed.values()))


def changed_in(model: Model, context: UUID) -> Labeling:
    """What was done to rows that the user may see in one context of the audit; two queries."""
    column = f"{_links(model)[1]}_id"
    there_are = Label.objects.order_by().values("pk")
    events = _events(model).filter(label__in=there_are).order_by("pgh_id")
    events = events.values_list(column, "label_id", "pgh_id", "pgh_label")
    last = {(row, label): (pk, how) for row, label, pk, how in events.filter(pgh_context=context)}
    later = events.filter(
        pgh_id__gt=min((pk for pk, _ in last.values()), default=0),
        label__in={label for _, label in last},
        **{f"{column}__in": among(row for row, _ in last)},
    )
    again = {(row, label) for row, label, pk, _ in later if pk > last.get((row, label), (pk,))[0]}
    found: dict[str, dict[int, list[int]]] = {"attached": {}, "detached": {}}
    for (row, label), (_, how) in last.items():
        if (row, label) not in again:
            found[how].setdefault(label, []).append(row)
    return Labeling(model, found["attached"], found["detached"], len(again))


def how_many(model: Model, context: UUID, *, at_most: int) -> int:
    """How many rows had labels put on or taken off in ``context``, counted up to ``at_most``."""
    rows = _events(model).filter(pgh_context=context).values(_links(model)[1])
    return rows.distinct()[:at_most].count()


@transaction.atomic
def put_back(labeling: Labeling) -> None:
    known = Label.objects.in_bulk({*labeling.added, *labeling.removed})
    for pk, label in sorted(known.items()):
        take_off(labeling.model, labeling.added.get(pk, ()), label)
        put_on(labeling.model, labeling.removed.get(pk, ()), label)


def _events(model: Model) -> QuerySet[Any]:
    events = audit.event_model(f"{model.__name__}LabelEvent")._default_manager.order_by()
    return visible.rows(events)


def on_any(model: Model, ids: Collection[int]) -> QuerySet[Label]:
    path = "brands" if model is Brand else "campaigns"
    return Label.objects.filter(**{f"{path}__in": among(ids)}).distinct().order_by("name")


def with_labels(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Brands or campaigns with ``every_label``: all labels, and whether the row has each.

    Of each ``id``, ``name``, ``color`` and ``is_on``.
    """
    through: Any = rows.model.labels.through
    _, column = _links(rows.model)
    here = through.objects.filter(**{column: OuterRef(OuterRef("pk"))}, label=OuterRef("pk"))
    every = visible.rows(Label.objects.all()).order_by("name")
    described = every.values(
        described=JSONObject(id="pk", name="name", color="color", is_on=Exists(here))
    )
    annotated: QuerySet[Any] = rows.annotate(every_label=ArraySubquery(described))
    return annotated


def load(rows: Iterable[Any]) -> None:
    """Give each of these brands, or of these campaigns, ``its_labels``; one query."""
    by_id = {row.pk: row for row in rows}
    for row in by_id.values():
        row.its_labels = []
    if not by_id:
        return
    model = type(next(iter(by_id.values())))
    _, column = _links(model)
    links: Any = model.labels.through.objects.filter(**{f"{column}__in": list(by_id)})
    for link in links.select_related("label").order_by("label__name"):
        by_id[getattr(link, f"{column}_id")].its_labels.append(link.label)


def names_of(model: Model, ids: Iterable[int]) -> Mapping[int, tuple[str, ...]]:
    """The names of the labels of these rows, sorted; one query."""
    through: Any = model.labels.through
    _, column = _links(model)
    found: dict[int, list[str]] = {}
    links = through.objects.filter(**{f"{column}__in": list(ids)}).order_by("label__name")
    for pk, name in links.values_list(f"{column}_id", "label__name"):
        found.setdefault(pk, []).append(name)
    return {pk: tuple(names) for pk, names in found.items()}


def _links(model: Any) -> tuple[str, str]:
    """The table of who has which label, and the name of its link to the row."""
    return model.labels.through._meta.db_table, str(model._meta.model_name)
