"""How far projections are off: learned from a month that has ended, pooled over campaigns."""

from collections.abc import Sequence

from ads.models import ProjectionRange
from ads.rules.pacing import RANGES, Range


def learned() -> Sequence[Range]:
    """What this installation's own months taught, else what generated spend did; one query."""
    rows = ProjectionRange.objects.order_by("days").values_list("days", "low", "high")
    return [Range(*row) for row in rows] or RANGES
