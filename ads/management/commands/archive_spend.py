"""``manage.py archive_spend``: moves old months of the ledger into files."""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, count, size
from ads.rules.money import format_sums
from ads.services import archive
from ads.services.archive import ArchiveError


class Command(PreparedCommand):
    help = (
        "Moves the entries of old months from the ledger into compressed CSV files, one a month. "
        "Their sums stay, and every page, budget and report is as before; nothing more can be "
        "recorded in these months until restore_archive brings them back. Keep the files: a "
        "backup does not have them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="where the files are kept; it must exist")
        parser.add_argument(
            "--before",
            type=_month,
            required=True,
            metavar="YYYY-MM",
            help="the first month that stays in the ledger",
        )
        parser.add_argument("--dry-run", action="store_true", help="show a preview; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen, now = Screen(self.stdout, no_color=options["no_color"]), timezone.now()
        try:
            months = archive.months_before(options["before"], now)
            if not months:
                screen.line(f"The ledger has no entries before {options['before']:%Y-%m}.")
                return
            if options["dry_run"]:
                screen.table(
                    ["month", "entries", "sum", "unmatched rows"],
                    (
                        (
                            f"{each.month:%Y-%m}",
                            f"{each.entries:,}",
                            format_sums(each.sums),
                            f"{each.waiting:,}",
                        )
                        for each in months
                    ),
                    title="Preview: nothing was changed.",
                    right=["entries", "sum", "unmatched rows"],
                )
                if any(each.waiting for each in months):
                    screen.line(
                        "A month with unmatched rows is not archived: match or discard them first.",
                        "yellow",
                    )
                return
            with acting("archive_spend"):
                for each in months:
                    done = archive.archive(each, options["directory"], now)
                    screen.line(
                        f"{done}: {count(done.entries, 'entry', 'entries')} "
                        f"({format_sums(done.sums)}) in {options['directory'] / done.file}, "
                        f"{size(done.size)}, SHA-256 {done.sha256}"
                    )
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        screen.line("VACUUM ads_spend gives the space back to the ledger.")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month: write 2025-01.") from error
