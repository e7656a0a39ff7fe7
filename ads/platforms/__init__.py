"""Ad platforms: reading what campaigns have spent there, and switching them.

- `base`: the interface of a platform (Google, Meta, …).
- `simulated`: a platform that stands in for real ones.
- `curve`: how its campaigns spend over a day; pure functions.

Platforms import models and rules, never services.
"""

from django.conf import settings

from ads.platforms.base import Account, AdPlatform, KnownAs, ObservedTotal
from ads.platforms.simulated import SimulatedPlatform


def connected() -> list[AdPlatform]:
    """The platforms that the settings connect."""
    if settings.SIMULATED_PLATFORM:
        return [SimulatedPlatform(settings.SIMULATED_PLATFORM_SEED)]
    return []
