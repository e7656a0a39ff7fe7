"""The console's pages, as found in the site itself, and its lists with every filter and order."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.contrib.auth.models import User
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db.models import Count, Model
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from ads.admin.campaigns.changelist import ROWS_VAR
from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    DaypartingSchedule,
    Spend,
    SpendTotal,
)
from ads.tests import site_map

#: How many choices of a filter are tried.
CHOICES: Final = 12
SECOND: Final = 2
TENTH: Final = 10

#: Searches per list; other lists are searched for a word that matches nothing.
SEARCHES: Final = {
    "ads_campaign": ["Spring sale", "4711", "nowhere"],
    "ads_brand": ["Brand 7", "nowhere"],
    "ads_spend": ["Spring sale", "entry-4711", "nowhere"],
    "ads_deliverychange": ["Spring sale", "user-7", "nowhere"],
    "ads_spendtotal": ["Brand 7", "nowhere"],
}


@dataclass(frozen=True, slots=True)
class Address:
    """One address, and texts that must be on its page."""

    name: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    says: tuple[str, ...] = ()
    post: dict[str, Any] = field(default_factory=dict, hash=False)
    #: A description of the posted form.
    about: str = ""

    def __str__(self) -> str:
        asked = f"{'?' if self.parameters else ''}{urlencode(self.parameters)}"
        return f"{self.name}{asked}{f' ({self.about})' if self.about else ''}"

    def ask(self, client: Client) -> Any:
        if self.name == "login":
            client = Client(headers=client.headers)  # nobody's
        full = f"{self.path}?{urlencode(self.parameters)}" if self.parameters else self.path
        return client.post(full, self.post) if self.post else client.get(full)

    def wrong(self, status: int, page: str) -> str:
        """What is wrong with the page, if anything."""
        if status != 200:
            return f"status {status}"
        missing = [text for text in self.says if html.escape(text) not in page]
        return f"no {missing[0]!r} and {len(missing) - 1} more" if missing else ""


def every_address(user: User, wanted: str) -> Iterator[Address]:
    """All pages that match ``wanted`` (a regex), then every list with each filter and order."""
    yield from (one for one in _pages() if re.search(wanted, str(one)))
    for model in admin.site._registry:
        # Finding filters takes queries, so only for lists that may match.
        name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
        if re.search(wanted, name) or "?" in wanted or "=" in wanted:
            yield from (one for one in every_list(user, model) if re.search(wanted, str(one)))


def _pages() -> Iterator[Address]:
    for page in site_map.pages():
        if page.model is None:
            path = reverse(page.name, args=site_map.ARGUMENTS.get(page.name))
            if not page.name.endswith("_changelist"):
                yield Address(str(page), path)
        elif (row := heaviest(page.model)) is not None:
            path = reverse(page.name, args=[row.pk])
            yield Address(
                str(page), path, says=(str(row),) if page.name.endswith("_change") else ()
            )


@cache
def heaviest(model: type[Model]) -> Model | None:
    """The row with the most related rows, or the first."""
    rows = model._default_manager.order_by("pk")
    if model is Brand:
        counted = Campaign.objects.values("brand").annotate(n=Count("pk")).order_by("-n")
        return Brand.objects.get(pk=counted[0]["brand"])
    if model is Campaign:
        # The first of the filled brand; these have the most entries.
        return rows.filter(brand=heaviest(Brand)).first()
    if model is DaypartingSchedule:
        used = CampaignSchedule.objects.values("schedule").annotate(n=Count("pk")).order_by("-n")
        return DaypartingSchedule.objects.get(pk=used[0]["schedule"])
    if model in (Spend, SpendTotal, CampaignReference):
        return rows.filter(campaign=heaviest(Campaign)).last()
    return rows.first()


def every_list(user: User, model: type[Model]) -> Iterator[Address]:
    """A list unfiltered, with each filter and order, with searches, and its tenth page."""
    page = admin.site._registry[model]
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    path = reverse(f"admin:{name}_changelist")
    asked: list[dict[str, str]] = [{}]
    shown = _shown(user, path, page)
    if shown is None:
        return
    for filtered in shown.filter_specs:
        asked += list(_choices(filtered, shown))[:CHOICES]
    for number, column in enumerate(shown.list_display):
        if column in (shown.sortable_by or ()) and shown.get_ordering_field(column):
            asked += [{ORDER_VAR: str(number)}, {ORDER_VAR: f"-{number}"}]
    if page.get_search_fields(shown.model_admin):  # type: ignore[arg-type]
        asked += [{SEARCH_VAR: text} for text in SEARCHES.get(name, ["nowhere"])]
    asked += [{PAGE_VAR: str(n)} for n in (SECOND, TENTH) if shown.paginator.num_pages >= n]
    asked += [{ROWS_VAR: str(count)} for count, *_ in getattr(shown, "rows_choices", ())]
    for parameters in asked:
        yield Address(f"{name}_changelist", path, tuple(parameters.items()))


def _shown(user: User, path: str, page: "ModelAdmin[Any]") -> ChangeList | None:
    """The list as its page has it; None where even a superuser has no permission."""
    request = RequestFactory().get(path)
    request.user = user
    request.session = {}  # type: ignore[assignment]
    setattr(request, "_messages", FallbackStorage(request))  # noqa: B010 - where Django looks
    request.resolver_match = resolve(path)
    if not page.has_view_permission(request):
        return None
    return page.get_changelist_instance(request)


def _choices(filtered: Any, shown: ChangeList) -> Iterator[dict[str, str]]:
    for choice in filtered.choices(shown):
        if "form" in choice:
            yield from _of_form(choice["form"], filtered)
        elif not choice.get("selected"):
            yield dict(parse_qsl(choice["query_string"].lstrip("?"), keep_blank_values=True))


def _of_form(form: forms.Form, filtered: Any) -> Iterator[dict[str, str]]:
    week = str(date.today() - timedelta(days=7))  # noqa: DTZ011 - any day will do
    first, *rest = form.fields
    if rest and first.endswith("_from"):
        if isinstance(form.fields[first], forms.SplitDateTimeField):
            ends = ((first, "00:00:00"), (rest[0], "23:59:59"))
            yield {f"{name}_{n}": at for name, time in ends for n, at in enumerate((week, time))}
        else:
            value = "0" if isinstance(form.fields[first], forms.FloatField) else week
            yield {first: value, rest[0]: value}
            yield {first: value}
        return
    for name, control in form.fields.items():
        if isinstance(control, forms.ModelChoiceField):
            if row := heaviest(filtered.field.related_model):
                yield {name: str(row.pk)}
        elif isinstance(control, forms.ChoiceField):
            choices: Any = control.choices
            yield from ({name: str(value)} for value, _ in choices if value not in ("", None))
        else:
            yield {name: "google"}
