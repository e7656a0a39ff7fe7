"""``manage.py restore_archive``: brings the entries of an archived month back into the ledger."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, count
from ads.services import archive
from ads.services.archive import ArchiveError


class Command(PreparedCommand):
    help = (
        "Brings the entries of an archived month back into the ledger, as they were. No sum "
        "changes. The file is checked against the SHA-256 that was noted when it was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="such as spend-2024-12.csv.gz")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        try:
            with acting("restore_archive"):
                done = archive.bring_back(options["file"], timezone.now())
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        screen.line(
            f"{done}: {count(done.entries, 'entry is', 'entries are')} in the ledger again; the "
            "sums are as before. archive_spend moves the month into a file again."
        )
