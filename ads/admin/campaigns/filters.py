"""The filters of the list of campaigns, all for the one instant of the request.

A value in the address that is none of the choices filters nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from ads.admin.elements import USED, ChoiceFilter, NumberFilter, RowFilter, instant_of, is_number
from ads.admin.team import BrandLabelFilter, LabelFilter, ManagerFilter
from ads.holds import LIMITS, AnyBudget, Hold, Moment, held_by
from ads.models import Campaign
from ads.models.campaigns import STATES, Status
from ads.models.spend import Period
from ads.services import pacing
from ads.services.lists import Flight, filters, pages

HOLD = "hold"


def moment_of(request: HttpRequest) -> Moment:
    """The instant of the list, as the rule needs it for all campaigns; worked out once."""
    if "ads_moment" not in request.__dict__:
        hold = Hold(code) if (code := request.GET.get(HOLD)) in Hold.values else None
        request.__dict__["ads_moment"] = pages.moment_for(hold, instant_of(request))
    moment: Moment = request.__dict__["ads_moment"]
    return moment


class BrandFilter(RowFilter):
    def __init__(self, field: Any, request: HttpRequest, params: Any, *args: Any, **kw: Any):
        name = f"{kw['field_path']}__id__exact"
        if name in params and not all(map(is_number, params[name])):
            del params[name]
        super().__init__(field, request, params, *args, **kw)


Rows = QuerySet[Campaign]


def _choice(
    title: str,
    parameter: str,
    choices: Sequence[tuple[str, str]],
    picked: Callable[[HttpRequest, Rows, str], Rows],
) -> type[ChoiceFilter]:
    class Chosen(ChoiceFilter):
        CHOICES: ClassVar = list(choices)

        def pick(self, request: HttpRequest, rows: Rows, chosen: str) -> Rows:
            return picked(request, rows, chosen)

    Chosen.title, Chosen.parameter_name = title, parameter
    return Chosen


def _used(title: str, parameter: str, budgets: Iterable[AnyBudget]) -> type[ChoiceFilter]:
    budgets = tuple(budgets)
    return _choice(
        title,
        parameter,
        USED,
        lambda request, rows, percent: filters.used(
            rows, moment_of(request), budgets, int(percent)
        ),
    )


LIST_FILTER: list[Any] = [
    _choice(
        "state",
        "state",
        [(state, state) for state in STATES],
        lambda _, rows, state: rows.filter(STATES[state]),
    ),
    _choice(
        "current hold",
        HOLD,
        Hold.choices,
        lambda request, rows, hold: held_by(rows, moment_of(request), Hold(hold), of_many=True),
    ),
    ("brand", BrandFilter),
    ("budget_group", BrandFilter),
    LabelFilter,
    BrandLabelFilter,
    ManagerFilter,
    _used(
        "daily budget used", "day_used", (one for one in filters.OWN if one.period == Period.DAY)
    ),
    _used(
        "monthly budget used",
        "month_used",
        (one for one in filters.OWN if one.period == Period.MONTH),
    ),
    _used("any budget used, including the brand's", "any_used", LIMITS),
    _choice(
        "pace of the month",
        "pace",
        pacing.Paced.choices,
        lambda request, rows, choice: pacing.paced(rows, choice, instant_of(request)),
    ),
    ("priority", NumberFilter),
    _choice(
        "flight",
        "flight",
        Flight.choices,
        lambda request, rows, flight: filters.in_flight(rows, moment_of(request), Flight(flight)),
    ),
    _choice(
        "hours",
        "is_dayparting_enabled__exact",
        [("1", "Dayparted: in the hours of its schedules"), ("0", "All day")],
        lambda _, rows, chosen: rows.filter(is_dayparting_enabled=chosen == "1"),
    ),
    _choice(
        "status",
        "status__exact",
        Status.choices,
        lambda _, rows, status: rows.filter(status=status),
    ),
]
