"""The version of a row that a page shows: sent with the form, and compared on saving."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db.models import Model, QuerySet, Value

#: Name of the hidden field.
VERSION: Final = "shown_version"

FormSet = Any


@dataclass(frozen=True, slots=True)
class Version:
    #: Of the values in the form and in the rows within the page.
    fingerprint: str
    #: Number of the last recorded change of each kind, see :func:`trail`.
    last: dict[str, int]

    @classmethod
    def of(cls, row: Model, form: Any, formsets: Iterable[FormSet]) -> "Version":
        """The version of ``row`` that these forms show, whatever was posted to them."""
        formsets = list(formsets)
        values = [_values(form)]
        for formset in formsets:
            values += sorted(_values(one) for one in formset.initial_forms if one.instance.pk)
        newest = [
            changes.order_by("-pk").values_list(Value(kind), "pk")[:1]
            for kind, changes in trail(row, form, formsets).items()
        ]
        last = dict(newest[0].union(*newest[1:], all=True))
        return cls(sha256(repr(values).encode()).hexdigest(), last)

    def sealed(self, row: Model) -> str:
        """As text, for the page of ``row``."""
        return signing.dumps([self.fingerprint, self.last], salt=_salt(row))

    @classmethod
    def unsealed(cls, text: str, row: Model) -> "Version | None":
        """The same back; None: the text is missing, or of another page."""
        try:
            return cls(*signing.loads(text, salt=_salt(row)))
        except signing.BadSignature:
            return None


def trail(row: Model, form: Any, formsets: Iterable[FormSet]) -> dict[str, QuerySet[Any]]:
    """Recorded changes of a row and of the rows within its page: audit events by their label.

    For what is not audited, the admin's own log.
    """
    owners = [(type(row), {"pgh_obj_id": row.pk})]
    owners += [(one.model, {one.fk.attname: row.pk}) for one in formsets]
    found: dict[str, QuerySet[Any]] = {
        events._meta.label_lower: events._default_manager.filter(**owner)
        for model, owner in owners
        for events in getattr(model, "pgh_event_models", {}).values()
    }
    if not found or any(column.name in form.fields for column in row._meta.many_to_many):
        found[LogEntry._meta.label_lower] = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk)
        )
    return found


def _values(form: Any) -> str:
    """What a form shows of the row in the database, without its read-only fields."""
    return repr(
        {
            name: _plain(form.get_initial_for_field(field, name))
            for name, field in form.fields.items()
            if not field.disabled
        }
    )


def _plain(value: Any) -> str:
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, list | tuple | set | QuerySet):  # choices, in no particular order
        return str(sorted(_plain(one) for one in value))
    return str(value)


def _salt(row: Model) -> str:
    return f"{VERSION}:{row._meta.label_lower}:{row.pk}"
