"""Ad platforms: reading what campaigns have spent there, and switching them.

- `interface`: what a connector implements, and the errors that it raises.
- A package or module for each platform, which is imported when it is used: it offers ``PLATFORM``.
- `curve`: how campaigns of the simulated platform spend over a day; pure functions.

Platforms import models and rules, never services; this module neither.
"""

from importlib import import_module
from typing import Final, cast

from ads.platforms.interface import Platform
from ads.rules.platform_ids import SIMULATED

#: Where each platform is, by its code.
MODULES: Final = {
    "google_ads": "ads.platforms.google_ads",
    "meta_ads": "ads.platforms.meta_ads",
    "microsoft_ads": "ads.platforms.microsoft_ads",
    "warehouse": "ads.platforms.warehouse",
    SIMULATED: "ads.platforms.simulated",
}


class UnknownPlatform(LookupError):
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
