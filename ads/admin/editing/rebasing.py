"""Two people edit one row: what the second sends is put on top of what the first has saved.

Three states are compared, field by field: as the page showed it, as it is now, and as it was sent.

- Nobody else changed the field: as it was sent.
- Somebody else did, and the sender left it as it was shown: as it is now.
- Both did, to the same: agreed.
- Both did, to different values: a conflict, which is told instead of being saved.

The rows within a page, such as the windows of a schedule, are one field together: if both changed
some of them, the sender sees them all before they are saved.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import QueryDict

from ads.admin.editing.field_text import in_words
from ads.admin.editing.posted import fill_in, is_missing, names_of, sent
from ads.admin.editing.shown import Shown, Values, plain, value, values_of
from ads.admin.elements import is_number

FormSet = Any


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody else has changed since the page was shown.

    ``field`` is the name of a field; for rows within the page, their formset's prefix.
    """

    field: str
    label: str
    #: "from $5.00 to $8.00", "(added: Evenings)".
    words: str
    #: What the sender entered, in words; "" for rows.
    mine: str = ""


@dataclass(slots=True)
class Rebased:
    """What was sent, on top of what is there now."""

    post: QueryDict
    #: Changed by both, to different values.
    conflicts: list[Change] = field(default_factory=list)
    #: Changed by somebody else alone.
    taken: list[Change] = field(default_factory=list)
    #: The page did not say what it had shown.
    is_unknown: bool = False

    @property
    def refuses(self) -> bool:
        return self.is_unknown or bool(self.conflicts)


def rebase(
    post: QueryDict, shown: Shown | None, form: forms.BaseForm, formsets: Iterable[FormSet]
) -> Rebased:
    """Put ``post`` on top of what ``form`` and ``formsets`` (unbound) have of the rows as they are.

    ``shown``: what the page had said; None: nobody knows.
    """
    rebased = Rebased(post.copy(), is_unknown=shown is None)
    if shown is not None:
        rebase_fields(rebased, shown.fields, form)
        for formset in formsets:
            _rebase_rows(rebased, shown.rows.get(formset.prefix, {}), formset)
    return rebased


def rebase_fields(
    rebased: Rebased, shown: Values, form: forms.BaseForm, *, where: str = ""
) -> None:
    """The fields of one form."""
    for name, now in values_of(form).items():
        bound = form[name]
        # Not to send it is not to empty it: a budget that is missing would be no limit.
        missing = is_missing(bound.field, rebased.post, bound.html_name)
        if name not in shown or missing:  # it could not be changed on the page that was shown
            fill_in(rebased.post, bound, bound.html_name)
        if name not in shown or shown[name] == now:
            continue
        change = Change(
            bound.name,
            f"{where}{bound.label}",
            f"from {in_words(bound.field, shown[name])} to {in_words(bound.field, now)}",
        )
        if missing or not _is_changed(bound.field, shown[name], rebased.post, bound.html_name):
            fill_in(rebased.post, bound, bound.html_name)
            rebased.taken.append(change)
        elif _is_changed(bound.field, now, rebased.post, bound.html_name):
            mine = _sent_in_words(bound, rebased.post)
            rebased.conflicts.append(Change(change.field, change.label, change.words, mine))


def _is_changed(field: forms.Field, since: Any, post: QueryDict, name: str) -> bool:
    """Is what was sent something else than it was?"""
    return field.has_changed(value(since), sent(field, post, name))


def _sent_in_words(bound: forms.BoundField, post: QueryDict) -> str:
    mine = sent(bound.field, post, bound.html_name)
    try:
        return in_words(bound.field, plain(bound.field.to_python(mine)))
    except ValidationError:  # told beside the field
        return str(mine)


def row_values(formset: FormSet) -> dict[str, Values]:
    """What a formset shows of its rows, by primary key."""
    return {
        str(form.instance.pk): values_of(form, leaving_out=_of_the_formset(formset))
        for form in formset.initial_forms
        if form.instance.pk is not None
    }


def _of_the_formset(formset: FormSet) -> frozenset[str]:
    """Fields that the formset adds to each row."""
    key = formset.model._meta.pk.name
    parent = getattr(formset, "fk", None)
    return frozenset({key, DELETION_FIELD_NAME, *([parent.name] if parent else [])})


def _rebase_rows(rebased: Rebased, shown: dict[str, Values], formset: FormSet) -> None:
    now = row_values(formset)
    if shown == now:
        return
    mine = _Sent(rebased.post, formset, shown)
    rows = [_Row(form) for form in formset.initial_forms]
    theirs = _in_words_of_rows(formset, shown, now)
    change = Change(
        formset.prefix, str(formset.model._meta.verbose_name_plural).capitalize(), theirs
    )
    if not mine.is_changed:
        rebased.taken.append(change)
    else:
        merged = mine.on_top_of(rows, now)
        if merged is None:
            rows = [_Row(form) for form in formset.initial_forms]
        else:
            rows = merged
            rebased.conflicts.append(change)
    _write(rebased.post, formset, rows)


