"""Spend against budgets."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field, Path, Query, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Day, Id, Kind, check_known, reads, refuse
from ads.api.reading.finding import UNDECIDED, the_brand, the_campaign
from ads.api.reading.schemas import Budget, Currency, Money
from ads.models import Brand, Campaign
from ads.models.access import Scope
from ads.models.campaigns import State
from ads.models.spend import Period
from ads.rules.allowances import Allowed
from ads.services.delivery import allowances
from ads.services.ledger import summaries
from ads.services.senders import visibility

router = Router(tags=["summaries"], auth=ApiKey(Scope.READ))


class Span(Schema):
    """The days wanted, both included."""

    first: Annotated[
        Day | None,
        Field(alias="from", description="Default: the first of the month of `to`."),
    ] = None
    last: Annotated[Day | None, Field(alias="to", description="Default: the brand's today.")] = None

    def on(self, today: date) -> tuple[date, date]:
        """The days, with their defaults as of the brand's ``today``."""
        last = self.last or today
        return self.first or last.replace(day=1), last


class DayAnswer(Schema):
    """Spend on one accounting day of the brand."""

    date: date
    spend: Money
    waived: Annotated[Money, Field(description="What was allowed beyond the budget.")]


class AllowanceAnswer(Schema):
    """What an owner may spend beyond its budget in one period."""

    id: Annotated[int, Field(examples=[311])]
    period: Period
    amount: Money
    until: Annotated[
        datetime | None, Field(description="When it ends; null: with its day or month.")
    ]
    reason: str
    allowed_by: Annotated[str, Field(examples=["olivia"])]

    @classmethod
    def of(cls, allowed: Allowed, brand_ids: Collection[int] | None) -> "AllowanceAnswer":
        return cls(
            id=allowed.id,
            period=Period(allowed.period),
            amount=allowed.amount,
            until=allowed.until,
            reason=allowed.reason,
            allowed_by=visibility.actor(allowed.by, brand_ids),
        )


class SummaryAnswer(Schema):
    """Spend, budgets and remaining budgets in the brand's day and month."""

    id: Annotated[int, Field(examples=[7])]
    name: str
    timezone: Annotated[str, Field(examples=["Europe/Berlin"])]
    currency: Currency
    date: Annotated[date, Field(description="The brand's local date.")]
    daily_budget: Budget
    daily_spend: Money
    daily_waived: Annotated[Money, Field(description="What is allowed beyond the budget.")]
    daily_limit: Annotated[
        Budget, Field(description="`daily_budget` and `daily_waived` together; null: no limit.")
    ]
    daily_remaining: Annotated[Budget, Field(description="null: no limit.")]
    monthly_budget: Budget
    monthly_spend: Money
    monthly_waived: Money
    monthly_limit: Budget
    monthly_remaining: Budget
    allowances: Annotated[
        list[AllowanceAnswer],
        Field(description="What the two `waived` are made of: the allowances in force."),
    ]
    is_budget_available: Annotated[
        bool, Field(description="Neither the daily nor the monthly limit is used up.")
    ]
    by_day: Annotated[
        list[DayAnswer],
        Field(description="Every day from `from` to `to`."),
    ]


class BrandSummaryAnswer(SummaryAnswer):
    """A brand's figures, and how many of its campaigns deliver."""

    campaigns: int
    active_campaigns: int


class CampaignSummaryAnswer(SummaryAnswer):
    """A campaign's figures, and its state."""

    state: State
    is_active: bool


@reads(
    router,
    "/brands/{brand_id}/summary",
    BrandSummaryAnswer,
    "A brand's spend",
    Kind.NOT_FOUND,
    responses=UNDECIDED,
)
def get_brand_summary(
    request: ApiRequest, brand_id: Path[Id], span: Query[Span]
) -> BrandSummaryAnswer:
    """A brand's spend, budgets and remaining budgets today and this month, and spend by day."""
    check_known(request, Span)
    with the_brand(request, brand_id) as brand:
        figures = summaries.of_brand(brand, request.now)
        return BrandSummaryAnswer(
            id=brand.pk,
            **figures,
            allowances=_allowances(request, brand),
            by_day=_by_day(brand, span, figures["date"], request.now),
        )


@reads(
    router,
    "/campaigns/{campaign_id}/summary",
    CampaignSummaryAnswer,
    "A campaign's spend",
    Kind.NOT_FOUND,
    responses=UNDECIDED,
)
def get_campaign_summary(
    request: ApiRequest, campaign_id: Path[Id], span: Query[Span]
) -> CampaignSummaryAnswer:
    """A campaign's spend, budgets and remaining budgets today and this month, and by day."""
    check_known(request, Span)
    with the_campaign(request, campaign_id) as campaign:
        figures: dict[str, Any] = {**summaries.of_campaign(campaign, request.now)}
        figures["state"] = campaign.state_code
        return CampaignSummaryAnswer(
            id=campaign.pk,
            **figures,
            allowances=_allowances(request, campaign),
            by_day=_by_day(campaign, span, figures["date"], request.now),
        )


def _allowances(request: ApiRequest, owner: Brand | Campaign) -> list[AllowanceAnswer]:
    return [
        AllowanceAnswer.of(one, request.auth.brand_ids)
        for one in allowances.in_force(owner, now=request.now)
    ]


def _by_day(owner: Brand | Campaign, span: Span, today: date, now: datetime) -> list[DayAnswer]:
    first, last = span.on(today)
    try:
        days = summaries.by_day(owner, first, last, now)
    except summaries.InvalidSpan as error:
        raise refuse("from", first, str(error)) from error
    return [DayAnswer(date=day.date, spend=day.amount, waived=day.waived) for day in days]
