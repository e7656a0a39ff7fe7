"""Base classes of the pages: of configuration, and of records that are read-only."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters, get_content_type_for_model
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.functional import cached_property

from ads.admin.base.menu import list_title
from ads.admin.base.narrowing import narrowings, without_any
from ads.admin.base.rows import box
from ads.admin.base.saved_views import NOT_A_CONDITION, SavesViews
from ads.admin.editing import GuardsEdits
from ads.admin.elements import (
    ConfigurationForm,
    CurrencyFormField,
    MoneyFormField,
    TimezoneFormField,
)
from ads.models.fields import CurrencyField, MoneyField, TimezoneField
from ads.services import visible


class Pages(Paginator):  # type: ignore[type-arg]
    """Pages of a list. One that has no rows any more, after an action or a filter, is the last."""

    def validate_number(self, number: Any) -> int:
        return super().validate_number(max(1, min(int(number), self.num_pages)))


if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    import unfold.admin
    import unfold.fields

    # Unfold's classes have no types; they are Django's with another look.
    class ModelAdmin(SavesViews, unfold.admin.ModelAdmin):
        #: What the list shows, in a sentence or two above it.
        about = ""
        #: What the list is called, where the plural of what its rows are called does not do.
        list_title = ""
        list_before_template = "ads/admin/about.html"
        # Counting the rows of each choice takes a minute in a large database.
        show_facets = ShowFacets.NEVER
        # Its template asks for each row; what a class lacks, Django looks for in all it has.
        list_sections = ()
        paginator = Pages
        #: Help for fields whose model has none.
        help_texts: Mapping[str, str] = {}
        #: Where on a row's page its history is; "" for Django's page of its log.
        history_anchor = ""

        def get_queryset(self, request):  # type: ignore[no-untyped-def]
            return visible.rows(super().get_queryset(request))

        def formfield_for_foreignkey(self, db_field, request, **kwargs):  # type: ignore[no-untyped-def]
            return _of_visible(super().formfield_for_foreignkey(db_field, request, **kwargs))

        def _get_obj_does_not_exist_redirect(self, request, opts, object_id):  # type: ignore[no-untyped-def]
            if visible.brand_ids() is not None:
                raise Http404
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)

        @admin.display(description=unfold.admin.ModelAdmin.action_checkbox.short_description)
        def action_checkbox(self, obj):  # type: ignore[no-untyped-def]
            return box(obj)

        def get_form(self, request, obj=None, change=False, **kwargs):  # type: ignore[no-untyped-def]
            form = super().get_form(request, obj, change=change, **kwargs)
            for name in self.help_texts.keys() & form.base_fields.keys():
                form.base_fields[name].help_text = self.help_texts[name]
            form.request = request  # for the links of what is only shown
            return form

        def get_actions(self, request):  # type: ignore[no-untyped-def]
            actions = super().get_actions(request)
            if "delete_selected" in actions:  # Django's own come first, and this one belongs last
                actions["delete_selected"] = actions.pop("delete_selected")
            return actions

        def changelist_view(self, request, extra_context=None):  # type: ignore[no-untyped-def]
            request.list_title = list_title(self.model)  # for the head of the page
            ours = {
                # Of the window; Django's "Select brand to change" says less among many.
                "title": request.list_title,
            }
            return super().changelist_view(request, {**ours, **(extra_context or {})})

        def get_changelist_instance(self, request):  # type: ignore[no-untyped-def]
            try:
                rows = super().get_changelist_instance(request)
            except NOT_A_CONDITION as error:  # typed by hand; Django then leads to the whole list
                self.message_user(request, NOT_UNDERSTOOD, messages.ERROR)
                raise IncorrectLookupParameters from error
            rows.page_num = rows.paginator.validate_number(rows.page_num)
            rows.narrowings = narrowings(rows)
            rows.without_narrowings = without_any(rows)
            if not rows.narrowings:
                # Nothing is filtered, so the head offers no "Show all".
                rows.full_result_count = rows.result_count
            return rows

        def has_history(self, row):  # type: ignore[no-untyped-def]
            """Is there a history to show? Django's log has only what was done in the admin."""
            if self.history_anchor:
                return True
            kind = get_content_type_for_model(self.model)
            return LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).exists()

        def render_change_form(self, request, context, *args, **kwargs):  # type: ignore[no-untyped-def]
            row = context.get("original")
            context["show_history"] = row is not None and self.has_history(row)
            return super().render_change_form(request, context, *args, **kwargs)

        def history_view(self, request, object_id, extra_context=None):  # type: ignore[no-untyped-def]
            if self.history_anchor:
                if self.get_object(request, unquote(object_id)) is None:
                    return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
                return HttpResponseRedirect(f"../change/{self.history_anchor}")
            return super().history_view(request, object_id, extra_context)

        def __class_getitem__(cls, _: object) -> type:
            return cls

    class TabularInline(unfold.admin.TabularInline):
        def formfield_for_foreignkey(self, db_field, request, **kwargs):  # type: ignore[no-untyped-def]
            return _of_visible(super().formfield_for_foreignkey(db_field, request, **kwargs))

        def __class_getitem__(cls, _: object) -> type:
            return cls

    _linked = unfold.fields.UnfoldAdminReadonlyField.get_admin_url

    def _linked_if_permitted(self, remote_field, remote_obj):  # type: ignore[no-untyped-def]
        """Not to a page that is refused: a budget manager's to a channel, say."""
        request = getattr(self.form, "request", None)
        pages = self.model_admin.admin_site._registry.get(remote_field.model)
        if request and pages and not pages.has_view_permission(request):
            return str(remote_obj)
        return _linked(self, remote_field, remote_obj)

    unfold.fields.UnfoldAdminReadonlyField.get_admin_url = _linked_if_permitted


