"""The brand's day of each row, where a file has hours or is of a timezone.

An hour counts on the day of the brand in which it lies. A day of another timezone is a day of the
brand only if it begins and ends at the same instants; otherwise it is refused, unless the plan
accepts the difference.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from ads.rules.calendar import (
    UnknownTimezone,
    day_begins,
    format_instant,
    hour_span,
    local_date,
    names,
    wall_instants,
)
from ads.rules.zone_names import timezone_named
from ads.services.imports.formats import BLANK
from ads.services.imports.parsing.cells import Days
from ads.services.imports.parsing.columns import Columns
from ads.services.imports.parsing.found import Found, Unmatched
from ads.services.imports.plan import Plan
from ads.services.imports.refusals import ImportRefused, Refusal
from ads.services.imports.workbooks import Moment
from ads.services.ledger import check_same_day

#: Answers remembered: a few campaigns' hours of a year.
_REMEMBERED: Final = 50_000

#: Characters of a line above the header that are looked at.
_LONGEST_TITLE: Final = 500

_LABEL: Final = (
    r"(?:(?:report(?:ing)?|account|ad account) +)?time *zone|zeitzone|fuseau horaire|zona horaria|"
    r"fuso orario|fuso hor[aá]rio|tijdzone|タイムゾーン"
)
#: A line above the header: "Time Zone: (GMT-08:00) Pacific Time (US & Canada); Tijuana".
_LABELLED: Final = re.compile(rf'\W*(?:{_LABEL})"?\s*[:,;\t]\s*"?(.+?)["\s,;]*', re.IGNORECASE)
_NAME: Final = r"((?:UTC|GMT)(?: *[+-][0-9:]+)?|[A-Z][A-Za-z]+/[A-Za-z_/+-]+)"
#: Another: "Campaign Performance Report (in UTC)". Without "in" it may be of another time: "Last
#: completed day: 11/26/2026 11:59:59 PM (GMT)".
_TITLE: Final = re.compile(rf"\(in +{_NAME}\)")
#: The name of a column: "Day (Europe/Berlin)"; also abbreviations, which several timezones have.
_COLUMN: Final = re.compile(rf"\((?:in +)?(?:{_NAME}|([A-Z]{{1,4}}T))\)")

_TIME: Final = r"([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?(?: *([ap])\.?m\.?)?"
_HOUR: Final = re.compile(rf"{_TIME}(?: *[-–] *[0-9].*)?", re.IGNORECASE)
_DAY_AND_HOUR: Final = re.compile(
    rf"(.*[0-9])(?:T| *\| *|,? +){_TIME} *(Z|UTC|[+-][0-9]{{2}}:?[0-9]{{2}})?", re.IGNORECASE
)
_SECOND: Final = dt.timedelta(seconds=1)
_HOUR_LONG: Final = dt.timedelta(hours=1)


class BrandDays:
    """Tells the brand's day of each row; ``titles`` are the lines above the header.

    Raises:
        ImportRefused: the timezone that the file or the plan names is not known for certain.
    """

    def __init__(
        self,
        columns: Columns,
        header: Sequence[str],
        titles: Sequence[str],
        plan: Plan,
        days: Days,
        now: dt.datetime,
    ) -> None:
        self._columns = columns
        self._accepts = plan.accept_timezone
        self._days = days
        self._named = cache(lambda text: timezone_named(text, now.year))
        self._is_chosen = plan.timezone is not None
        #: What the file says, and the timezone of its days and hours.
        self.said = sorted(set(_said(columns, header, titles)))
        self.timezone = plan.timezone or self._of_file()
        #: The instant at which the first day in the file begins, in the file's timezone.
        self.begins: dt.datetime | None = None
        self.timezones: set[str] = set()
        self._known: dict[tuple[str | bool, ...], tuple[dt.date, str, str]] = {}

    @property
    def are_needed(self) -> bool:
        """Is the date of a row not simply the brand's day?"""
        columns = self._columns
        return bool(self.timezone or columns.timezone is not None or columns.hour is not None)

    def of(
        self, cells: Sequence[str], campaign: Found | Unmatched, *, is_zero: bool = False
    ) -> tuple[dt.date, str, str]:
        """The day of a row, its text, and the timezone whose day it is if that is not the brand's.

        Raises:
            Refusal, InvalidSpend: the row has no day of the brand; with the remedy.
            ImportRefused: nobody knows the timezone of the file's hours.
        """
        columns = self._columns
        brand = campaign.timezone if isinstance(campaign, Found) else ""
        dated, hour, zone = (
            "" if at is None else cells[at].strip()
            for at in (columns.date, columns.hour, columns.timezone)
        )
        key = (dated, hour, zone, brand, is_zero)
        found = self._known.get(key)
        if found is None:
            found = self._find(dated, hour, zone, brand, is_zero=is_zero)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found

    def with_offset(self, text: str) -> str:
        """The instant with the offset of the file's timezone, if it has none of its own."""
        moment = _DAY_AND_HOUR.fullmatch(text)
        if self.timezone is None or moment is None or moment[6]:
            return text
        if isinstance(text, Moment):
            return wall_instants(*_of_clock(text), self.timezone)[0].isoformat()
        day = self._days.read(moment[1])[0]
        return wall_instants(day, _time(moment.groups()[1:5], text), self.timezone)[0].isoformat()

    def notes(self) -> Iterator[str]:
        """What whoever imports the file should know of its timezone."""
        if self.timezone is not None:
            words = f" (it says “{self.said[0]}”)" if self.said else ""
            what = "hours" if self._columns.hour is not None else "days"
            yield f"The file's {what} are read as those of {self.timezone}{words}."
        for timezone, day in self.begun():
            begins = format_instant(self.begins) if self.begins else ""
            yield (
                f"The file begins at {begins}, within {day} in {timezone}: "
                "of that day it lacks the beginning. Where the day is on record already, it stays "
                "as it is; otherwise only the rest of it is recorded. A report that begins a day "
                "earlier has all of it."
            )

    def begun(self) -> Iterator[tuple[str, dt.date]]:
        """The brands' timezones, and the day in each of which the file lacks the beginning."""
        if self._columns.hour is None or self.begins is None:
            return
        for timezone in sorted(self.timezones):
            day = local_date(self.begins, timezone)
            if day_begins(day, timezone) < self.begins:
                yield timezone, day

    def _of_file(self) -> str | None:
        named = {self._named(words) for words in self.said}
        if len(named) == 1 and (name := named.pop()):
            return name
        if self.said:
            words = " and ".join(f"“{words}”" for words in self.said)
            raise ImportRefused(
                f"timezone: the file says {words}, and it is not certain which timezone that is. "
                "Choose the file's timezone (--timezone America/New_York in the command)."
            )
        return None

    def _find(
        self, dated: str, hour: str, zone: str, brand: str, *, is_zero: bool
    ) -> tuple[dt.date, str, str]:
        theirs = self._timezone_of(zone)
        if self._columns.hour is None:
            day = self._days.read(dated)[0]
            if not brand:
                return day, day.isoformat(), "" if self._accepts else theirs or ""
            if theirs and not self._accepts:
                check_same_day(day, theirs, brand)
            return day, day.isoformat(), ""
        begins, ends, first = self._span(dated, hour, theirs, is_zero=is_zero)
        self.begins = first if self.begins is None else min(first, self.begins)
        if not brand:
            brand = waits = theirs or "UTC"
        else:
            waits = ""
            self.timezones.add(brand)
        try:
            day, last = local_date(begins, brand), local_date(ends - _SECOND, brand)
        except UnknownTimezone as error:
            raise Refusal(f"campaign: its brand's timezone {brand!r} is invalid.") from error
        if day != last and not is_zero and not self._accepts:
            raise Refusal(
                f"hour: {f'{dated} {hour}'.strip()!r} is the hour from {begins:%H:%M} UTC on, in "
                f"which a day begins in {brand}, the brand's timezone. How much of it belongs to "
                f"which day is not known. Get a report in {brand} or by day, or let such hours "
                "count on the day in which they begin (--accept-timezone in the command)."
            )
        return day, day.isoformat(), waits

    def _timezone_of(self, text: str) -> str | None:
        if self._is_chosen or text in BLANK:
            return self.timezone
        if name := self._named(text):
            return name
        raise Refusal(
            f"timezone: it is not certain which timezone {text[:60]!r} is; use an IANA name such "
            "as Europe/Berlin, or choose the file's timezone (--timezone in the command)."
        )

    def _span(
        self, dated: str, hour: str, theirs: str | None, *, is_zero: bool
    ) -> tuple[dt.datetime, dt.datetime, dt.datetime]:
        """The instants between which the hour lies, and at which its day in the file begins."""
        day, at, offset = self._parsed(dated, hour)
        if offset is not None:
            begins = dt.datetime.combine(day, at, tzinfo=dt.timezone(offset)).astimezone(dt.UTC)
            first = dt.datetime.combine(day, dt.time(0), tzinfo=dt.timezone(offset))
            return begins, begins + _HOUR_LONG, first.astimezone(dt.UTC)
        if theirs is None:
            raise ImportRefused(
                "timezone: the file has hours and does not say in which timezone. Choose the "
                "file's timezone (--timezone UTC or --timezone America/New_York in the command)."
            )
        span = hour_span(day, at, theirs)
        if span is None:
            if not is_zero:
                raise Refusal(
                    f"hour: {at:%H:%M} did not happen on {day} in {theirs}, where the clock jumped "
                    "over it. Is the file in another timezone? (--timezone in the command)"
                )
            (jump,) = wall_instants(day, at, theirs)
            span = jump, jump + _SECOND
        return *span, day_begins(day, theirs)

    def _parsed(self, dated: str, hour: str) -> tuple[dt.date, dt.time, dt.timedelta | None]:
        """The day, the hour, and the offset from UTC where it is written with them."""
        if isinstance(hour, Moment):
            return *_of_clock(hour), None
        if both := _DAY_AND_HOUR.fullmatch(hour):
            day = self._days.read(both[1])[0]
            return day, _time(both.groups()[1:5], hour), _offset(both[6])
        if only := _HOUR.fullmatch(hour):
            if not dated:
                raise Refusal(
                    f"date: {hour[:40]!r} is an hour without a day; choose the column with the day "
                    "(--map date=… in the command)."
                )
            return self._days.read(dated)[0], _time(only.groups(), hour), None
        raise Refusal(
            f"hour: {hour[:40]!r} is not an hour; write 0 to 23, 15:00, or the day and the hour as "
            "2026-11-25 15:00:00."
        )


