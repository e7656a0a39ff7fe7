"""The overview's part on pacing: whose budgets will be exceeded, and whose will be left over."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from ads.admin.elements import address, ago, counted, day, picked, range_of
from ads.models import Brand, Campaign
from ads.rules.money import format_estimate, format_money
from ads.services.pacing import Outlook, Paced, Projected

_LABELS: Final = {
    Paced.EXCEEDS: "projected to exceed the budget",
    Paced.LEFT_OVER: "projected to leave more than 10%",
    Paced.OVER: "over pace",
    Paced.UNDER: "under pace",
}


def pacing_part(outlook: Outlook, now: datetime) -> dict[str, Any]:
    """What the template ``ads/admin/overview_pacing.html`` shows."""
    return {
        "counts": [
            {"label": _LABELS[choice], "links": list(_links(choice, *counts))}
            for choice, counts in outlook.counts.items()
            if any(counts)
        ],
        "parts": [
            {
                "title": "Projected to exceed their budgets",
                "rows": [_row(one) for one in outlook.exceeding],
            },
            {
                "title": "Projected to leave some over",
                "rows": [_row(one) for one in outlook.left_over],
            },
        ],
        "as_of": ago(outlook.as_of, now),
    }


def _links(choice: Paced, campaigns: int, brands: int) -> Iterator[dict[str, str]]:
    for model, count, name in ((Campaign, campaigns, "campaign"), (Brand, brands, "brand")):
        if count:
            link = picked(address(model, "changelist"), pace=choice.value)
            yield {"text": counted(count, name), "link": link}


def _row(one: Projected) -> dict[str, Any]:
    pace, model = one.pace, Campaign if one.brand else Brand

    def money(amount: Any) -> str:
        return format_estimate(amount, one.currency)

    return {
        "name": one.name,
        "brand": one.brand,
        "link": reverse(address(model, "change"), args=[one.id]),
        "projected": money(pace.projected),
        "budget": money(pace.budget),
        "range": range_of(pace, one.currency),
        "runs_out": day(pace.runs_out_on) if pace.runs_out_on else "",
        "recommended": format_money(pace.recommended_daily, one.currency)
        if pace.recommended_daily is not None
        else "",
    }
