"""Labels of brands and campaigns: shown in lists and on pages, put on and taken off."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import pghistory
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ads.admin.actions import BACK, IDS, undo_button, way_back
from ads.admin.elements import NOTHING, AdminMixin, column, counted, is_number, picked
from ads.admin.team.filters import LABEL
from ads.models import Label
from ads.services import visible
from ads.services.team import InvalidLabel, labels


def label_badge(name: str, color: str) -> SafeString:
    return format_html('<span class="ads-badge ads-label ads-label-{}">{}</span>', color, name)


def label_badges(row: Any) -> SafeString | str:
    """The labels of a row that has been given ``its_labels``."""
    if not row.its_labels:
        return format_html('<span class="ads-none">{}</span>', NOTHING)
    address = f"admin:ads_{row._meta.model_name}_changelist"
    links: Iterable[tuple[str, SafeString]] = (
        (picked(address, **{LABEL: str(one.pk)}), label_badge(one.name, one.color))
        for one in row.its_labels
    )
    badges = format_html_join(" ", '<a href="{}">{}</a>', links)
    return format_html('<span class="ads-many">{}</span>', badges)


class LabelForm(forms.Form):
    label = forms.ModelChoiceField(
        Label.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label="Choose a label",
    )
    new = forms.CharField(
        label="Or a new label",
        required=False,
        max_length=50,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def __init__(self, choices: QuerySet[Label], data: Any = None, *, may_add: bool) -> None:
        super().__init__(data)
        field: Any = self.fields["label"]
        field.queryset = choices
        if not may_add:
            del self.fields["new"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        label, new = cleaned.get("label"), cleaned.get("new")
        if bool(label) == bool(new):
            self.add_error("label", "Choose a label." if not label else "Choose one, or write one.")
        elif new:
            try:
                cleaned["label"] = labels.named(new)
            except InvalidLabel as error:
                self.add_error("new", str(error))
        return cleaned


class Labeled(AdminMixin[Any]):
    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, f"ads_{self.opts.model_name}"
        return [
            path(
                "<int:object_id>/label/",
                require_POST(view(self.label_one)),
                name=f"{name}_label_one",
            ),
            path("label/<slug:how>/", require_POST(view(self.label_rows)), name=f"{name}_label"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        page = request.resolver_match
        is_page = page is not None and page.url_name == f"ads_{self.opts.model_name}_change"
        return labels.with_labels(rows) if is_page else rows

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if (row := context.get("original")) is not None:
            page = f"admin:ads_{self.opts.model_name}"
            context |= {
                "labels": row.every_label,
                "labels_list": reverse(f"{page}_changelist"),
                "labels_address": reverse(f"{page}_label_one", args=[row.pk]),
                "may_add_label": request.user.has_perm("ads.add_label"),
            }
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    its_labels = column("labels", label_badges)

    @admin.action(description="Add a label …", permissions=["change"])
    def add_label(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_selected(request, "add", queryset)

    @admin.action(description="Remove a label …", permissions=["change"])
    def remove_label(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_selected(request, "remove", queryset)

    def _ask_selected(
        self, request: HttpRequest, how: str, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        listing: Any = self
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: listing.most + 1])
        if listing.are_too_many(request, ids):
            return None
        form = self._label_form(request, how, ids)
        return self._ask_label(request, how, ids, request.get_full_path(), form)

    def _label_form(
        self, request: HttpRequest, how: str, ids: Sequence[int], data: Any = None
    ) -> LabelForm:
        every = visible.rows(Label.objects.order_by("name"))
        choices = every if how == "add" else labels.on_any(self.model, ids)
        may_add = how == "add" and request.user.has_perm("ads.add_label")
        return LabelForm(choices, data, may_add=may_add)

    def _ask_label(
        self, request: HttpRequest, how: str, ids: Sequence[int], back: str, form: LabelForm
    ) -> HttpResponse:
        listing: Any = self
        called, verb = listing.called(ids), how.capitalize()
        to = "to" if how == "add" else "from"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{verb} a label {to} {called}",
            "form": form,
            "address": reverse(f"admin:ads_{self.opts.model_name}_label", args=[how]),
            "hidden": [(IDS, ",".join(map(str, ids))), (BACK, back)],
            "back": back,
            "yes": f"{verb} the label",
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "ads/admin/label_rows.html", context)

    def label_rows(self, request: HttpRequest, how: str) -> HttpResponse:
        """Add a label to the rows that were selected, or remove it from them."""
        listing: Any = self
        if how not in ("add", "remove") or not self.has_change_permission(request):
            raise Http404
        ids = sorted({int(one) for one in request.POST.get(IDS, "").split(",") if is_number(one)})
        listing.refuse_others(ids)
        back = way_back(request, reverse(f"admin:ads_{self.opts.model_name}_changelist"))
        if not ids or listing.are_too_many(request, ids):
            return HttpResponseRedirect(back)
        form = self._label_form(request, how, ids, request.POST)
        if not form.is_valid():
            return self._ask_label(request, how, ids, back, form)
        self._do(request, how, ids, form.cleaned_data["label"], back)
        return HttpResponseRedirect(back)

    def label_one(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).first()
        if row is None or not self.has_change_permission(request, row):
            raise Http404
        how = "remove" if "remove" in request.POST else "add"
        form = self._label_form(request, how, [object_id], request.POST)
        page = reverse(f"admin:ads_{self.opts.model_name}_change", args=[object_id])
        if form.is_valid():
            self._do(request, how, [object_id], form.cleaned_data["label"], page)
        else:
            for errors in form.errors.values():
                messages.error(request, " ".join(map(str, errors)))
        return HttpResponseRedirect(page)

    def _do(
        self, request: HttpRequest, how: str, ids: Sequence[int], label: Label, back: str
    ) -> None:
        do = labels.put_on if how == "add" else labels.take_off
        what = partial(counted, one=str(self.opts.verbose_name))
        with pghistory.context() as context:
            done = do(self.model, ids, label)
        did = "Added" if how == "add" else "Removed"
        to = "to" if how == "add" else "from"
        said = f"{did} the label “{label}” {to} {what(done)}." if done else "Nothing changed."
        if left := len(ids) - done:
            had = "had it already" if how == "add" else "did not have it"
            said += f" {what(left)} {had}."
        undo = undo_button(request, context.id, back) if done else ""
        level = messages.SUCCESS if done else messages.INFO
        messages.add_message(request, level, format_html("{} {}", said, undo))
