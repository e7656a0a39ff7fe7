"""The pace of a month or a flight on the page of its brand or campaign."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from ads.admin.elements import address, basis_words, day, may, pace_badge, pace_percent, range_of
from ads.models import SeasonalityAdjustment
from ads.rules.currencies import MINOR_UNITS
from ads.rules.money import format_estimate, format_money, plain
from ads.rules.pacing import LEAST_DAYS, Pace, PaceState


def pace_panel(
    request: HttpRequest, pace: Pace | None, currency: str, span: str = "month"
) -> dict[str, Any] | None:
    """What the template ``ads/admin/pace.html`` shows; None: there is nothing to say.

    ``span``: "month" or "flight".
    """
    if pace is None or (pace.state == PaceState.NO_BUDGET and pace.projected is None):
        return None
    sees_events = may(request, SeasonalityAdjustment, "view")
    return {
        "state": pace_badge(pace),
        "percent": pace_percent(pace),
        "span": span,
        "why": _why(pace, span),
        "facts": list(_facts(pace, currency, span)),
        "basis": basis_words(pace, span),
        "events_link": reverse(address(SeasonalityAdjustment, "changelist")) if sees_events else "",
    }


def _why(pace: Pace, span: str) -> str:
    if pace.state == PaceState.NOT_RUNNING:
        return "It is paused or its flight has ended, so no more spend is expected."
    if pace.state == PaceState.NOT_ENOUGH_DATA:
        if pace.projected is None:
            return (
                f"Not enough data yet: it needs {LEAST_DAYS} whole days of spend for a projection."
            )
        return f"Not enough data yet: too little of the {span} has passed to call it over or under."
    return ""


def _facts(pace: Pace, currency: str, span: str) -> Iterator[dict[str, str]]:
    def fact(label: str, value: str, note: str = "", **more: str) -> dict[str, str]:
        return {"label": label, "value": value, "note": note, **more}

    def money(amount: Any) -> str:
        return format_estimate(amount, currency)

    if pace.expected is not None:
        yield fact("Expected by now", money(pace.expected), f"{money(pace.spent)} spent")
    if pace.projected is not None:
        between = range_of(pace, currency)
        note = f"{between} in four of five cases" if between else ""
        yield fact(f"Projected by the end of the {span}", money(pace.projected), note)
    if pace.runs_out_on:
        yield fact("Budget runs out", day(pace.runs_out_on), "at this pace")
    elif pace.left_over is not None and pace.state != PaceState.NOT_RUNNING:
        yield fact("Projected to be left", money(pace.left_over), "at this pace")
    if pace.recommended_daily is not None:
        yield fact(
            "Recommended daily budget",
            format_money(pace.recommended_daily, currency),
            f"spends what is left by the end of the {span}",
            enters=plain(pace.recommended_daily, MINOR_UNITS.get(currency, 2)),
        )
