"""Notes in the history of a brand or campaign. They stay as they were written."""

from datetime import datetime

from ads.models import Brand, Campaign, Note
from ads.models.campaigns import LONGEST_NOTE
from ads.services.actor import current_actor


class InvalidNote(ValueError):
    """Why a note cannot be kept, with the remedy."""


def write(owner: Brand | Campaign, text: str, now: datetime) -> Note:
    """Leave a note on a brand or campaign, in the name of whoever acts.

    Raises:
        InvalidNote: it is empty, or too long.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidNote("The note is empty: write something.")
    if "\0" in text:
        raise InvalidNote("The note has a character (NUL) that cannot be kept: remove it.")
    if len(text) > LONGEST_NOTE:
        raise InvalidNote(
            f"The note has {len(text):,} characters: shorten it to {LONGEST_NOTE:,}, or write two."
        )
    whose = {"brand": owner} if isinstance(owner, Brand) else {"campaign": owner}
    return Note.objects.create(**whose, text=text, author=current_actor(), at=now)