def _of_visible(field: Any) -> Any:
    """A choice among rows: among those that the user may see. What they may not, is no choice."""
    if field is not None and visible.brand_ids() is not None:
        field.queryset = visible.rows(field.queryset)
    return field


NOT_UNDERSTOOD = "This address contains an invalid filter, so the whole list is shown."

__all__ = ["KEPT", "ConfigurationAdmin", "ModelAdmin", "ReadOnlyAdmin", "TabularInline"]

M = TypeVar("M", bound=models.Model)

#: Records that can be paged through; further ones are found by filters.
COUNTED = 10_000


#: Title of the read-only fields, on the pages of existing rows.
KEPT = "Kept by the system"


class ConfigurationAdmin(GuardsEdits, ModelAdmin[M]):
    """Configuration that people edit; enforcement follows when the edit is committed."""

    form = ConfigurationForm
    list_filter_submit = True
    show_full_result_count = False
    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True

    def formfield_for_dbfield(
        self, db_field: "models.Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if isinstance(db_field, MoneyField):
            return db_field.formfield(form_class=MoneyFormField)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        columns = {column.name: column for column in self.model._meta.get_fields()}
        choices: dict[Any, Any] = {
            TimezoneField: TimezoneFormField,
            CurrencyField: CurrencyFormField,
        }
        for name, field in form.base_fields.items():
            if choice := choices.get(type(columns.get(name))):
                form.base_fields[name] = choice(
                    current=getattr(obj, name) if obj else None,
                    label=field.label,
                    help_text=field.help_text,
                    initial=field.initial,
                )
        return form

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj and not self.has_change_permission(request, obj):
            return [
                (title, {**group, "fields": _as_read(group["fields"])})
                for title, group in fieldsets
            ]
        return fieldsets if obj else [group for group in fieldsets if group[0] != KEPT]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Explain when the database refuses what the form could not know.

        Two people can save conflicting rows at the same moment: the same name, or windows that
        overlap.
        """
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            list(messages.get_messages(request))  # reading them drops the "was saved" among them
            self.message_user(
                request,
                "Nothing was saved: it conflicts with what someone else saved at the same moment. "
                f"Look at the present values and try again. ({first_line(error)})",
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())


#: Fields, and what shows them to those who may only read.
_AS_READ = {
    "daily_budget": "daily_limit",
    "monthly_budget": "monthly_limit",
    "account_manager": "manager",
    "total_budget": "total_limit",
}


def _as_read(fields: Any) -> list[Any]:
    return [
        _AS_READ.get(name, name) if isinstance(name, str) else tuple(_as_read(name))
        for name in fields
    ]


def first_line(error: Exception) -> str:
    """The first line of a database error, without the query that follows."""
    return str(error).partition("\n")[0]


class CountedPaginator(Pages):
    """Counts only the first rows, because counting ten million takes seconds."""

    template_name = "ads/admin/pagination.html"
    counted_all = True

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            counted = rows.order_by()[: COUNTED + 1].count()
            self.counted_all = counted <= COUNTED
            return min(counted, COUNTED)
        return len(rows)


class ReadOnlyAdmin(ModelAdmin[M]):
    """Records of the system: read-only."""

    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    paginator = CountedPaginator
    actions: Sequence[str] | None = None
    empty_value_display = "–"
    # Sorting ten million rows without an index takes seconds.
    sortable_by = []

    def get_urls(self) -> list[URLPattern]:
        return [one for one in super().get_urls() if not (one.name or "").endswith("_history")]

    def has_history(self, row: M) -> bool:
        return False  # nobody edits a record

    def search(self, request: HttpRequest, term: str) -> Q | None:
        """The rows that match a search, where ``search_fields`` do not say it; None: they do."""
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        term = search_term.strip()
        matching = self.search(request, term) if term else None
        if matching is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(matching), False

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        return self.fields or self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
