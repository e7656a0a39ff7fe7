"""What Ctrl+K finds: lists, actions, brands, campaigns, platform IDs and schedules."""

from collections.abc import Iterator
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Replace
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.dataclasses import SearchResult

from ads.admin.base.menu import is_audit, list_title, menu, viewable
from ads.admin.elements import address, list_address, may, picked, with_words
from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    DaypartingSchedule,
    Label,
    SpendImport,
)
from ads.rules.platform_ids import spelled
from ads.services import visible
from ads.services.team import saved_views

#: Rows of each kind that are shown.
MOST: Final = 8
#: Shorter texts are looked for in titles alone, and shorter parts of an ID not at all.
SHORTEST_NAME, SHORTEST_ID = 2, 4

_IGNORED: Final = {"a", "an", "of", "the"}


def search(request: HttpRequest, _term: str) -> list[SearchResult]:
    """What fits the text typed, of what the user may see and do."""
    text = request.GET.get("s", "").strip()  # the theme passes it on in lower case
    words = text.lower().split()
    found = [
        result
        for result in (*_lists(request), *_actions(request))
        if all(word in result.title.lower() for word in words if word not in _IGNORED)
    ]
    return found + list(_rows(request, text, words)) if len(text) >= SHORTEST_NAME else found


# Replaces the theme's own search, which finds every model of an application by the latter's name.
admin.site._search_apps = lambda _apps, _term: []  # type: ignore[attr-defined] # noqa: SLF001


_search = admin.site.search  # type: ignore[attr-defined]


def _search_pages(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The theme's search; a page that there is not is told, where the theme's would fail."""
    try:
        return _search(request, *args, **kwargs)  # type: ignore[no-any-return]
    except InvalidPage as error:
        raise BadRequest(f"The results have no such page: {error}") from error


admin.site.search = _search_pages  # type: ignore[attr-defined]


def _lists(request: HttpRequest) -> Iterator[SearchResult]:
    for group in menu(request):
        for item in group["items"]:
            yield SearchResult(
                item["title"], group.get("title", "Page"), item["link"], item["icon"]
            )
    for model in filter(is_audit, viewable(request)):
        yield SearchResult(list_title(model), "Change history", list_address(model), "history")


def _actions(request: HttpRequest) -> Iterator[SearchResult]:
    for model, page in admin.site._registry.items():
        if page.has_add_permission(request):
            title = "Import spend" if model is SpendImport else f"Add {model._meta.verbose_name}"
            yield SearchResult(title, "Action", reverse(address(model, "add")), "add")
        if not page.has_view_permission(request):
            continue
        buttons = page.get_actions_list(request)  # type: ignore[attr-defined]
        for button in buttons:
            link = reverse(f"admin:{button.action_name}")
            title = _of_list(model, button.description)
            yield SearchResult(title, "Action", link, button.icon or "arrow_forward")
        actions: dict[str, Any] = page.get_actions(request)
        for name, (_, _, title) in actions.items():
            if name not in ("delete_selected", "export_selected"):
                yield SearchResult(
                    _of_list(model, title.removesuffix(" …")),
                    "Select rows in the list, then choose the action",
                    list_address(model),
                    "checklist",
                )


def _of_list(model: type[Model], title: str) -> str:
    return f"{list_title(model)}: {title[:1].lower()}{title[1:]}"


def _rows(request: HttpRequest, text: str, words: list[str]) -> Iterator[SearchResult]:
    if may(request, Campaign, "view"):
        for reference in _references(text):
            yield _row(
                reference.campaign,
                f"Campaign of {reference.campaign.brand} with the platform ID {reference}",
                "link",
            )
    if may(request, Brand, "view"):
        for brand in visible.rows(Brand.objects.filter(_named(words))).order_by("name")[:MOST]:
            yield _row(brand, "Brand", "storefront")
    if may(request, Campaign, "view"):
        # The newest first, which need no sorting: reading ends with the last that is shown.
        campaigns = visible.rows(Campaign.objects.filter(_named(words))).select_related("brand")
        for campaign in campaigns.order_by("-pk")[:MOST]:
            yield _row(campaign, f"Campaign of {campaign.brand}", "campaign")
    if may(request, DaypartingSchedule, "view"):
        schedules = visible.rows(DaypartingSchedule.objects.filter(_named(words)))
        for schedule in schedules.order_by("name")[:MOST]:
            yield _row(schedule, "Schedule", "schedule")
    yield from _of_team(request, words)


def _of_team(request: HttpRequest, words: list[str]) -> Iterator[SearchResult]:
    """Labels, which lead to what has them, and saved views."""
    if may(request, Label, "view") and may(request, Campaign, "view"):
        for label in visible.rows(Label.objects.filter(_named(words))).order_by("name")[:MOST]:
            link = picked("admin:ads_campaign_changelist", label=str(label.pk))
            yield SearchResult(label.name, "Campaigns with this label", link, "label")
    pages = {model._meta.label_lower: model for model in viewable(request)}
    for view in saved_views.named(request.user, words)[:MOST]:
        if view.list_name in pages:
            link = reverse("saved_view", args=[view.pk])
            title = list_title(pages[view.list_name])
            yield SearchResult(view.name, f"Saved view of {title.lower()}", link, "bookmark")


def _row(row: Any, description: str, icon: str) -> SearchResult:
    link = reverse(address(type(row), "change"), args=[row.pk])
    return SearchResult(str(row), description, link, icon)


def _named(words: list[str]) -> Q:
    return with_words(words, "name")


def _references(text: str) -> QuerySet[CampaignReference]:
    """Platform IDs that begin with the text; dashes do not matter, nor does the case."""
    plain = spelled(text).replace("-", "")
    if len(plain) < SHORTEST_ID or not any(character.isdigit() for character in plain):
        return CampaignReference.objects.none()
    return (
        visible.rows(CampaignReference.objects.all())
        .alias(plain=Replace("reference", Value("-")))
        .filter(plain__istartswith=plain)
        .select_related("campaign__brand")
        .order_by("pk")[:MOST]
    )
