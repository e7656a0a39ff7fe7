"""``manage.py bootstrap``: makes a database ready for use."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from budget_manager.bootstrap import bootstrap


class Command(BaseCommand):
    help = (
        "Migrates, makes the login 'admin' if there is none, and fills an empty database with "
        "seed_data. May be run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-seed", action="store_true", help="leave an empty database empty")

    def handle(self, *_args: Any, **options: Any) -> None:
        login = bootstrap(settings.BASE_DIR, seed=not options["no_seed"])
        self.stdout.write(f"Login: {login}")
