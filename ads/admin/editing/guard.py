"""Two people on one page: the second is told what the first has saved, and nothing is lost.

Each page says, sealed, what it showed. On saving, the row and those within the page are locked and
compared with that (:mod:`ads.admin.editing.rebasing`). Columns that the system writes are on no form, so what it does
in between is no conflict.
"""

import copy
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from ads.admin.editing.messages import UNKNOWN, Author, refusal, summary, taken
from ads.admin.editing.rebasing import Rebased, rebase, row_values
from ads.admin.editing.shown import AS_SHOWN, Shown, values_of
from ads.services import locks

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class _ToldForm(forms.BaseForm):
    """Mixed into a form whose edit is refused: what somebody else did stands beside the field."""

    told: dict[str, str]

    def clean(self) -> Any:
        cleaned = super().clean()
        for name, sentence in self.told.items():
            self.add_error(name if name in self.fields else None, sentence)
        return cleaned


class GuardsEdits(_Admin):
    """Pages of rows that several people may edit at the same time."""

    change_form_template = "ads/admin/change_form.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            if rebased := self._rebased(request, object_id):
                request.POST = rebased.post  # type: ignore[assignment]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        # In the order of an edit: the row, then what belongs to it.
        locks.edited(self.model._default_manager.filter(pk=obj.pk))
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        locks.edited(self.model._default_manager.filter(pk__in=ids))
        super().delete_queryset(request, queryset)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        told = getattr(request, "told_of_edit", None)
        return type(form)(form.__name__, (_ToldForm, form), {"told": told}) if told else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None and request.method == "POST":
            # What was sent was not saved: the heading calls the row what it is still called.
            row = self.get_object(request, str(row.pk))
            context |= {"original": row, "subtitle": str(row)}
        if row is not None and self.has_change_permission(request, row):
            rows = {
                inline.formset.prefix: row_values(inline.formset)
                for inline in context["inline_admin_formsets"]
                if inline.has_change_permission
            }
            shown = Shown(values_of(context["adminform"].form), rows)
            context[AS_SHOWN] = shown.sealed(page_of(row))
        return super().render_change_form(request, context, *args, **kwargs)

    def _rebased(self, request: HttpRequest, object_id: str) -> Rebased | None:
        """What was sent, on top of what is there once the rows are locked.

        None where there is nothing to be saved.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row):
            return None
        within = self._formsets(request, row)
        locks.edited(
            self.model._default_manager.filter(pk=row.pk),
            *(one.model._default_manager.filter(**{one.fk.name: row}) for one in within),
        )
        row = self.get_object(request, unquote(object_id))  # as it is now
        if row is None:
            return None
        formsets = self._formsets(request, row)
        shown = Shown.unsealed(request.POST.get(AS_SHOWN, ""), page_of(row))
        rebased = rebase(request.POST, shown, self._form(request, row), formsets)
        author = Author(request, row, formsets)
        if rebased.refuses:
            request.told_of_edit = {  # type: ignore[attr-defined]
                change.field: refusal(change, author) for change in rebased.conflicts
            } or {"": UNKNOWN}
            if rebased.conflicts:
                told = summary(request, rebased.conflicts, author)
                self.message_user(request, told, messages.ERROR)
        if rebased.taken:
            self.message_user(request, taken(rebased.taken, author), messages.WARNING)
        return rebased

    def _form(self, request: HttpRequest, row: Model) -> Any:
        """The page's form as somebody would see it who opened it now."""
        fields = flatten_fieldsets(self.get_fieldsets(request, row))
        return self.get_form(request, row, change=True, fields=fields)(instance=row)

    def _formsets(self, request: HttpRequest, row: Model) -> list[Any]:
        """Those of the rows within the page that may be edited."""
        opening = copy.copy(request)
        opening.method = "GET"
        formsets, inlines = self._create_formsets(opening, row, change=True)  # type: ignore[attr-defined]
        return [
            formset
            for formset, inline in zip(formsets, inlines, strict=True)
            if inline.has_change_permission(request, row)
        ]


def page_of(row: Model) -> str:
    """What a page's hidden field is sealed for."""
    return f"{row._meta.label_lower}:{row.pk}"
