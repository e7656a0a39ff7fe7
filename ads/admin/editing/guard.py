"""Two people on one page: the second sees what the first changed before anything is saved.

Each page carries the version it shows. On saving, the row and the rows within the page are locked
and compared with that version. Columns written by the system are on no form, and so no conflict.
"""

import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from ads.admin.editing.conflict import Conflict, with_current_rows
from ads.admin.editing.version import VERSION, Version
from ads.admin.elements import AdminMixin
from ads.services import locks


class _EditForm(forms.BaseForm):
    """Mixed into the form of a row that exists."""

    conflict: Conflict | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            return
        for name, field in self.fields.items():
            # A missing field stays as it is: a missing budget would mean no limit.
            if field.widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name)):
                field.disabled = True
        if self.conflict:
            self.conflict.show_current(self)

    def clean(self) -> Any:
        cleaned = super().clean()
        for name, sentences in self.conflict.errors.items() if self.conflict else ():
            self.add_error(name, sentences)
        return cleaned


class GuardsEdits(AdminMixin[Any]):
    """Pages of rows that several people may edit at the same time."""

    change_form_template = "ads/admin/change_form.html"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, *args, **kwargs)
        with transaction.atomic():
            self._compare(request, unquote(object_id))
            return super().changeform_view(request, object_id, *args, **kwargs)

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
        if not change:
            return form
        conflict = getattr(request, "conflict", None)
        edited = type(form)(form.__name__, (_EditForm, form), {"conflict": conflict})
        edited.base_fields = form.base_fields  # the metaclass would make them anew
        return edited

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        if conflict := getattr(request, "conflict", None) if request.method == "POST" else None:
            for formset in formsets:
                for form in formset.initial_forms:
                    if conflict.show_current(form):  # of a row that was not on the page
                        form._errors, form.cleaned_data = {}, form.initial  # noqa: SLF001
                # The page pairs rows with forms to title them.
                formset._queryset = [form.instance for form in formset.initial_forms]  # noqa: SLF001
        return formsets, inlines

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None and request.method == "POST":
            # Nothing was saved: the heading shows the row's name in the database.
            row = self.get_object(request, str(row.pk))
            context |= {"original": row, "subtitle": str(row)}
        if row is not None and self.has_change_permission(request, row):
            version = getattr(request, "version", None)
            if version is None:
                inlines = context["inline_admin_formsets"]
                formsets = [one.formset for one in inlines if one.has_change_permission]
                version = Version.of(row, context["adminform"].form, formsets)
            context[VERSION] = version.sealed(row)
        return super().render_change_form(request, context, *args, **kwargs)

    def _compare(self, request: HttpRequest, pk: str) -> None:
        """Lock the row and the rows within its page, and note on ``request`` any conflict."""
        row = self.get_object(request, pk)
        if row is None or not self.has_change_permission(request, row):
            return
        locks.edited(
            self.model._default_manager.filter(pk=row.pk),
            *(
                one.model._default_manager.filter(**{one.fk.name: row})
                for one in self._formsets(request, row)
            ),
        )
        row = self.get_object(request, pk)  # as it is now
        if row is None:
            return
        form, formsets = self._form(request, row), self._formsets(request, row)
        request.version = Version.of(row, form, formsets)  # type: ignore[attr-defined]
        shown = Version.unsealed(request.POST.get(VERSION, ""), row)
        if shown and shown.fingerprint == request.version.fingerprint:  # type: ignore[attr-defined]
            return
        sent = self._formsets(request, row, method="POST")
        if shown and not any(
            one.has_changed() for one in [self._form(request, row, request.POST), *sent]
        ):
            return  # it is so already, as after a double click
        conflict = Conflict(request, row, form, formsets, shown)
        if shown:
            self.message_user(request, conflict.summary(), messages.ERROR)
        request.POST = post = request.POST.copy()  # type: ignore[assignment]
        for formset in sent:
            with_current_rows(post, formset)
        request.conflict = conflict  # type: ignore[attr-defined]

    def _form(self, request: HttpRequest, row: Model, data: Any = None) -> Any:
        """The page's form of the row as it is now."""
        fields = flatten_fieldsets(self.get_fieldsets(request, row))
        form = self.get_form(request, row, change=True, fields=fields)
        return form(data, instance=copy.copy(row))

    def _formsets(self, request: HttpRequest, row: Model, method: str = "GET") -> list[Any]:
        """Those of the rows within the page that may be edited; as they are now, or as sent."""
        asked = copy.copy(request)
        asked.method = method
        formsets, inlines = self._create_formsets(asked, row, change=True)
        return [
            formset
            for formset, inline in zip(formsets, inlines, strict=True)
            if inline.has_change_permission(request, row)
        ]
