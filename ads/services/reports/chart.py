"""The bars of a month's days as SVG: by attributes alone, which is all that WeasyPrint applies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from ads.rules.money import format_money

WIDTH: Final = 720
HEIGHT: Final = 190
_LEFT: Final = 70
_TOP: Final = 10
_BOTTOM: Final = 165
_LINES: Final = 4
_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: its bar, and the number below it."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    day: int
    #: What the day spent, in words.
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line across, and the amount it stands for."""

    y: str
    amount: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything in the drawing, in its own units."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    bottom: int = _BOTTOM


def chart(days: Sequence[tuple[date, Decimal]], in_month: int, currency: str) -> Chart:
    """The days of a month with ``in_month`` days, those to come left empty."""
    step = _step(max((amount for _, amount in days), default=Decimal(0)) / _LINES)
    top = step * _LINES
    each = Decimal(WIDTH - _LEFT) / in_month

    def height_of(amount: Decimal) -> Decimal:
        return max(amount, Decimal(0)) / top * (_BOTTOM - _TOP)

    bars = []
    for day, amount in days:
        x, height = _LEFT + (day.day - 1) * each, height_of(amount)
        bars.append(
            Bar(
                x=_short(x + each / 10),
                y=_short(_BOTTOM - height),
                width=_short(each * 8 / 10),
                height=_short(height),
                middle=_short(x + each / 2),
                day=day.day,
                said=f"{day:%B} {day.day}: {format_money(amount, currency)}",
            )
        )
    lines = tuple(
        Line(_short(_BOTTOM - height_of(step * number)), _whole(step * number, currency))
        for number in range(_LINES + 1)
    )
    return Chart(tuple(bars), lines)


def _step(least: Decimal) -> Decimal:
    """The next round amount: 1, 2, 2.5 or 5 with any number of zeros."""
    if least <= 0:
        return Decimal(1)
    power = Decimal(1).scaleb(least.adjusted())
    return next(step * power for step in _STEPS if step * power >= least)


def _whole(amount: Decimal, currency: str) -> str:
    text = format_money(amount, currency)
    return text.partition(".")[0] if amount == amount.to_integral_value() else text


def _short(number: Decimal) -> str:
    return f"{number:.1f}"
