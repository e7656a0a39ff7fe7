"""Every page of the site, found where the site itself knows of it: a new page is in by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ads.admin.base import ReadOnlyAdmin

#: What the admin makes for each model. The last three are of one row.
STANDARD: Final = ("changelist", "add", "change", "history", "delete")
OF_A_ROW: Final = STANDARD[2:]

#: Addresses at which there is no page to look at, and why.
NO_PAGES: Final = {
    "second_factor": "leads elsewhere unless a code is missing",
    "admin:search": "part of a page",
    "admin:logout": "only posted to",
    "admin:autocomplete": "JSON",
    "admin:jsi18n": "a script",
    "admin:view_on_site": "leads elsewhere; no model here has such a page",
    "admin:ads_deliverychange_live": "part of a page",
    "admin:ads_campaign_new_correction": "leads to the ledger's page of new corrections",
    "admin:ads_unknownreference_candidates": "JSON",
    "admin:ads_daypartingschedule_preview": "JSON, part of a page",
    "admin:ads_spendimport_progress": "JSON",
    "admin:ads_spendimport_refused": "a file",
    "admin:django_celery_beat_periodictask_runs": "part of a page",
    "admin:django_celery_beat_periodictask_run": "only posted to",
    "admin:ads_spendimport_confirm": "only posted to",
    "admin:ads_campaign_act": "only posted to",
    "admin:ads_campaign_label": "only posted to",
    "admin:ads_campaign_label_one": "only posted to",
    "admin:ads_campaign_note": "only posted to",
    "admin:ads_brand_label": "only posted to",
    "admin:ads_brand_label_one": "only posted to",
    "admin:ads_brand_note": "only posted to",
    "saved_view": "leads to a list",
    "choose_columns": "leads to a list",
    "save_view": "only posted to",
    "change_view": "only posted to",
    "admin:ads_connection_connected": "leads elsewhere; platforms send people back to it",
    "admin:ads_campaign_act_on_one": "only posted to",
    "admin:ads_campaign_undo": "only posted to",
    "admin:ads_brand_act": "only posted to",
    "admin:ads_spendimport_cancel": "only posted to",
    "admin:ads_spendimport_create": "only posted to",
}
#: Ends of the addresses of exports.
FILES: Final = ("_export_csv", "_download_setup")
#: The API answers with JSON, and an export with a file.
NO_PAGES_LIKE: Final = ("api-1:", *FILES)

#: The token of a shared report, which ads/tests/browser/world.py makes.
SHARED: Final = "the-token-of-a-shared-report-in-tests-alone"

#: Arguments of addresses that have others than a row's key.
ARGUMENTS: Final[dict[str, list[str]]] = {
    "admin:app_list": ["ads"],
    "api-1:openapi-view": [],
    "shared_report": [SHARED, "/"],
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page by the name of its address; ``model`` when it is of one row."""

    name: str
    model: type[Model] | None = None

    def url(self) -> str:
        """Its address; for the page of a row, the first row's."""
        if self.model is None:
            return reverse(self.name, args=ARGUMENTS.get(self.name))
        row = self.model._default_manager.order_by("pk").first()
        if row is None:
            pytest.fail(f"Add a {self.model._meta.label} to ads/tests/browser/world.py.")
        return reverse(self.name, args=[row.pk])

    def __str__(self) -> str:
        return self.name.removeprefix("admin:")


def address(model: type[Model], page: str) -> str:
    """The name of the address of a model's page."""
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def pages() -> list[Page]:
    """Every page that somebody who may do everything can open."""
    return [*_standard(), *(page for page in _others() if page is not None)]


def looks() -> list[Page]:
    """The pages without those that look like another: one for each way in which pages are drawn.

    One class draws the lists and entries of all audit logs, and one template what is asked before
    rows are deleted.
    """
    drawn_by = {
        address(model, name): (name, _drawn_by(page, name))
        for model, page in admin.site._registry.items()
        for name in STANDARD
    }
    first: dict[object, Page] = {}
    for page in pages():
        first.setdefault(drawn_by.get(page.name, page), page)
    return list(first.values())


def _drawn_by(page: Any, name: str) -> object:
    templates = {
        "delete": page.delete_confirmation_template,
        "history": page.object_history_template,
    }
    return templates.get(name, type(page))


def exports() -> list[Page]:
    """Addresses that lists are taken away from as files."""
    names = [name for name, _ in _addresses(get_resolver().url_patterns)]
    return [Page(name) for name in names if name.endswith(FILES)]


def addresses() -> list[tuple[str, set[str]]]:
    """The name of every address with the names of its arguments, whether a page or not."""
    return list(_addresses(get_resolver().url_patterns))


def undecided() -> list[str]:
    """Addresses of which nobody said whether there is a page, or with which arguments."""
    return [name for name, page in zip(_other_names(), _others(), strict=True) if page is None]


def _standard() -> Iterator[Page]:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)
    for model, page in admin.site._registry.items():
        may_view = page.has_view_permission(request)
        offered = {
            "changelist": may_view,
            "add": page.has_add_permission(request),
            "change": may_view,
            "history": may_view and has_a_history_page(page),
            "delete": page.has_delete_permission(request),
        }
        for name in STANDARD:
            if offered[name]:
                yield Page(address(model, name), model if name in OF_A_ROW else None)


def has_a_history_page(page: Any) -> bool:
    """Whether Django shows its log of a row, because the row's own page has no history."""
    anchor: str = getattr(page, "history_anchor", "")
    return not (anchor or isinstance(page, ReadOnlyAdmin))


def _others() -> Iterator[Page | None]:
    for name, arguments in _other_names().items():
        model = _model_of(name)
        if name in ARGUMENTS or not arguments:
            yield Page(name)
        elif model and len(arguments) == 1:
            yield Page(name, model)
        else:
            yield None


def _other_names() -> dict[str, set[str]]:
    standard = {address(model, name) for model in admin.site._registry for name in STANDARD}
    return {
        name: arguments
        for name, arguments in _addresses(get_resolver().url_patterns)
        if name in ARGUMENTS
        or not (
            name in standard
            or name in NO_PAGES
            or name.startswith(NO_PAGES_LIKE)
            or name.endswith(NO_PAGES_LIKE)
        )
    }


def _model_of(name: str) -> type[Model] | None:
    """The model whose pages an address is among: the one with the longest name that fits."""
    fitting = [model for model in admin.site._registry if name.startswith(address(model, ""))]
    return max(fitting, key=lambda model: len(address(model, "")), default=None)


def _addresses(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, set[str]]]:
    """The name of each address, and the names of its arguments."""
    for found in patterns:
        if isinstance(found, URLResolver):
            inner = f"{namespace}{found.namespace}:" if found.namespace else namespace
            yield from _addresses(found.url_patterns, inner)
        elif isinstance(found, URLPattern) and found.name:
            regex = found.pattern.regex
            yield namespace + found.name, set(regex.groupindex)
