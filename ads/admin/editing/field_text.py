"""What stands in a form's field, as people read it."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from django import forms

from ads.admin.editing.shown import Plain, value
from ads.admin.elements import MoneyFormField
from ads.rules.money import format_usd

#: In place of what is not there.
EMPTY: Final = "nothing"


def in_words(field: forms.Field, kept: Plain) -> str:
    """A value that :func:`ads.admin.editing.shown.plain` keeps: "$5.00", "Paused", "Evenings"."""
    if kept is None or kept in ("", []):
        return "no limit" if isinstance(field, MoneyFormField) and not field.required else EMPTY
    if isinstance(field, forms.ModelChoiceField):
        return _names(field, kept if isinstance(kept, list) else [kept])
    if isinstance(field, forms.ChoiceField):
        labels = dict(_flat(field.choices))
        several = kept if isinstance(kept, list) else [kept]
        return ", ".join(labels.get(str(one), str(one)) for one in several)
    return _text(value(kept))


def _names(field: Any, keys: list[Any]) -> str:
    name = field.to_field_name or "pk"
    found = {
        str(getattr(row, name)): field.label_from_instance(row)
        for row in field.queryset.filter(**{f"{name}__in": keys})
    }
    return ", ".join(sorted(found.get(str(key), f"#{key} (deleted)") for key in keys))


def _flat(choices: Any) -> list[tuple[str, str]]:
    flat = []
    for key, label in choices:
        if isinstance(label, list | tuple):
            flat += _flat(label)
        else:
            flat.append((str(key), str(label)))
    return flat


def _text(read: Any) -> str:
    if isinstance(read, bool):
        return "yes" if read else "no"
    if isinstance(read, Decimal):
        return format_usd(read)
    if isinstance(read, datetime):
        return f"{read:%Y-%m-%d %H:%M} UTC" if read.utcoffset() is not None else f"{read}"
    if isinstance(read, date | time):
        return read.isoformat() if isinstance(read, date) else f"{read:%H:%M}"
    return ", ".join(map(str, read)) if isinstance(read, list) else str(read)
