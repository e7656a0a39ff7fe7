"""The frame of the admin: what the menu offers."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from ads.services.references import unmatched

admin.site.index_title = "Overview"
admin.site.index_template = "ads/admin/index.html"

#: The menu counts no further.
MOST_COUNTED = 99

#: Title of a group, and the models in it: (model, title, icon). What people need all day is first.
MENU: list[tuple[str, list[tuple[str, str, str]]]] = [
    (
        "Delivery",
        [
            ("ads.campaign", "Campaigns", "campaign"),
            ("ads.brand", "Brands", "storefront"),
            ("ads.daypartingschedule", "Schedules", "schedule"),
            ("ads.deliverychange", "Delivery changes", "toggle_on"),
        ],
    ),
    (
        "Spend",
        [
            ("ads.spend", "Ledger", "receipt_long"),
            ("ads.spendtotal", "Totals", "functions"),
            ("ads.spendimport", "Imports", "upload_file"),
            ("ads.unknownreference", "Unknown references", "help"),
        ],
    ),
    (
        "System",
        [
            ("django_celery_beat.periodictask", "Periodic tasks", "update"),
            ("auth.user", "Users", "person"),
            ("auth.group", "Groups", "group"),
        ],
    ),
    (
        "How spend comes in",
        [
            ("ads.campaignreference", "References", "link"),
            ("ads.waitingspend", "Waiting spend", "hourglass"),
            ("ads.reportedtotal", "Reported day totals", "cloud_download"),
            ("ads.columnmapping", "Column mappings", "view_column"),
            ("ads.apikey", "API keys", "key"),
            ("ads.webhookendpoint", "Webhook endpoints", "webhook"),
            ("ads.webhookdelivery", "Webhooks taken in", "inbox"),
        ],
    ),
    (
        "Audit",
        [
            ("ads.campaignevent", "Campaigns", "history"),
            ("ads.brandevent", "Brands", "history"),
            ("ads.daypartingscheduleevent", "Schedules", "history"),
            ("ads.daypartingwindowevent", "Windows", "history"),
            ("ads.campaignscheduleevent", "Schedules of campaigns", "history"),
            ("ads.spendtotalevent", "Waivers", "history"),
            ("ads.campaignreferenceevent", "References", "history"),
            ("ads.apikeyevent", "API keys", "history"),
            ("ads.apikeybrandevent", "Brands of API keys", "history"),
            ("ads.webhookendpointevent", "Webhook endpoints", "history"),
            ("ads.webhookendpointbrandevent", "Brands of webhook endpoints", "history"),
        ],
    ),
    (
        "Advanced",
        [
            ("ads.heartbeat", "Heartbeats", "monitor_heart"),
            ("django_celery_beat.intervalschedule", "Intervals", "timer"),
            ("django_celery_beat.crontabschedule", "Crontabs", "calendar_clock"),
            ("django_celery_beat.clockedschedule", "One-off times", "alarm"),
            ("ads.askedaccount", "Accounts of platforms", "cloud_sync"),
            ("ads.simulatedswitch", "Simulated platform", "science"),
        ],
    ),
]

#: Groups that are folded up until somebody opens them, or is on one of their pages.
FOLDED = {"How spend comes in", "Audit", "Advanced"}


def _to_be_matched() -> str:
    waiting = unmatched.count(MOST_COUNTED + 1)
    if waiting > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(waiting or "")


#: What the menu counts beside a title, if there is any.
COUNTED: dict[str, Callable[[], str]] = {"ads.unknownreference": _to_be_matched}


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the menu with what this user may see."""
    groups = [
        {
            "title": title,
            "separator": True,
            "collapsible": title in FOLDED,
            "items": [_item(*entry) for entry in entries if _may_view(request, entry[0])],
        }
        for title, entries in MENU
    ]
    first: dict[str, Any] = {
        "items": [
            {"title": "Overview", "icon": "dashboard", "link": reverse("admin:index")},
        ]
    }
    return [first, *(group for group in groups if group["items"]), _outside()]


def _item(label: str, title: str, icon: str) -> dict[str, Any]:
    link = reverse(f"admin:{label.replace('.', '_')}_changelist")
    counted = COUNTED.get(label)
    # By itself the menu would take "…/campaign/" for part of any longer address.
    return {
        "badge": counted() if counted else "",
        "title": title,
        "icon": icon,
        "link": link,
        "active": lambda request: request.path.startswith(link),
    }


def _outside() -> dict[str, Any]:
    return {
        "separator": True,
        "items": [
            {"title": "Flower (workers)", "icon": "open_in_new", "link": settings.FLOWER_URL}
        ],
    }


def _may_view(request: HttpRequest, label: str) -> bool:
    for model, pages in admin.site._registry.items():
        if model._meta.label_lower == label:
            return pages.has_view_permission(request)
    return False
