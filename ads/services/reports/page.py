"""The report in words, for the client who reads it: one page for the browser, print and PDF."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.template.loader import render_to_string

from ads.holds import Hold
from ads.rules.calendar import local_time
from ads.rules.currencies import labelled
from ads.rules.money import format_estimate, format_money, percent_used
from ads.rules.pacing import Pace, PaceState
from ads.services.receipts import Receipt
from ads.services.reports.chart import chart
from ads.services.reports.month import MonthReport

#: Campaigns in the table, and overspent budgets; the CSV has all campaigns.
MOST_CAMPAIGNS: Final = 100
MOST_OVER: Final = 20

#: Why campaigns were stopped, as clients read it.
_REASONS: Final = {
    Hold.FLIGHT: "Outside the campaign’s start and end dates",
    Hold.BRAND_DAILY_BUDGET: "Daily budget for all campaigns used up",
    Hold.BRAND_MONTHLY_BUDGET: "Monthly budget for all campaigns used up",
    Hold.DAILY_BUDGET: "Campaign’s daily budget used up",
    Hold.MONTHLY_BUDGET: "Campaign’s monthly budget used up",
    Hold.TOTAL_BUDGET: "Campaign’s total budget used up",
    Hold.GROUP_BUDGET: "Budget shared by several campaigns used up",
    Hold.STALE_SPEND: "Spend figures were not up to date",
    Hold.DAYPARTING: "Outside scheduled hours",
}

_PACES: Final = {
    PaceState.OVER: "Over pace",
    PaceState.UNDER: "Under pace",
    PaceState.ON_PACE: "On pace",
}


@dataclass(frozen=True, slots=True)
class Tools:
    """What the page offers on screen: addresses, "" for what it does not."""

    pdf: str
    csv: str
    share: str = ""
    schedule: str = ""
    back: str = ""
    #: To choose from, the newest first.
    months: tuple[date, ...] = ()


def as_html(report: MonthReport, now: datetime, tools: Tools | None = None) -> str:
    """The page; without ``tools`` what of it is printed."""
    brand = report.brand
    currency = brand.currency

    def money(amount: Decimal) -> str:
        return format_money(amount, currency)

    shown, rest = report.campaigns[:MOST_CAMPAIGNS], report.campaigns[MOST_CAMPAIGNS:]
    over = sorted(
        (receipt for receipt in report.receipts.receipts if not receipt.is_kept),
        key=lambda receipt: (-receipt.over, receipt.change.pk),
    )
    context = {
        "report": report,
        "tools": tools,
        "title": f"{brand.name}, {report.month:%B %Y}",
        "as_of": _instant(now, brand.timezone),
        "is_over": report.pace is None,
        "figures": list(_figures(report)),
        "pace": _pace(report.pace, currency) if report.pace else [],
        "chart": chart(report.days, monthrange(report.month.year, report.month.month)[1], currency)
        if report.most
        else None,
        "days": list(_days(report)),
        "campaigns": [
            {
                "name": row.name,
                "spent": money(row.spent),
                "share": _percent(percent_used(row.spent, report.spent)),
                "budget": "" if row.budget is None else money(row.budget),
                "used": _percent(percent_used(row.spent, row.budget)),
                "stops": row.stops or "",
            }
            for row in shown
        ],
        "rest": len(rest),
        "rest_spent": money(sum((row.spent for row in rest), Decimal(0))),
        "spent": money(report.spent),
        "stops": [
            (_REASONS.get(row.hold, str(row.hold.label)), row.times, row.campaigns)
            for row in report.stops
        ],
        "kept": _kept(report),
        "over": [_over(receipt, brand.timezone, currency) for receipt in over[:MOST_OVER]],
        "more_over": max(len(over) - MOST_OVER, 0),
        "currency": labelled(currency),
        "zone": brand.timezone.replace("_", " "),
    }
    return render_to_string("ads/report/report.html", context)


def summary(report: MonthReport) -> list[str]:
    return [f"{label}: {value}" for label, value in _figures(report)]


def _figures(report: MonthReport) -> Iterator[tuple[str, str]]:
    """What the report begins with: label and value."""
    currency = report.brand.currency
    if report.budget is None:
        yield "Monthly budget", "None"
    elif report.allowed:
        more = f"including {format_money(report.allowed, currency)} added during the month"
        yield "Monthly budget", f"{format_money(report.budget + report.allowed, currency)}, {more}"
    else:
        yield "Monthly budget", format_money(report.budget, currency)
    yield "Spent", format_money(report.spent, currency)
    if report.limit is None:
        return
    if report.spent > report.limit:
        yield "Over budget", format_money(report.spent - report.limit, currency)
    else:
        yield "Left", format_money(report.limit - report.spent, currency)
    if report.percent is not None:
        yield "Budget used", f"{report.percent}%"


def _pace(pace: Pace, currency: str) -> list[str]:
    said = []
    if pace.state in _PACES and pace.expected is not None:
        said.append(
            f"{_PACES[pace.state]}: {format_money(pace.spent, currency)} spent, "
            f"{_round(pace.expected, currency)} expected by now."
        )
    if pace.projected is not None:
        between = ""
        if pace.low is not None and pace.high is not None:
            between = (
                f", most likely between {_round(pace.low, currency)} "
                f"and {_round(pace.high, currency)}"
            )
        said.append(f"Projected for the month: {_round(pace.projected, currency)}{between}.")
    if pace.runs_out_on is not None:
        said.append(f"At this pace the budget will be used up on {_day(pace.runs_out_on)}.")
    return said


def _days(report: MonthReport) -> Iterator[tuple[str, str, str, str]]:
    """Day, spend, the month to date, and how much of the budget that is."""
    so_far = Decimal(0)
    for day, amount in report.days:
        so_far += amount
        yield (
            f"{day:%a}, {_day(day)}",
            format_money(amount, report.brand.currency),
            format_money(so_far, report.brand.currency),
            _percent(percent_used(so_far, report.limit)),
        )


def _kept(report: MonthReport) -> str:
    count, kept = len(report.receipts.receipts), report.receipts.kept
    if not count:
        return "No campaign was stopped because a budget was used up."
    over = format_money(report.receipts.over, report.brand.currency)
    if count == 1:
        came_to = "kept" if kept else f"overspent by {over}"
        return f"One campaign was stopped because a budget was used up. The budget was {came_to}."
    said = f"Campaigns were stopped {count:,} times because a budget was used up. "
    if kept == count:
        return f"{said}The budget was kept every time."
    return (
        f"{said}The budget was kept {kept:,} of {count:,} times; "
        f"budgets were overspent by {over} in all."
    )


def _over(receipt: Receipt, timezone: str, currency: str) -> dict[str, Any]:
    return {
        "at": _instant(receipt.decided_at, timezone),
        "campaign": receipt.change.campaign.name,
        "budget": _REASONS.get(receipt.budget.hold, str(receipt.budget.hold.label)).removesuffix(
            " used up"
        ),
        "limit": format_money(receipt.limit, currency),
        "spent": format_money(receipt.spent, currency),
        "over": format_money(receipt.over, currency),
        "why": receipt.cost_by.label if receipt.cost_by else "",
    }


def _percent(value: int | None) -> str:
    return "" if value is None else f"{value}%"


def _round(amount: Decimal, currency: str) -> str:
    """An estimate, without digits that mean nothing."""
    return format_estimate(amount, currency)


def _day(day: date) -> str:
    return f"{day:%b} {day.day}"


def _instant(at: datetime, timezone: str) -> str:
    """ "Nov 29, 2026, 9:48 AM"."""
    local = local_time(at, timezone)
    clock = f"{local:%I:%M %p}".removeprefix("0")
    return f"{_day(local.date())}, {local.year}, {clock}"
