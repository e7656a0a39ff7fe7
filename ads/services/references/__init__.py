"""Platform IDs of campaigns, and spend that waits for its campaign to be matched."""

from ads.services.references import registry, unmatched, waiting
from ads.services.references.registry import Settled
from ads.services.references.unmatched import Matched, Waits
from ads.services.references.waiting import Waiting

__all__ = [
    "Matched",
    "Settled",
    "Waiting",
    "Waits",
    "registry",
    "unmatched",
    "waiting",
]
