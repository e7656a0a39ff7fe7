"""Costs: a report is ordered, asked for until it is done, fetched as a ZIP and read as CSV.

Documented in learn.microsoft.com/advertising/guides/reports; a report without rows may have no
file, and thousands in ``Spend`` have commas. That page says that all reports are in UTC, while
their header names another timezone: the account's by day, and Pacific time by hour whatever was
ordered (github.com/BingAds/BingAds-Python-SDK/issues/272). So the header decides: hours are
converted from its timezone to the account's, and days in another timezone are refused.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from ads.platforms.interface import Account, PlatformError, Unreachable
from ads.platforms.microsoft_ads.access import Access
from ads.platforms.microsoft_ads.campaigns import text
from ads.platforms.microsoft_ads.errors import NAME, unreadable
from ads.platforms.microsoft_ads.timezones import of_report
from ads.rules.money import InvalidAmount, parse_amount

_PERIOD: Final = "TimePeriod"
_SPEND: Final = "Spend"
_ACCOUNT: Final = "AccountId"
CAMPAIGN: Final = "CampaignId"
CAMPAIGN_NAME: Final = "CampaignName"
#: Seconds between two questions; the last ones go on until the deadline.
_PAUSES: Final = (0.25, 0.5, 1, 2, 4, 8)

#: "2026-11-24", and by hour "2026-11-24|7".
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:\|([01]?\d|2[0-3]))?")
_AMOUNT: Final = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
#: The time of the header, which says GMT and is UTC.
_COMPLETED: Final = "%m/%d/%Y %I:%M:%S %p (GMT)"
#: Of a report after it has been unpacked.
_MOST_BYTES: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What a report is to contain."""

    kind: str
    columns: tuple[str, ...]
    since: date
    until: date
    by_hour: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row; ``campaign`` is "" in a report of accounts, ``hour`` None in one by day."""

    date: date
    hour: int | None
    amount: Decimal
    campaign: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Args:
        timezone: as its header writes it.
        fresh_until: up to when all clicks are in it.
        is_final: its last day is complete.
        has_file: False where there was none, of which nothing more is known.
    """

    lines: Sequence[Line] = ()
    timezone: str = ""
    fresh_until: datetime | None = None
    is_final: bool = False
    has_file: bool = False


