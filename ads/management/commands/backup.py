"""``manage.py backup``: a backup of the database."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, count, size
from ads.services import backups


class Command(PreparedCommand):
    needs_tables = False
    help = (
        "Takes a backup into a new folder of a directory: the dump by pg_dump, and a manifest with "
        "the sums that restore checks. The folder appears when it is complete. SECRET_KEY and the "
        "files of archived months are not in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="where backups are kept")
        parser.add_argument(
            "--keep",
            type=_positive,
            metavar="N",
            help="afterwards, delete all but the newest N backups in the directory",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("backup"):
            try:
                taken = backups.take(options["directory"], timezone.now())
            except backups.BackupError as error:
                raise CommandError(f"No backup was taken. {error}") from error
        manifest = taken.manifest
        sums = ", ".join(f"{code} {amount}" for code, amount in manifest.currencies.items())
        screen.line(f"{taken.folder}: {size(manifest.size)} in {taken.took.total_seconds():.1f} s")
        screen.line(
            f"{count(len(manifest.brands), 'brand')}, {count(manifest.entries, 'entry', 'entries')}"
            f"{f' ({sums})' if sums else ''}. SHA-256 {manifest.sha256}"
        )
        if options["keep"]:
            try:
                pruned = backups.prune(options["directory"], options["keep"])
            except backups.BackupError as error:
                raise CommandError(
                    f"The backup is complete, but older ones were not deleted. {error}"
                ) from error
            for path in pruned:
                screen.line(f"Deleted {path.name}.")


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of backups: use 1 or more.")
    return int(text)
