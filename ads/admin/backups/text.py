"""Backups, restores and archived months in sentences."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.template.defaultfilters import filesizeformat
from django.utils.text import Truncator

from ads.admin.elements import span
from ads.models import Restore
from ads.rules.calendar import format_instant
from ads.services.archive import ArchivedSpan
from ads.services.backups import BackupStatus

COMMAND: Final = "./manage.py backup DIRECTORY"


def backup_alarms(status: BackupStatus, held: Restore | None) -> Iterator[str]:
    """What needs somebody's attention."""
    if held is not None:
        yield (
            f"{held}, by {held.restored_by}. No campaign is started until someone sends what is "
            "missing since, and runs ./manage.py after_restore --resume."
        )
    if status.is_late and status.every is not None:
        every = span(status.every)
        last = f"is {span(status.age)} old" if status.age else "was never taken"
        yield f"The last backup {last}; one is expected every {every}."
    if status.failed is not None:
        error = Truncator(status.failed.error).chars(300)
        yield f"The last attempt failed, {_when(status.failed.started_at, status)}: {error}"


def last_backup(status: BackupStatus) -> str:
    """ "Last backup: 3 h ago, 1.2 GB, in …"."""
    if status.last is None:
        return f"No backup has been taken yet. Take one with {COMMAND}."
    schedule = f" One is expected every {span(status.every)}." if status.every else ""
    return (
        f"Last backup: {_when(status.last.started_at, status)}, "
        f"{filesizeformat(status.last.size)}, in {status.last.place}.{schedule}"
    )


def archived_sentence(archived: ArchivedSpan | None) -> str:
    """What a list of the ledger lacks; "" if nothing is archived."""
    if archived is None:
        return ""
    first, last = f"{archived.first:%B %Y}", f"{archived.last:%B %Y}"
    when = first if first == last else f"{first} to {last}"
    return (
        f"{archived.entries:,} {'entry' if archived.entries == 1 else 'entries'} of {when} "
        f"{'is' if archived.entries == 1 else 'are'} archived: not in this list, but counted in "
        "every sum."
    )


def _when(at: datetime, status: BackupStatus) -> str:
    return f"{span(status.now - at)} ago ({format_instant(at)})"
