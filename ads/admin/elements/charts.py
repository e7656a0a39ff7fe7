"""Charts: what the browser draws, and the table that says the same to whoever does not see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django import forms

from ads.admin.elements.text import NOTHING
from ads.rules.money import format_usd

#: For the Media of a page that has charts. Chart.js itself is on every page of the theme.
MEDIA = forms.Media(css={"all": ["ads/charts.css"]}, js=["ads/charts.js"])


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one colour.

    ``values``: one for each label; None: nothing there.
    ``colour``: "others" and "quiet" are grey, "limit" is that of limits; empty: the next colour.
    ``line``: drawn as a line over the bars; ``stepped`` and ``dashed`` say how.
    ``marked``: positions of bars that stand out in red, such as days over their budget.
    ``link``: where a click on it leads.
    """

    name: str
    values: Sequence[Decimal | None]
    colour: str = ""
    line: bool = False
    stepped: bool = False
    dashed: bool = False
    marked: Sequence[int] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A dashed line across the chart: a budget, in US dollars."""

    name: str
    value: Decimal

    @property
    def words(self) -> str:
        return f"{self.name}: {format_usd(self.value)}"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, shown by the template ``ads/admin/chart.html``.

    ``id`` is unique on its page; ``title`` is read in place of the picture; ``head`` names what the
    labels are. ``links``: where a click on a label's bar leads, one for each label, or none.
    ``unit``: US dollars, or a number of things. ``height`` in pixels.
    """

    id: str
    title: str
    head: str
    labels: Sequence[str]
    series: Sequence[Series]
    limits: Sequence[Limit] = ()
    links: Sequence[str] = field(default=())
    stacked: bool = False
    horizontal: bool = False
    unit: Literal["usd", "count"] = "usd"
    height: int = 260

    @property
    def data(self) -> dict[str, Any]:
        """What charts.js draws; amounts as texts, so that none is rounded on the way."""
        return {
            "kind": "bar",
            "unit": self.unit,
            "stacked": self.stacked,
            "horizontal": self.horizontal,
            "labels": list(self.labels),
            "links": list(self.links),
            "limits": [{"name": limit.name, "value": str(limit.value)} for limit in self.limits],
            "series": [
                {
                    "name": series.name,
                    "values": [None if value is None else str(value) for value in series.values],
                    "colour": series.colour,
                    "as": "line" if series.line else "bar",
                    "stepped": series.stepped,
                    "dashed": series.dashed,
                    "marked": list(series.marked),
                    "link": series.link,
                }
                for series in self.series
            ],
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """The table: a row for each label, a cell for each series."""
        for number, label in enumerate(self.labels):
            yield {
                "label": label,
                "link": self.links[number] if self.links else "",
                "cells": [self._written(series.values[number]) for series in self.series],
            }

    def _written(self, value: Decimal | None) -> str:
        if value is None:
            return NOTHING
        return format_usd(value) if self.unit == "usd" else f"{value:,}"
