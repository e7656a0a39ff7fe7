"""What an import would do or did, as it is kept and shown: JSON, amounts as decimal text."""

from typing import Any

from ads.holds import Hold
from ads.services.imports import Imported


def outcome(done: Imported) -> dict[str, Any]:
    """The figures of an import, its first refused rows, and whom it switches."""
    return {
        "are_entries": done.are_entries,
        "rows": done.rows,
        "items": done.items,
        "recorded": done.recorded,
        "difference": str(done.difference),
        "lowered": done.lowered,
        "lowered_by": str(done.lowered_by),
        "duplicates": done.duplicates,
        "zero": done.zero,
        "unchanged": done.unchanged,
        "older": done.older,
        "rounded": done.rounded,
        "rounded_by": str(done.rounded_by),
        "refused": done.refused.count,
        "refused_rows": [
            {"line": row.first_line, "last_line": row.last_line, "reason": row.reason}
            for row in done.refused.shown
        ],
        "started": done.enforced.started,
        "stopped": done.enforced.stopped,
        "failed": len(done.enforced.failed),
        "would_start": done.would_start,
        "would_stop": done.would_stop,
        "changes": [
            {
                "campaign": change.campaign.pk,
                "name": change.campaign.name,
                "brand": change.campaign.brand.name,
                "starts": change.decision.is_active,
                "holds": [Hold(hold).label for hold in change.decision.holds],
            }
            for change in done.changes
        ],
    }
