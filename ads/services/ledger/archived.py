"""Months whose entries were moved into files: nothing more is recorded in them.

The database refuses it, whoever sends it (:mod:`ads.models.spend.archive`). Here it is said row by
row.
"""

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from django.db import connection

from ads.models import ArchivedMonth
from ads.models.spend import key_of
from ads.rules.calendar import month_start
from ads.services.errors import InvalidSpend
from ads.services.ledger.rows import Placed

K = TypeVar("K", bound=Hashable)


def archived_months() -> frozenset[date]:
    """The first days of the months that are archived; one query."""
    archived = ArchivedMonth.objects.filter(restored_at=None).order_by()
    return frozenset(archived.values_list("month", flat=True))


def check_is_kept(day: date, months: frozenset[date]) -> None:
    """Refuse a day in one of the archived ``months``.

    Raises:
        InvalidSpend: it is; with the remedy.
    """
    if months and month_start(day) in months:
        raise InvalidSpend(
            "date",
            day,
            f"the entries of {day:%Y-%m} are archived; record it on a later day, or have the month "
            "brought back (restore_archive).",
        )


def with_archived_id(source: str, external_ids: Iterable[str]) -> dict[str, InvalidSpend]:
    """Which of these external IDs archived entries have, and why they are refused; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT given.external_id, archived.month"  # noqa: S608  (our own)
            "  FROM unnest(%(ids)s::text[]) AS given (external_id) JOIN ads_archivedid AS archived"
            f"   ON archived.key = {key_of('%(source)s::text', 'given.external_id')}",
            {"ids": list(external_ids), "source": source},
        )
        return {
            external_id: InvalidSpend("external_id", external_id, recorded_in(month))
            for external_id, month in cursor.fetchall()
        }


def recorded_in(month: date) -> str:
    """Why an entry is refused whose external ID an archived one has."""
    return (
        f"it was recorded in {month:%Y-%m}, whose entries are archived, so it is not recorded "
        "again; leave it out, or have the month brought back to compare (restore_archive)."
    )


def refusals(placed: Mapping[K, Placed], source: str) -> dict[K, InvalidSpend]:
    """The rows that cannot be recorded because of what is archived; one query if nothing is."""
    months = archived_months()
    if not months:
        return {}
    found: dict[K, InvalidSpend] = {}
    ids = {each.row.external_id for each in placed.values() if hasattr(each.row, "external_id")}
    taken = with_archived_id(source, ids - {None})
    for key, each in placed.items():
        try:
            check_is_kept(each.date, months)
        except InvalidSpend as error:
            found[key] = error
        else:
            if (external_id := getattr(each.row, "external_id", None)) in taken:
                found[key] = taken[external_id]
    return found
