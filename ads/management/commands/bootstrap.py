"""``manage.py bootstrap``: prepare a database for use."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from ads.management.prepared import PreparedCommand
from budget_manager.bootstrap import bootstrap, login


class Command(PreparedCommand):
    needs_tables = False
    help = (
        "Migrates, creates the login 'admin' if there is none, and fills an empty database with "
        "sample data. Safe to run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-seed", action="store_true", help="leave an empty database empty")

    def handle(self, *_args: Any, **options: Any) -> None:
        bootstrap(settings.BASE_DIR, seed=not options["no_seed"])
        self.stdout.write(f"Login: {login(settings.BASE_DIR)}")
