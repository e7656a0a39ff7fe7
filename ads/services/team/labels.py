"""Putting labels on brands and campaigns, and taking them off. The audit sees each."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from ads.models import Brand, Campaign, Label
from ads.services import visible
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


def on_any(model: Model, ids: Collection[int]) -> QuerySet[Label]:
    """The labels that some of these rows have."""
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
