"""The bell in the head of each page: the alerts that nobody has acknowledged."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from ads.services.alerts import bell as open_alerts
from ads.services.alerts import texts

#: Alerts that the bell names, and up to which it counts.
NAMED: Final = 6
MOST: Final = 99


def bell(request: HttpRequest) -> dict[str, Any]:
    """For the templates; asked for by pages that show it, with two queries at most."""
    return {"bell": SimpleLazyObject(lambda: _bell(request))}


def _bell(request: HttpRequest) -> dict[str, Any] | None:
    user = getattr(request, "user", None)
    if user is None or not user.has_perm("ads.view_alert"):
        return None
    newest = open_alerts.waiting().order_by("-pk")
    found = list(newest.values_list("pk", flat=True)[: MOST + 1])
    named = newest.filter(pk__in=found[:NAMED]).select_related("rule", "brand", "campaign")
    return {
        "count": f"{MOST}+" if len(found) > MOST else str(len(found)),
        "any": bool(found),
        "alerts": [
            {
                "title": texts.of(alert).title,
                "link": reverse("admin:ads_alert_change", args=[alert.pk]),
            }
            for alert in (named if found else ())
        ],
        "more": len(found) > NAMED,
        "link": f"{reverse('admin:ads_alert_changelist')}?state=waiting",
    }
