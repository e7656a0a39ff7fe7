"""Platform IDs of campaigns, and spend that waits for its campaign to be matched."""

from ads.services.references import registry, release, taken, unmatched
from ads.services.references.registry import Settled
from ads.services.references.spelling import apart, whose
from ads.services.references.taken import Taken, Takes, left_behind, takes
from ads.services.references.unmatched import Matched, Overlaps, Waits
