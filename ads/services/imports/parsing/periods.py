"""Whether rows whose only column of days is called a start (or an end) are days."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from ads.services.imports.parsing import notation
from ads.services.imports.refusals import ImportRefused

_DAY = timedelta(days=1)


def check_are_days(days: Collection[date], titles: Sequence[str], column: str, remedy: str) -> None:
    """Refuse starts that may be those of weeks, months or the whole report.

    They are days if the lines above the header say that the report covers one day, if three of
    them follow each other, or if two do and the report ends with the second. (Two alone are also
    what a week or month leaves that the report cuts off, and the one after it.)

    Raises:
        ImportRefused: nobody can know; with the remedy and the option.
    """
    period = notation.period_of(titles)
    end = period[1] if period else None
    if period and period[0] == end and set(days) <= {end}:
        return
    for day in days:
        if day + _DAY in days and (day + 2 * _DAY in days or day + _DAY == end):
            return
    raise ImportRefused(
        f'The only dates are in the column "{column}": its rows may cover weeks or months, and no '
        "column says when they end. "
        + (f"{remedy}, with a column of the day. " if remedy else "Export the report by day. ")
        + "If each row is one day, say so (--daily in the command)."
    )
