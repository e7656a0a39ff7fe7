"""A command says if the database does not answer, or has not the tables of this version."""

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from ads.services.monitoring import readiness


class PreparedCommand(BaseCommand):
    """The base of all commands."""

    requires_migrations_checks = True

    #: Off where a command makes the tables, or copes with those of an earlier version.
    needs_tables: bool = True

    def check_migrations(self) -> None:
        """Django's only warns, and the command would go on to an error about a table.

        Raises:
            CommandError: the database does not answer, or migrations are not applied.
        """
        require_answer()
        if self.needs_tables and (remedy := readiness().remedy):
            raise CommandError(remedy)


def require_answer() -> None:
    """Raises CommandError where the database cannot be reached."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        said = " ".join(str(error).split()).rstrip(".?")
        raise CommandError(
            f"The database cannot be reached: {said}. Check DATABASE_URL, and whether PostgreSQL "
            "is running there."
        ) from error
