"""Orders for reports, and their files."""

import csv
import io
import time as clock
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ads.rules.calendar import day_bounds, hour_span, local_date, local_time
from stand_ins.faults import Fault
from stand_ins.http import Reply, Request
from stand_ins.microsoft_ads.campaigns import UNKNOWN, ZONES, check
from stand_ins.microsoft_ads.errors import Refusal, invalid, not_allowed
from stand_ins.stage import Stage
from stand_ins.world import Account, Row, World

PATH = "/reports/"
#: Reports by hour are in it, whatever is ordered.
_PACIFIC = "America/Los_Angeles"
_COLUMNS = {
    "CampaignPerformanceReportRequest": {
        "TimePeriod", "AccountId", "AccountName", "CampaignId", "CampaignName", "Spend",
    },
    "AccountPerformanceReportRequest": {"TimePeriod", "AccountId", "AccountName", "Spend"},
}  # fmt: skip
_NEEDED = ("Type", "Columns", "Scope", "Time", "Aggregation")
_OTHERS = (
    "ReportName", "Format", "FormatVersion", "ReturnOnlyCompleteData", "ExcludeReportHeader",
    "ExcludeColumnHeaders", "ExcludeReportFooter", "Filter",
)  # fmt: skip
_ZONES_OF_REPORTS = {microsoft: iana for iana, (microsoft, _) in ZONES.items()}


@dataclass(frozen=True, slots=True)
class Order:
    """A report that was ordered, and from when on (in seconds of the process) it is done."""

    account: str
    kind: str
    columns: tuple[str, ...]
    since: date
    until: date
    by_hour: bool
    zone: str
    done_at: float


