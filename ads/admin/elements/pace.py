"""A pace as people read it: in lists, and in sentences on a page."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.elements import tips
from ads.admin.elements.text import NOTHING, badge, two_lines
from ads.rules.money import format_estimate, format_money
from ads.rules.pacing import Basis, Pace, PaceState

COLOURS: Final = {PaceState.OVER: "warning", PaceState.UNDER: "info", PaceState.ON_PACE: "success"}

#: Percentages above it are shown as more than it.
MOST: Final = 999

_BASIS: Final = {
    Basis.WEEKDAYS: "how it spent by weekday in the last four weeks",
    Basis.HOURS: "the hours of its schedules",
    Basis.FLIGHT: "its flight",
    Basis.FIRST_SPEND: "its first spend of the {span}",
    Basis.EVENTS: "seasonality adjustments",
    Basis.PLAN: "budgets planned for later days",
}


def pace_badge(pace: Pace) -> SafeString:
    return badge(pace.state.label, COLOURS.get(pace.state, "plain"))


def pace_percent(pace: Pace) -> str:
    """Spent ÷ expected: "112%"; "" if nothing is expected yet."""
    if pace.pace_percent is None or pace.state in (
        PaceState.NOT_ENOUGH_DATA,
        PaceState.NOT_RUNNING,
    ):
        return ""
    percent = round(pace.pace_percent)
    return f">{MOST}%" if percent > MOST else f"{percent}%"


def pace_tip(pace: Pace | None, currency: str, name: str) -> SafeString | str:
    """The state on one line, all figures on hover. ``name`` is unique on the page."""
    if pace is None or pace.state == PaceState.NO_BUDGET:
        return NOTHING
    words = " ".join(filter(None, [pace.state.label, pace_percent(pace)]))
    colour = COLOURS.get(pace.state, "plain")
    figures = " ".join(sentences(pace, currency))
    return tips.tip(words, figures, name=name, classes=f"ads-badge ads-{colour}")


def pace_cell(pace: Pace | None, currency: str, name: str) -> SafeString | str:
    """The same on two lines, with what is projected."""
    if pace is None or pace.state == PaceState.NO_BUDGET:
        return NOTHING
    state = format_html("{} {}", pace_badge(pace), pace_percent(pace))
    if pace.projected is None:
        return state
    projected = f"{format_estimate(pace.projected, currency)} projected"
    return two_lines(
        state,
        tips.tip(
            projected, " ".join(sentences(pace, currency)), name=name, classes="ads-change-at"
        ),
    )


def range_of(pace: Pace, currency: str) -> str:
    """ "$1,100.00 to $1,400.00"; "" without a range."""
    if pace.low is None or pace.high is None or pace.low == pace.high:
        return ""
    low, high = (format_estimate(amount, currency) for amount in (pace.low, pace.high))
    return f"{low} to {high}"


def basis_words(pace: Pace, span: str = "month") -> str:
    """What the figures rest on: "its flight and its first spend of the month"."""
    words = [_BASIS[one].format(span=span) for one in Basis if one in pace.basis]
    if not words:
        return f"even spend over the {span}"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def sentences(pace: Pace, currency: str) -> Iterator[str]:
    """The figures of a pace, a sentence each."""

    def money(amount: Decimal) -> str:
        return format_estimate(amount, currency)

    if pace.expected is not None:
        yield f"{money(pace.spent)} spent; {money(pace.expected)} expected by now."
    if pace.projected is not None:
        between = range_of(pace, currency)
        of = f", in four of five cases {between}" if between else ""
        yield f"{money(pace.projected)} projected by the end of the month{of}."
    if pace.runs_out_on:
        yield f"The budget runs out on {day(pace.runs_out_on)}."
    if pace.recommended_daily is not None:
        yield f"{format_money(pace.recommended_daily, currency)} a day would spend what is left."
    yield f"Based on {basis_words(pace)}."


def day(on: date) -> str:
    """ "Fri 27 Nov"."""
    return f"{on:%a %-d %b}"
