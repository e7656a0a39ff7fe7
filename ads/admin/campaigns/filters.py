"""What is picked out of the list of campaigns.

Everything is in the address; what an address says that there is no such choice of, picks nothing
out. All that is worked out about campaigns is worked out for one instant, that of the request.
"""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from ads.admin.elements import USED, ChoiceFilter, instant_of, is_number
from ads.holds import BUDGET_HOLDS, BudgetHold, Hold, Moment, held_by
from ads.models import Campaign
from ads.models.campaign import STATES, Status
from ads.models.spend import Period
from ads.services.lists import Flight, filters, pages

HOLD = "hold"


def moment_of(request: HttpRequest) -> Moment:
    """The instant of the list, as the rule needs it for all campaigns; worked out once."""
    if "ads_moment" not in request.__dict__:
        hold = Hold(code) if (code := request.GET.get(HOLD)) in Hold.values else None
        request.__dict__["ads_moment"] = pages.moment_for(hold, instant_of(request))
    moment: Moment = request.__dict__["ads_moment"]
    return moment


class StateFilter(ChoiceFilter):
    """By state, as people name it."""

    title = "state"
    parameter_name = "state"
    CHOICES = [(state, state) for state in STATES]

    def pick(
        self, request: HttpRequest, rows: QuerySet[Campaign], chosen: str
    ) -> QuerySet[Campaign]:
        return rows.filter(STATES[chosen])


class HoldFilter(ChoiceFilter):
    """By a hold that applies now, whatever others do."""

    title = "current hold"
    parameter_name = HOLD
    CHOICES = list(Hold.choices)

    def pick(
        self, request: HttpRequest, rows: QuerySet[Campaign], chosen: str
    ) -> QuerySet[Campaign]:
        return held_by(rows, moment_of(request), Hold(chosen), of_many=True)


class BrandFilter(AutocompleteSelectFilter):  # type: ignore[misc]
    """By brand, which is looked up by name."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, *args: Any, **kw: Any):
        name = f"{kw['field_path']}__id__exact"
        if name in params and not all(map(is_number, params[name])):
            del params[name]
        super().__init__(field, request, params, *args, **kw)


class UsedFilter(ChoiceFilter):
    """By how much of a budget is used."""

    CHOICES = USED
    budgets: ClassVar[tuple[BudgetHold, ...]]

    def pick(
        self, request: HttpRequest, rows: QuerySet[Campaign], chosen: str
    ) -> QuerySet[Campaign]:
        return filters.used(rows, moment_of(request), self.budgets, int(chosen))


class DayUsedFilter(UsedFilter):
    """By the campaign's own daily budget."""

    title = "daily budget used"
    parameter_name = "day_used"
    budgets = tuple(budget for budget in filters.OWN if budget.period == Period.DAY)


class MonthUsedFilter(UsedFilter):
    """By the campaign's own monthly budget."""

    title = "monthly budget used"
    parameter_name = "month_used"
    budgets = tuple(budget for budget in filters.OWN if budget.period == Period.MONTH)


class AnyUsedFilter(UsedFilter):
    """By the one of its four budgets of which most is used."""

    title = "any budget used, including the brand's"
    parameter_name = "any_used"
    budgets = BUDGET_HOLDS


class DaypartedFilter(ChoiceFilter):
    """By whether it runs in some hours only."""

    title = "hours"
    parameter_name = "is_dayparting_enabled__exact"
    CHOICES = [("1", "Dayparted: in the hours of its schedules"), ("0", "Around the clock")]

    def pick(
        self, request: HttpRequest, rows: QuerySet[Campaign], chosen: str
    ) -> QuerySet[Campaign]:
        return rows.filter(is_dayparting_enabled=chosen == "1")


class FlightFilter(ChoiceFilter):
    """By where it stands in its flight, on its brand's date."""

    title = "flight"
    parameter_name = "flight"
    CHOICES = list(Flight.choices)

    def pick(
        self, request: HttpRequest, rows: QuerySet[Campaign], chosen: str
    ) -> QuerySet[Campaign]:
        return filters.in_flight(rows, moment_of(request), Flight(chosen))


class StatusFilter(ChoiceFilter):
    """By what somebody wants of it."""

    title = "status"
    parameter_name = "status__exact"
    CHOICES = list(Status.choices)

    def pick(
        self, request: HttpRequest, rows: QuerySet[Campaign], chosen: str
    ) -> QuerySet[Campaign]:
        return rows.filter(status=chosen)


LIST_FILTER: list[Any] = [
    StateFilter,
    HoldFilter,
    ("brand", BrandFilter),
    DayUsedFilter,
    MonthUsedFilter,
    AnyUsedFilter,
    FlightFilter,
    DaypartedFilter,
    StatusFilter,
]