def _said(columns: Columns, header: Sequence[str], titles: Sequence[str]) -> Iterator[str]:
    """The words that name the timezone: above the header, and in the names of its columns."""
    for line in titles:
        if labelled := _LABELLED.fullmatch(line[:_LONGEST_TITLE].strip()):
            yield labelled[1]
        else:
            yield from filter(_names_one, _TITLE.findall(line))
    for at in (columns.date, columns.hour):
        if at is not None:
            for name, abbreviation in _COLUMN.findall(header[at]):
                if abbreviation or _names_one(name):
                    yield name or abbreviation


def _names_one(words: str) -> bool:
    """Is it not some other "Search/Display"?"""
    return "/" not in words or words in names()


def _of_clock(moment: Moment) -> tuple[dt.date, dt.time]:
    at = dt.datetime.fromisoformat(moment)
    return at.date(), at.time()


def _time(parts: Sequence[str | None], text: str) -> dt.time:
    hour, minute, second, half = parts
    number = int(hour or 0)
    if half:
        number = number % 12 + (12 if half.casefold() == "p" else 0)
    try:
        return dt.time(number, int(minute or 0), int(second or 0))
    except ValueError as error:
        raise Refusal(f"hour: {text[:40]!r} has no such time ({error}).") from error


def _offset(text: str | None) -> dt.timedelta | None:
    if text is None:
        return None
    if text.casefold() in ("z", "utc"):
        return dt.timedelta(0)
    hours, minutes = int(text[1:3]), int(text[-2:])
    size = dt.timedelta(hours=hours, minutes=minutes)
    return -size if text[0] == "-" else size
