"""What an import did or would do, as it is kept: JSON, amounts as decimal text.

The same things have the same names in both. Reasons are in the words of a page, not of the command.
"""

from datetime import datetime
from typing import Any, Final

from ads.holds import Hold
from ads.models import DeliveryChange
from ads.services.actor import current_actor
from ads.services.delivery import Trigger
from ads.services.imports.errors import without_options
from ads.services.imports.preview import Preview
from ads.services.imports.staging import Imported

#: Switched campaigns that are named; the rest are counted.
SHOWN_SWITCHES: Final = 100

_FIGURES: Final = (
    "are_entries",
    "rows",
    "items",
    "recorded",
    "lowered",
    "duplicates",
    "zero",
    "unchanged",
    "older",
    "rounded",
    "skipped",
)
_AMOUNTS: Final = ("difference", "lowered_by", "rounded_by", "waiting_amount")


def outcome(done: Imported, now: datetime) -> dict[str, Any]:
    """The figures of an import that was recorded at ``now``, in the name of who acts now."""
    return {
        **{name: getattr(done, name) for name in _FIGURES},
        **{name: f"{getattr(done, name):f}" for name in _AMOUNTS},
        "waiting_rows": done.waiting,
        "unknown_count": done.waiting_references,
        "problem_count": done.refused.count,
        "problems": [
            {
                "first_line": row.first_line,
                "last_line": row.last_line,
                "reason": without_options(row.reason),
            }
            for row in done.refused.shown
        ],
        **switched(done, now),
    }


def foreseen(preview: Preview) -> dict[str, Any]:
    """What it would do."""
    told = preview.as_json()
    for row in (*told["problems"], *told["samples"]):
        row["reason"] = row["reason"] and without_options(row["reason"])
    return told


def switched(done: Imported, now: datetime) -> dict[str, Any]:
    """How many campaigns it started and stopped, and the first of them."""
    changes = DeliveryChange.objects.filter(
        at__gte=now, actor=current_actor(), trigger=Trigger.SPEND
    ).select_related("campaign__brand")
    return {
        "started": done.enforced.started,
        "stopped": done.enforced.stopped,
        "failed": len(done.enforced.failed),
        "switches": [
            {
                "campaign_id": change.campaign_id,
                "campaign": change.campaign.name,
                "brand": change.campaign.brand.name,
                "is_active": change.is_active,
                "holds": [Hold(hold).label for hold in change.holds],
            }
            for change in changes.order_by("at", "id")[:SHOWN_SWITCHES]
        ],
    }
