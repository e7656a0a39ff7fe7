"""The ad platforms on which campaigns run: what they have spent, and switching them.

- `base`: what every platform can do; a real one (Google, Meta, …) implements just this.
- `curve`: how the simulated platform's campaigns spend over a day; pure functions.
- `simulated`: a platform that stands in for real ones.

Platforms know models and rules, and nothing of services: services call platforms.
"""

from django.conf import settings

from ads.platforms.base import Account, AdPlatform, KnownAs, ObservedTotal
from ads.platforms.simulated import SimulatedPlatform

__all__ = ["Account", "AdPlatform", "KnownAs", "ObservedTotal", "SimulatedPlatform", "connected"]


def connected() -> list[AdPlatform]:
    """The platforms that the settings connect."""
    if settings.SIMULATED_PLATFORM:
        return [SimulatedPlatform(settings.SIMULATED_PLATFORM_SEED)]
    return []
