"""What a page showed of what it lets people change: kept in the page, to be compared on saving."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core import signing
from django.db.models import Model, QuerySet

#: Name of the hidden field.
AS_SHOWN: Final = "as_shown"

#: A value as JSON has it; where JSON has no such type, an object with the type's one name.
Plain = Any
Values = dict[str, Plain]


@dataclass(frozen=True, slots=True)
class Shown:
    """Values of fields by name; and of the rows within the page, by prefix and primary key."""

    fields: Values = field(default_factory=dict)
    rows: dict[str, dict[str, Values]] = field(default_factory=dict)

    def sealed(self, of: str) -> str:
        """As text that nobody else can make, for the page ``of`` something."""
        return signing.dumps([self.fields, self.rows], salt=_salt(of), compress=True)

    @classmethod
    def unsealed(cls, text: str, of: str) -> "Shown | None":
        """The same back; None: it is missing, made up, or of another page."""
        try:
            return cls(*signing.loads(text, salt=_salt(of)))
        except signing.BadSignature:
            return None


def _salt(of: str) -> str:
    return f"ads.admin.editing.shown:{of}"


def values_of(form: forms.BaseForm, *, leaving_out: frozenset[str] = frozenset()) -> Values:
    """What a form shows of the row as it is in the database, also if something was posted to it.

    Without what nobody can change on it.
    """
    return {
        name: plain(form.get_initial_for_field(field, name))
        for name, field in form.fields.items()
        if not field.disabled and name not in leaving_out
    }


def plain(value: Any) -> Plain:
    """A field's value, so that two are equal if they mean the same."""
    if isinstance(value, Decimal):
        return {"decimal": format(value.normalize(), "f")}
    for kind in (datetime, date, time):  # a datetime is a date too
        if isinstance(value, kind):
            return {kind.__name__: value.isoformat()}
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list | tuple | set | QuerySet):  # of choices, in no order that matters
        return sorted((plain(one) for one in value), key=str)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


_READ: Final[dict[str, Any]] = {
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


def value(kept: Plain) -> Any:
    """The value of which this is :func:`plain`; of rows, their keys."""
    if isinstance(kept, dict):
        ((kind, text),) = kept.items()
        return _READ[kind](text)
    return kept