class Reports:
    """Reports that were ordered with one login; one that took too long is asked for again."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._pending: dict[tuple[str, Order], str] = {}

    def report(self, account: Account, order: Order) -> Report:
        """The report, within the deadline of the call.

        Raises:
            PlatformError: Unreachable if it is not done in time.
        """
        key = account.id, order
        report = self._pending.get(key) or self._ordered(account, order)
        self._pending[key] = report
        for pause in (*_PAUSES, *[_PAUSES[-1]] * 1000):
            said = self._access.ask(
                "Reporting/v13/GenerateReport/Poll", {"ReportRequestId": report}, account=account
            ).get("ReportRequestStatus")
            if not isinstance(said, Mapping):
                raise unreadable("a report's status that is none")
            match text(said, "Status"):
                case "Success":
                    del self._pending[key]
                    address = text(said, "ReportDownloadUrl")
                    return _read(self._access.download(address), account) if address else Report()
                case "Pending":
                    pass
                case status:
                    del self._pending[key]
                    raise Unreachable(f"{NAME} could not make the report (status {status}).")
            if not self._access.deadline.sleep(pause):
                break
        raise Unreachable(f"{NAME} had not finished the report in time; it is asked for again.")

    def _ordered(self, account: Account, order: Order) -> str:
        zone = of_report(account.timezone)
        if not zone:
            raise PlatformError(
                f"{NAME} has no timezone {account.timezone or 'for this account'}.",
                remedy="Set the account's timezone.",
            )
        content = {
            "Type": f"{order.kind}PerformanceReportRequest",
            "ReportName": "Budget Manager",
            "Format": "Csv",
            "FormatVersion": "2.0",
            "ReturnOnlyCompleteData": False,
            "ExcludeReportHeader": False,
            "ExcludeColumnHeaders": False,
            "ExcludeReportFooter": False,
            "Aggregation": "Hourly" if order.by_hour else "Daily",
            "Columns": [_PERIOD, _ACCOUNT, *order.columns, _SPEND],
            "Scope": {"AccountIds": [account.id]},
            "Time": {
                "CustomDateRangeStart": _date(order.since),
                "CustomDateRangeEnd": _date(order.until),
                "ReportTimeZone": zone,
            },
        }
        said = self._access.ask(
            "Reporting/v13/GenerateReport/Submit", {"ReportRequest": content}, account=account
        )
        if not (report := text(said, "ReportRequestId")):
            raise unreadable("no ID of the report")
        return report


def _date(day: date) -> Mapping[str, int]:
    return {"Day": day.day, "Month": day.month, "Year": day.year}


def _read(packed: bytes, account: Account) -> Report:
    """The report in the only file of a ZIP.

    Raises:
        Unreachable: it broke off on its way.
    """
    if packed and not packed.startswith(b"PK"):
        raise unreadable("something else in place of its report")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            (entry,) = archive.infolist()
            if entry.file_size > _MOST_BYTES:
                raise unreadable(f"a report of {entry.file_size:,} bytes")
            content = archive.read(entry).decode("utf-8-sig")
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise Unreachable(f"{NAME}'s report broke off.") from None
    except (ValueError, NotImplementedError, RuntimeError):
        raise unreadable("a report that is no ZIP of one CSV file") from None
    return _parsed(csv.reader(io.StringIO(content, newline="")), account)


def _parsed(rows: Iterator[list[str]], account: Account) -> Report:
    """Its header ("Name: value" in one cell each), the columns, the rows, and the copyright."""
    said: dict[str, str] = {}
    columns: list[str] = []
    lines = []
    try:
        for row in rows:
            if columns:
                if len(row) == len(columns):
                    lines.append(_line(dict(zip(columns, row, strict=True)), account))
                elif len(row) > 1:
                    raise unreadable("a report with a row of another length")
            elif _SPEND in row:
                columns = row
            elif len(row) == 1:
                name, _, value = row[0].partition(": ")
                said[name.strip()] = value.strip()
    except csv.Error:
        raise unreadable("a report that is no CSV") from None
    if not columns or said.get("Rows") != str(len(lines)):
        raise unreadable(f"a report of {said.get('Rows', 'no')} rows that has {len(lines)}")
    completed = said.get("Last Completed Available Hour", "")
    try:
        fresh_until = datetime.strptime(completed, _COMPLETED).replace(tzinfo=UTC)
    except ValueError:
        fresh_until = None
    is_final = said.get("Potential Incomplete Data", "").casefold() == "false"
    return Report(lines, said.get("Time Zone", ""), fresh_until, is_final, has_file=True)


def _line(row: Mapping[str, Any], account: Account) -> Line:
    if row.get(_ACCOUNT) != account.id:
        raise unreadable(f"a report with rows of account {row.get(_ACCOUNT)}")
    found = _TIME.fullmatch(row.get(_PERIOD) or "")
    try:
        day = date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise unreadable(f"a report with the time {row.get(_PERIOD)!s:.40}") from None
    hour = int(found[2]) if found and found[2] else None
    amount = amount_in(row[_SPEND])
    return Line(day, hour, amount, row.get(CAMPAIGN, ""), row.get(CAMPAIGN_NAME, ""))


def amount_in(written: str) -> Decimal:
    """The amount of a report: "1,041.23"."""
    if not _AMOUNT.fullmatch(written.strip()):
        raise unreadable(f"a report with the spend {written:.40}")
    try:
        return parse_amount(written.strip().replace(",", ""), field=_SPEND, negative=True)
    except InvalidAmount as error:
        raise unreadable(f"a report that cannot be recorded: {error}") from None