@dataclass(slots=True)
class _Row:
    """A row as it goes into the page: as it is, but ``names`` as they were sent at ``index``."""

    form: Any
    index: int | None = None
    names: frozenset[str] = frozenset()
    is_deleted: bool = False


class _Sent:
    """The rows of one formset as they were sent."""

    def __init__(self, post: QueryDict, formset: FormSet, shown: dict[str, Values]) -> None:
        self._post = post
        self._formset = formset
        self._blank = formset.empty_form
        self._names = [name for name in self._blank.fields if name not in _of_the_formset(formset)]
        initial, total = (_number(post, formset, key) for key in ("INITIAL_FORMS", "TOTAL_FORMS"))
        self.changed: dict[str, tuple[int, frozenset[str]]] = {}
        self.deleted: set[str] = set()
        self.added: list[int] = []
        blank = values_of(self._blank)
        for index in range(total):
            pk = post.get(f"{formset.prefix}-{index}-{formset.model._meta.pk.name}", "")
            is_deleted = bool(post.get(f"{formset.prefix}-{index}-{DELETION_FIELD_NAME}"))
            if index < initial and pk in shown:
                names = self._changed(index, shown[pk])
                if is_deleted:
                    self.deleted.add(pk)
                elif names:
                    self.changed[pk] = (index, names)
            elif index >= initial and not is_deleted and self._changed(index, blank):
                self.added.append(index)

    @property
    def is_changed(self) -> bool:
        return bool(self.changed or self.deleted or self.added)

    def _changed(self, index: int, since: Values) -> frozenset[str]:
        return frozenset(
            name
            for name in self._names
            if name in since
            and _is_changed(
                self._blank.fields[name], since[name], self._post, self._name(index, name)
            )
        )

    def _name(self, index: int, name: str) -> str:
        return f"{self._formset.prefix}-{index}-{name}"

    def on_top_of(self, rows: list[_Row], now: dict[str, Values]) -> list[_Row] | None:
        """The rows as they are now with what was sent on top; None: it says what is there now."""
        differs = False
        for row in rows:
            pk = str(row.form.instance.pk)
            row.is_deleted = pk in self.deleted
            differs |= row.is_deleted
            if pk in self.changed:
                row.index, row.names = self.changed[pk]
                differs |= bool(self._changed(row.index, now[pk]))
        gone = [index for pk, (index, _) in self.changed.items() if pk not in now]
        everything = frozenset(self._names)
        for index in [*gone, *self.added]:
            if not any(not self._changed(index, values) for values in now.values()):
                rows.append(_Row(self._blank, index, everything))
                differs = True
        return rows if differs else None


def _number(post: QueryDict, formset: FormSet, name: str) -> int:
    """How many rows the page says it has; no more than a formset reads."""
    text = post.get(f"{formset.prefix}-{name}", "")
    return min(int(text), formset.absolute_max) if is_number(text) else 0


def _write(post: QueryDict, formset: FormSet, rows: list[_Row]) -> None:
    """Say in ``post`` that these are the formset's rows, those that exist first."""
    prefix = formset.prefix
    before = post.copy()
    for name in [name for name in post if name.startswith(f"{prefix}-")]:
        if name.removeprefix(f"{prefix}-").partition("-")[0].isdecimal():
            del post[name]
    post[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
    post[f"{prefix}-INITIAL_FORMS"] = str(sum(row.form.instance.pk is not None for row in rows))
    for index, row in enumerate(rows):
        for bound in row.form:
            name = f"{prefix}-{index}-{bound.name}"
            if bound.name == DELETION_FIELD_NAME:
                if row.is_deleted:
                    post[name] = "on"
            elif bound.name in row.names:
                parts = names_of(bound.field.widget, f"{prefix}-{row.index}-{bound.name}")
                for part, source in zip(names_of(bound.field.widget, name), parts, strict=True):
                    if source in before:
                        post.setlist(part, before.getlist(source))
            else:
                fill_in(post, bound, name)


def _in_words_of_rows(formset: FormSet, shown: dict[str, Values], now: dict[str, Values]) -> str:
    """What became of the rows: "(added: Evenings; removed: Monday, 09:00, 17:00)"."""
    fields = formset.empty_form.fields

    def row(values: Values) -> str:
        return ", ".join(in_words(fields[name], one) for name, one in values.items() if one != "")

    changed = [pk for pk in shown if pk in now and shown[pk] != now[pk]]
    parts = {
        "added": [row(values) for pk, values in now.items() if pk not in shown],
        "changed": [f"{row(shown[pk])} to {row(now[pk])}" for pk in changed],
        "removed": [row(values) for pk, values in shown.items() if pk not in now],
    }
    told = (f"{what}: {' and '.join(rows)}" for what, rows in parts.items() if rows)
    return f"({'; '.join(told)})"