@dataclass(slots=True)
class Reports:
    """All orders, by ID. ``address``: where the stand-in answers."""

    stage: Stage
    address: str = ""
    orders: dict[str, Order] = field(default_factory=dict)

    def submit(self, account: Account, content: Any, fault: Fault | None) -> Any:
        """SubmitGenerateReport; an unknown timezone is as if none had been given."""
        asked = check(check(content, ["ReportRequest"])["ReportRequest"], _NEEDED, _OTHERS)
        columns = _COLUMNS.get(asked["Type"])
        if columns is None or not set(asked["Columns"]) <= columns:
            raise invalid("The columns are not valid.", 2010, "ReportingServiceInvalidColumns")
        if asked["Aggregation"] not in {"Daily", "Hourly"} or "TimePeriod" not in asked["Columns"]:
            name = "ReportingServiceInvalidReportAggregation"
            raise invalid("The aggregation is not valid.", 2007, name)
        if asked["Scope"] != {"AccountIds": [account.id]}:
            raise invalid("An account is not valid.", 2035, "ReportingServiceInvalidAccountIds")
        order = self._order(account, asked)
        if fault and fault.kind == "unknown_enum":
            order = replace(order, zone=_PACIFIC)
        today = local_date(self.stage.world.now(), order.zone)
        if order.until > today or order.since > order.until:
            raise invalid(
                "The end date cannot be later than today's date.",
                2017,
                "ReportingServiceInvalidCustomDateRangeEnd",
            )
        if asked.get("ReturnOnlyCompleteData") and order.until >= today:
            name = "ReportingServiceNoCompleteDataAvaliable"
            raise invalid("Currently only partial data is available.", 2004, name)
        report = f"{30_000_000_000 + len(self.orders)}_{account.id}"
        self.orders[report] = order
        return {"ReportRequestId": report}

    def _order(self, account: Account, asked: Mapping[str, Any]) -> Order:
        said = check(
            asked["Time"],
            ["CustomDateRangeStart", "CustomDateRangeEnd"],
            ["PredefinedTime", "ReportTimeZone"],
        )
        since, until = (
            date(*(said[name][part] for part in ("Year", "Month", "Day")))
            for name in ("CustomDateRangeStart", "CustomDateRangeEnd")
        )
        zone = _ZONES_OF_REPORTS.get(said.get("ReportTimeZone", "PacificTimeUSCanadaTijuana"))
        if zone is None:
            raise invalid("Error converting value to type ReportTimeZone.")
        return Order(
            account.id,
            asked["Type"],
            tuple(asked["Columns"]),
            since,
            until,
            asked["Aggregation"] == "Hourly",
            zone,
            clock.monotonic() + self.stage.world.settings.asynchronous_seconds,
        )

    def poll(self, account: Account, content: Any, fault: Fault | None) -> Any:
        """PollGenerateReport: nothing to fetch where there are no rows."""
        report = check(content, ["ReportRequestId"])["ReportRequestId"]
        order = self.orders.get(report)
        if order is None:
            raise invalid("The report ID is not valid.", 2100, "ReportingServiceInvalidReportId")
        if order.account != account.id:
            raise not_allowed()
        address: str | None = f"{self.address}{PATH}{report}.zip?sig={_signature(report)}"
        match fault.kind if fault else "":
            case "unknown_enum":
                status, address = UNKNOWN, None
            case "server_error":
                status, address = "Error", None
            case "empty_page":
                status, address = "Success", None
            case _ if clock.monotonic() < order.done_at:
                status, address = "Pending", None
            case _:
                status = "Success"
                address = address if _rows(self.stage.world, order) else None
        return {"ReportRequestStatus": {"Status": status, "ReportDownloadUrl": address}}

    def download(self, request: Request, fault: Fault | None) -> Reply:
        report = request.path.removeprefix(PATH).removesuffix(".zip")
        if report not in self.orders or request.query.get("sig") != _signature(report):
            return Reply("<Error><Code>AuthenticationFailed</Code></Error>", 403)
        packed = _zipped(self.stage.world, report, self.orders[report])
        if fault and fault.kind == "half" and fault.code == "zip":
            return Reply(packed[: len(packed) // 2])
        return Reply(packed)


def _signature(report: str) -> str:
    return f"sas-{report}-opens-the-report"


def _rows(world: World, order: Order) -> list[tuple[Row, str]]:
    """The rows, each with its time."""
    if order.account not in world.accounts:
        raise Refusal(2035, "ReportingServiceInvalidAccountIds", "The account is gone.")
    account = world.accounts[order.account]
    campaigns = world.campaigns_of(account.id)
    if not order.by_hour:
        rows = world.reported(campaigns, order.since, order.until)
        return [(row, row.date.isoformat()) for row in rows]
    # One day more on both sides, so that each of Pacific time's days is whole.
    day = timedelta(days=1)
    found = []
    for row in world.reported(campaigns, order.since - day, order.until + day, by_hour=True):
        span = hour_span(row.date, time(row.hour or 0), account.timezone)
        assert span  # noqa: S101 - nothing costs anything in an hour that the clock leaves out
        at = local_time(span[0], _PACIFIC)
        if order.since <= at.date() <= order.until:
            found.append((row, f"{at.date().isoformat()}|{at.hour}"))
    return found


def _zipped(world: World, report: str, order: Order) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{report}.csv", "\ufeff" + _text(world, order))
    return packed.getvalue()


def _text(world: World, order: Order) -> str:
    account = world.accounts[order.account]
    rows = _summed(world, order)
    processed = world.now() - timedelta(seconds=world.settings.reporting_lag)
    is_final = day_bounds(order.until, account.timezone)[1] <= processed
    zone = _PACIFIC if order.by_hour else order.zone
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    for name, value in {
        "Report Name": "Budget Manager",
        "Report Time": f"{_written(order.since)},{_written(order.until)}",
        "Time Zone": ZONES[zone][1],
        "Last Completed Available Day": _instant(processed),
        "Last Completed Available Hour": _instant(processed),
        "Report Aggregation": "Hourly" if order.by_hour else "Daily",
        "Report Filter": "",
        "Potential Incomplete Data": str(not is_final).lower(),
        "Rows": str(len(rows)),
    }.items():
        writer.writerow([f"{name}: {value}"])
    writer.writerow([])
    writer.writerow(order.columns)
    for row in rows:
        writer.writerow([row[name] for name in order.columns])
    writer.writerow([])
    writer.writerow([f"©{world.now().year} Microsoft Corporation. All rights reserved. "])
    return file.getvalue()


def _summed(world: World, order: Order) -> list[Mapping[str, str]]:
    """The cells of each row; those of an account are the sums of its campaigns'."""
    account = world.accounts[order.account]
    sums: dict[tuple[str, str], Decimal] = {}
    for row, period in _rows(world, order):
        key = period, row.campaign if "CampaignId" in order.columns else ""
        sums[key] = sums.get(key, Decimal(0)) + row.amount
    return [
        {
            "TimePeriod": period,
            "AccountId": account.id,
            "AccountName": account.name,
            "CampaignId": campaign,
            "CampaignName": world.campaigns[campaign].name if campaign else "",
            "Spend": f"{amount:,f}",
        }
        for (period, campaign), amount in sums.items()
    ]


def _written(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def _instant(at: datetime) -> str:
    half = "AM" if at.hour < 12 else "PM"  # noqa: PLR2004 - noon
    hour = at.hour % 12 or 12
    return f"{_written(at.date())} {hour}:{at:%M:%S} {half} (GMT)"
