"""What the pauses for used-up budgets were worth."""

from datetime import date, datetime
from typing import Annotated

from ninja import Field, Path, Query, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, check_known, reads, refuse
from ads.api.reading.finding import UNDECIDED, the_campaign
from ads.api.reading.schemas import Currency, Money
from ads.api.reading.summaries import Span
from ads.holds import Hold
from ads.models.access import Scope
from ads.rules.calendar import local_date
from ads.services import receipts
from ads.services.ledger import summaries
from ads.services.receipts import Delay, Receipt

router = Router(tags=["campaigns"], auth=ApiKey(Scope.READ))


class ReceiptAnswer(Schema):
    """One pause for a used-up budget: what happened when, and what it came to.

    An instant that nobody knows is null. A platform does not say when the money of a day total was
    spent, and a campaign on no connected platform is not told anything.
    """

    id: Annotated[int, Field(description="Of the delivery change.", examples=[9120])]
    budget: Annotated[Hold, Field(description="The first budget that stopped it.")]
    period_start: Annotated[
        date | None,
        Field(
            description="The day, or the first of the month; of a total budget the day from which "
            "spend counts, null for all of it."
        ),
    ]
    limit: Money
    spent_when_decided: Money
    spent: Annotated[
        Money, Field(description="In this period until the campaign was started again.")
    ]
    over: Annotated[Money, Field(description="By how much the budget was overshot.")]
    cost_by: Annotated[Delay | None, Field(description="What cost the most; null: it was kept.")]
    source: Annotated[str, Field(description="Who reported the spend that used it up.")]
    spent_at: datetime | None
    reported_at: Annotated[datetime | None, Field(description="When the source was asked.")]
    known_at: Annotated[datetime | None, Field(description="When it was recorded.")]
    decided_at: datetime
    told_at: Annotated[datetime | None, Field(description="When its platforms had been told.")]
    confirmed_at: Annotated[
        datetime | None, Field(description="When it was seen to be stopped on all its platforms.")
    ]
    refusals: Annotated[list[str], Field(description="In the words of the platforms.")]

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptAnswer":
        return cls(
            id=receipt.change.pk,
            budget=receipt.budget.hold,
            period_start=receipt.start,
            spent_when_decided=receipt.spent_then,
            refusals=list(receipt.refusals),
            **{
                name: getattr(receipt, name)
                for name in (
                    *("limit", "spent", "over", "cost_by", "source", "spent_at", "reported_at"),
                    *("known_at", "decided_at", "told_at", "confirmed_at"),
                )
            },
        )


class ReceiptsAnswer(Schema):
    """The receipts of a campaign, the oldest first."""

    id: Annotated[int, Field(examples=[42])]
    timezone: Annotated[str, Field(examples=["Europe/Berlin"])]
    currency: Currency
    kept: Annotated[int, Field(description="How many budgets were kept.")]
    over: Annotated[Money, Field(description="By how much budgets were overshot together.")]
    receipts: list[ReceiptAnswer]


@reads(
    router,
    "/campaigns/{campaign_id}/receipts",
    ReceiptsAnswer,
    "A campaign's receipts",
    Kind.NOT_FOUND,
    responses=UNDECIDED,
)
def get_campaign_receipts(
    request: ApiRequest, campaign_id: Path[Id], span: Query[Span]
) -> ReceiptsAnswer:
    """Every pause for a used-up budget: from the event to its confirmation, and what it cost."""
    check_known(request, Span)
    with the_campaign(request, campaign_id) as campaign:
        first, last = span.on(local_date(request.now, campaign.brand.timezone))
        try:
            report = receipts.report(campaign, first, last)
        except summaries.InvalidSpan as error:
            raise refuse("from", first, str(error)) from error
        return ReceiptsAnswer(
            id=campaign.pk,
            timezone=campaign.brand.timezone,
            currency=campaign.brand.currency,
            kept=report.kept,
            over=report.over,
            receipts=[ReceiptAnswer.of(receipt) for receipt in report.receipts],
        )
