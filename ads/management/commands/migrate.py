"""``manage.py migrate``: Django's own, which goes on where spend that comes in is in its way."""

from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError

from ads.management.prepared import require_answer
from ads.services.lock_waits import is_in_the_way

TIMES = 10


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, again where PostgreSQL ended a migration to let recorded spend through.

        A migration that changes several tables locks them in another order than those who write.
        It is undone as a whole, and what was migrated before it stays.
        """
        require_answer()
        for _ in range(TIMES - 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not is_in_the_way(error):
                    raise
                if options["verbosity"]:
                    self.stdout.write("In the way of spend that came in; it is tried again.")
            else:
                return
        super().handle(*args, **options)
