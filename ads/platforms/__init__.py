"""Ad platforms: reading what campaigns have spent there, and switching them.

- `base`: the interface of a platform (Google, Meta, …).
- `simulated`: a platform that stands in for real ones.
- `curve`: how its campaigns spend over a day; pure functions.

Platforms import models and rules, never services.
"""

from importlib import import_module
from typing import Final, cast

from django.conf import settings

from ads.platforms.base import Account, AdPlatform, KnownAs, ObservedTotal
from ads.platforms.interface import Platform
from ads.platforms.simulated import SimulatedPlatform

SIMULATED: Final = "simulated"

#: Where each platform is, by its code.
MODULES: Final = {"meta_ads": "ads.platforms.meta_ads"}


class UnknownPlatform(LookupError):
    """No platform has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"platform: {code!r} is not known; use one of {', '.join(sorted(MODULES))}."
        )


def platform(code: str) -> Platform:
    """The platform of this code.

    Raises:
        UnknownPlatform: there is none.
    """
    if code not in MODULES:
        raise UnknownPlatform(code)
    return cast("Platform", import_module(MODULES[code]).PLATFORM)


def connected() -> list[AdPlatform]:
    """The platforms that the settings connect."""
    if settings.SIMULATED_PLATFORM:
        return [SimulatedPlatform(settings.SIMULATED_PLATFORM_SEED)]
    return []
