"""What someone else changed on a page since it was shown: who, when, from what to what."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.admin.models import LogEntry
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Model
from django.http import HttpRequest, QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.editing.version import FormSet, Version, trail
from ads.rules.calendar import format_instant
from ads.services.history import AuditEntry, describe

UNKNOWN: Final = (
    "Nothing was saved: the page did not say which version it showed. Check your changes, and save "
    "again."
)
SOMEONE: Final = "Someone changed this page while you were editing it."

#: Changes of each kind that are listed at most.
MOST: Final = 20


class Conflict:
    """The changes of others that an edit of ``row`` meets.

    ``form`` shows the row as it is now. ``shown`` is the version that was edited; None: unknown.
    """

    def __init__(
        self,
        request: HttpRequest,
        row: Model,
        form: Any,
        formsets: Sequence[FormSet],
        shown: Version | None,
    ) -> None:
        self._request, self._row, self._shown = request, row, shown
        self._trail = trail(row, form, formsets)
        self._who: dict[str, None] = {}
        #: Sentences by field; under :data:`NON_FIELD_ERRORS` those about the rest.
        self.errors: dict[str, list[str]] = {}
        if shown is None:
            self.errors[NON_FIELD_ERRORS] = [UNKNOWN]
            return
        for kind, changes in self._trail.items():
            later = changes.filter(pk__gt=shown.last.get(kind, 0)).order_by("pk")[:MOST]
            if changes.model is LogEntry:
                if not self.errors:
                    for log in later.select_related("user"):
                        who = self._name(log.user.get_username())
                        what = log.get_change_message().rstrip(".")
                        self._add(f"{who} {what[:1].lower()}{what[1:]}", log.action_time)
                continue
            model = changes.model.pgh_tracked_model
            for entry in describe(list(later.select_related("pgh_context"))):
                if model is type(row):
                    self._add_fields(entry, form)
                else:
                    self._add_row(entry, str(model._meta.verbose_name_plural).capitalize())
        if not self.errors:
            self.errors[NON_FIELD_ERRORS] = [SOMEONE]

    def summary(self) -> SafeString:
        """Why nothing was saved, and what to do."""
        return format_html(
            "Nothing was saved: {} changed this page while you were editing it. Fields you edited "
            "keep your values; all others show the current ones. Save again to apply your changes, "
            'or <a class="ads-underlined" href="{}">discard them</a>.',
            " and ".join(self._who) or "someone",
            self._request.get_full_path(),
        )

    def show_current(self, form: Any) -> bool:
        """Make a bound form show current values in the fields that were left as they were shown.

        Returns whether any field was not sent.
        """
        before = self._before(form.instance)
        is_partial = False
        for name, field in form.fields.items():
            column = f"{name}_id" if hasattr(before, f"{name}_id") else name
            is_missing = field.widget.value_omitted_from_data(
                form.data, form.files, form.add_prefix(name)
            )
            is_partial |= is_missing
            if is_missing or (
                hasattr(before, column)
                and not field.has_changed(getattr(before, column), form[name].data)
            ):
                field.bound_data = lambda _, initial: initial
        return is_partial

    def _before(self, row: Model) -> Any:
        """The audit event with ``row`` as it was shown; None: there is none."""
        for events in getattr(row, "pgh_event_models", {}).values():
            kind = events._meta.label_lower
            if self._shown and kind in self._trail:
                shown = self._trail[kind].filter(pgh_obj_id=row.pk)
                shown = shown.filter(pk__lte=self._shown.last.get(kind, 0))
                return shown.order_by("-pk").first()
        return None

    def _add_fields(self, entry: AuditEntry, form: Any) -> None:
        names = {str(column.verbose_name): column.name for column in self._row._meta.fields}
        for change in entry.changes:
            name = names.get(change.label, "")
            if name in form.fields:
                words = f"{self._name(entry.actor)} changed this from {change.old} to {change.new}"
                self._add(words, entry.at, name)

    def _add_row(self, entry: AuditEntry, kind: str) -> None:
        changes = ", ".join(
            f"{one.label} {one.old} → {one.new}" for one in entry.changes if one.old
        )
        words = f"{kind}: {self._name(entry.actor)} {entry.what} {entry.subject}"
        self._add(f"{words} ({changes})" if changes else words, entry.at)

    def _name(self, actor: str) -> str:
        who = "you, in another window," if actor == self._request.user.get_username() else actor
        self._who[who] = None
        return who[:1].upper() + who[1:]

    def _add(self, words: str, at: Any, field: str = NON_FIELD_ERRORS) -> None:
        owner: Any = getattr(self._row, "campaign", self._row)
        when = format_instant(at, getattr(getattr(owner, "brand", owner), "timezone", "UTC"))
        self.errors.setdefault(field, []).append(f"{words}, {when}.")


def with_current_rows(post: QueryDict, formset: FormSet) -> None:
    """Drop posted rows that have been deleted since, and put in those that have been added."""
    start, key = f"{formset.prefix}-", formset.model._meta.pk.name
    shown = [form.instance.pk for form in formset.initial_forms]  # None: deleted
    rows: list[dict[str, list[str]]] = [{} for _ in range(formset.total_form_count())]
    for name in list(post):
        index, dash, field = name.removeprefix(start).partition("-")
        if name.startswith(start) and dash and index.isdecimal() and int(index) < len(rows):
            rows[int(index)][field] = post.pop(name)
    kept = [row for row, pk in zip(rows, shown, strict=False) if pk]
    kept += [{key: [str(one.pk)]} for one in formset.get_queryset() if one.pk not in shown]
    for number, row in enumerate([*kept, *rows[len(shown) :]]):
        for field, values in row.items():
            post.setlist(f"{start}{number}-{field}", values)
    post[f"{start}TOTAL_FORMS"] = str(len(kept) + len(rows) - len(shown))
    post[f"{start}INITIAL_FORMS"] = str(len(kept))
