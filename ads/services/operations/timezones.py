"""The timezone database that decides all days: that of the pinned package ``tzdata``."""

import re
import zoneinfo
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from django.conf import settings

_PIN: Final = re.compile(r"^tzdata==(\S+)", re.MULTILINE)
_RELEASE: Final = re.compile(r"# version (\S+)")


@dataclass(frozen=True, slots=True)
class TimezoneDatabase:
    """What is in use; ``problem`` is a sentence with the remedy, empty if all is well."""

    #: Of the package, such as "2026.6".
    version: str
    #: Of the IANA database in it, such as "2026f".
    release: str
    problem: str = ""


def timezone_database() -> TimezoneDatabase:
    """The database in use, compared with the pin in requirements.txt."""
    version, release = _installed()
    install = "Run pip install -r requirements.txt (./start.sh does), and start again."
    pin = _PIN.search((Path(settings.BASE_DIR) / "requirements.txt").read_text())
    pinned = pin[1] if pin else "no version"
    problem = ""
    if not version:
        problem = f"The package tzdata is not installed. {install}"
    elif zoneinfo.TZPATH:
        problem = (
            f"Timezones are read from {zoneinfo.TZPATH[0]}, not from the package tzdata. Remove "
            "the call of zoneinfo.reset_tzpath() that follows the one in budget_manager."
        )
    elif version != pinned:
        problem = (
            f"The timezone database is tzdata {version}, and requirements.txt pins {pinned}. "
            f"{install}"
        )
    elif release != _release_of(version):
        problem = (
            f"The package tzdata {version} has the data of {release}, not of "
            f"{_release_of(version)}. Run pip install --force-reinstall tzdata=={version}, and "
            "start again."
        )
    return TimezoneDatabase(version, release, problem)


@cache
def _installed() -> tuple[str, str]:
    """The version of the package and the release in it, as this process reads them; or ""."""
    try:
        with (resources.files("tzdata.zoneinfo") / "tzdata.zi").open() as file:
            named = _RELEASE.match(file.readline())
        return metadata.version("tzdata"), named[1] if named else "unknown"
    except (ModuleNotFoundError, FileNotFoundError):
        return "", ""


def _release_of(version: str) -> str:
    """IANA's name of a release: "2026f" of the package's 2026.6."""
    year, number = version.split(".")[:2]
    return f"{year}{chr(ord('a') + int(number) - 1)}"
