"""What people enter as credentials: checked field by field."""

from collections.abc import Mapping
from typing import Final

from ads.platforms.interface import Platform
from ads.services.connections.errors import InvalidConnection

LONGEST: Final = 20_000


def checked(platform: Platform, given: Mapping[str, str]) -> dict[str, str]:
    """What was entered, without empty fields and the white space around.

    Raises:
        InvalidConnection: with the field and the remedy.
    """
    known = {one.name: one for one in platform.credentials}
    for name in given:
        if name not in known:
            raise InvalidConnection(
                name, f"{platform.name} has no such field; it has {', '.join(known)}."
            )
    found = {name: text.strip() for name, text in given.items() if text.strip()}
    for name, one in known.items():
        text = found.get(name, "")
        if not text and one.is_required:
            raise InvalidConnection(name, f"{one.label} is missing. {one.help_text}")
        if len(text) > LONGEST:
            raise InvalidConnection(
                name, f"it has {len(text):,} characters, at most {LONGEST:,} can be kept."
            )
        if not one.is_long and not text.isprintable():
            raise InvalidConnection(
                name, "it contains a line break or another invisible character; paste it again."
            )
    return found
