"""The menu of the admin."""

from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from ads.admin.elements import list_address
from ads.services import visible
from ads.services.references import unmatched

admin.site.index_title = "Overview"
admin.site.index_template = "ads/admin/index.html"

_app_list = admin.site.get_app_list


def _apps_of_page(request: HttpRequest, app_label: str | None = None) -> list[Any]:
    """What Django lists on the page of one app; on all others, the menu takes its place."""
    return [] if app_label is None else _app_list(request, app_label)


admin.site.get_app_list = _apps_of_page  # type: ignore[method-assign]

#: The menu counts no further.
MOST_COUNTED: Final = 99

#: Title of a group, and its models with their icons. What people need all day comes first.
MENU: Final[dict[str, dict[str, str]]] = {
    "Delivery": {
        "ads.campaign": "campaign",
        "ads.brand": "storefront",
        "ads.budgetgroup": "workspaces",
        "ads.daypartingschedule": "schedule",
        "ads.deliverychange": "toggle_on",
        "ads.label": "label",
        "ads.note": "sticky_note_2",
    },
    "Planning": {
        "ads.scheduledchange": "event_upcoming",
        "ads.seasonalityadjustment": "event",
    },
    "Spend": {
        "ads.spend": "receipt_long",
        "ads.spendtotal": "functions",
        "ads.spendimport": "upload_file",
        "ads.spendbatch": "inventory_2",
        "ads.unknownreference": "help",
    },
    "Alerts and reports": {
        "ads.alert": "notifications",
        "ads.alertrule": "notification_important",
        "ads.channel": "send",
        "ads.alertmessage": "mail",
        "ads.reportschedule": "schedule_send",
        "ads.reportlink": "share",
    },
    "System": {
        "django_celery_beat.periodictask": "update",
        "ads.backup": "backup",
        "auth.user": "person",
        "auth.group": "group",
        "ads.signin": "login",
    },
    "Spend sources": {
        "ads.campaignreference": "link",
        "ads.waitingspend": "hourglass",
        "ads.reportedtotal": "cloud_download",
        "ads.columnmapping": "view_column",
        "ads.apikey": "key",
        "ads.webhookendpoint": "webhook",
        "ads.webhookdelivery": "inbox",
    },
    "Ad platforms": {
        "ads.connection": "power",
        "ads.platformaccount": "account_tree",
        "ads.platformcampaign": "ads_click",
        "ads.switchorder": "outbox",
        "ads.budgetcap": "vertical_align_top",
    },
    "Advanced": {
        "ads.heartbeat": "monitor_heart",
        "ads.archivedmonth": "archive",
        "django_celery_beat.intervalschedule": "timer",
        "django_celery_beat.crontabschedule": "calendar_clock",
        "django_celery_beat.clockedschedule": "alarm",
        "ads.accountdifference": "difference",
        "ads.simulatedswitch": "science",
    },
}

#: Groups that stay folded until somebody opens them or is on one of their pages.
FOLDED: Final = {"Spend sources", "Ad platforms", "Advanced"}


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the menu with what this user may see, as the template draws them."""
    models = {model._meta.label_lower: model for model in viewable(request)}
    groups: dict[str, dict[str, Any]] = {
        title: {
            "title": title,
            "separator": True,
            "collapsible": title in FOLDED,
            "items": [
                _list(request, list_title(models[label]), icon, models[label])
                for label, icon in icons.items()
                if label in models
            ],
        }
        for title, icons in MENU.items()
    }
    if "ads.scheduledchange" in models:
        calendar = reverse("admin:ads_scheduledchange_calendar")
        groups["Planning"]["items"].insert(
            0, _item("Calendar", "calendar_month", calendar, active=request.path == calendar)
        )
    if audited := [model for model in models.values() if is_audit(model)]:
        groups["System"]["items"].append(_list(request, "Change history", "history", *audited))
    index = reverse("admin:index")
    overview = _item("Overview", "dashboard", index, active=request.path == index)
    flower = _item("Flower (workers)", "open_in_new", settings.FLOWER_URL)
    return [
        {"items": [overview]},
        *(group for group in groups.values() if group["items"]),
        *([{"separator": True, "items": [flower]}] if visible.brand_ids() is None else []),
    ]


# Unfold's own asks of each entry, on each page, what is known of ours: is it active, or one of its
# tabs, and may this user see it.
admin.site.get_sidebar_list = menu  # type: ignore[attr-defined]


def viewable(request: HttpRequest) -> list[type[Model]]:
    """The models whose lists this user may see."""
    pages = admin.site._registry.items()
    return [model for model, page in pages if page.has_view_permission(request)]


def list_title(model: type[Model]) -> str:
    """What the list of a model is called: in the menu, above the list and in the search."""
    own: str = getattr(admin.site._registry[model], "list_title", "")
    return own or capfirst(str(model._meta.verbose_name_plural))


def is_audit(model: type[Model]) -> bool:
    return hasattr(model, "pgh_tracked_model")


def _list(request: HttpRequest, title: str, icon: str, *models: type[Model]) -> dict[str, Any]:
    """An entry that leads to the list of the first of these models."""
    links = [list_address(model) for model in models]
    active = request.path.startswith(tuple(links)) and not request.path.endswith("/calendar/")
    is_unmatched = models[0]._meta.label_lower == "ads.unknownreference"
    return _item(title, icon, links[0], active=active, badge=_unmatched() if is_unmatched else "")


def _item(
    title: str, icon: str, link: str, *, active: bool = False, badge: str = ""
) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": link, "active": active, "badge": badge}


def _unmatched() -> str:
    waiting = unmatched.count(MOST_COUNTED + 1)
    return f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else str(waiting or "")
