"""The names of the timezone database, for the triggers that check a timezone."""

from typing import Any

from django.db import connections, models

from ads.rules.calendar import names


class TimezoneName(models.Model):
    """A timezone that the pinned database has; :func:`keep_names` keeps the table."""

    name = models.CharField(max_length=64, primary_key=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


_KEEP = """
    WITH gone AS (DELETE FROM ads_timezonename WHERE name <> ALL(%(names)s))
    INSERT INTO ads_timezonename SELECT unnest(%(names)s) ON CONFLICT DO NOTHING
"""


def keep_names(using: str = "default", **_signal: Any) -> None:
    """Make the table's names those of the database; after each ``migrate`` and ``flush``."""
    connection = connections[using]
    if TimezoneName._meta.db_table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, {"names": sorted(names())})
