"""Charts of amounts in one currency, and the table with the same figures for screen readers."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django import forms

from ads.admin.elements.text import NOTHING
from ads.rules.money import format_money

#: For the Media of a page that has charts. Chart.js itself is on every page of the theme.
MEDIA = forms.Media(css={"all": ["ads/charts.css"]}, js=["ads/charts.js"])


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one colour.

    ``values``: one for each label; None: nothing there. ``colour``: "others", "quiet" or "limit";
    empty: the next colour. ``line``: a line, ``dashed`` or not, in place of bars. ``marked``:
    positions of bars that are drawn in red. ``link``: where a click on it leads.
    """

    name: str
    values: Sequence[Decimal | None]
    colour: str = ""
    line: bool = False
    dashed: bool = False
    marked: Sequence[int] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A dashed line across the chart: a budget."""

    name: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, shown by the template ``ads/admin/chart.html``.

    ``id`` is unique on its page; ``title`` is read in place of the picture; ``head`` names what the
    labels are. ``links``: where a click on a label's bar leads, one for each label, or none.
    """

    id: str
    title: str
    head: str
    currency: str
    labels: Sequence[str]
    series: Sequence[Series]
    limits: Sequence[Limit] = ()
    links: Sequence[str] = ()
    stacked: bool = False
    horizontal: bool = False
    height: int = 260  # pixels

    @property
    def data(self) -> dict[str, Any]:
        """What charts.js draws; amounts as texts, so that none is rounded on the way."""
        limits = [
            Series(limit.name, [limit.value] * len(self.labels), "limit", line=True, dashed=True)
            for limit in self.limits
        ]
        return {
            "stacked": self.stacked,
            "horizontal": self.horizontal,
            "currency": self.currency,
            "labels": self.labels,
            "links": self.links,
            "series": [asdict(series) for series in (*self.series, *limits)],
        }

    def limit_words(self) -> list[str]:
        """The limits below the table: "Daily budget: $75.00"."""
        return [f"{each.name}: {format_money(each.value, self.currency)}" for each in self.limits]

    def rows(self) -> Iterator[dict[str, Any]]:
        for number, label in enumerate(self.labels):
            amounts = [series.values[number] for series in self.series]
            yield {
                "label": label,
                "link": self.links[number] if self.links else "",
                "cells": [
                    NOTHING if one is None else format_money(one, self.currency) for one in amounts
                ],
            }
