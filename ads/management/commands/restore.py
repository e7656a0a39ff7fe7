"""``manage.py restore``: restore a backup into an empty database."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, count
from ads.services import backups

NEXT = """\
Nothing is started until you say so: spend since then is missing.
  1. Start web, worker and beat. Connected platforms are asked again for the days since.
  2. Send again what others sent since: API, webhooks, files. Duplicates are recognized.
  3. ./manage.py after_restore            shows what would start and how old each source's spend is
  4. ./manage.py after_restore --resume   lets it start"""


class Command(PreparedCommand):
    needs_tables = False
    help = (
        "Restores a backup into the database of DATABASE_URL, which must be empty; migrates; "
        "checks that all sums are those of the manifest. Nothing is started until after_restore "
        "--resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, help="the folder that the backup command printed")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        with acting("restore"):
            try:
                done = backups.restore(options["backup"], timezone.now())
            except backups.BackupError as error:
                raise CommandError(str(error)) from error
        screen.line(
            f"Restored as of {done.manifest.instant:%Y-%m-%d %H:%M:%S} UTC. "
            f"{count(len(done.manifest.brands), 'brand')} and "
            f"{count(done.manifest.entries, 'entry', 'entries')}: every sum is that of the backup."
        )
        if done.migrated:
            screen.line(f"Migrated: {', '.join(done.migrated)}.")
        for note in done.notes:
            screen.line(note, "yellow")
        for line in NEXT.splitlines():
            screen.line(line)
