"""What was switched on and off, for systems that follow it."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema

from ads.api.frame import (
    LISTED,
    NOT_MODIFIED,
    ApiKey,
    ApiRequest,
    Id,
    Instant,
    Kind,
    Limit,
    check_known,
    documented,
    polled,
    refuse,
)
from ads.api.reading.paging import link
from ads.api.reading.schemas import Budget, Money, Named
from ads.models import DeliveryChange
from ads.models.senders import Scope
from ads.services.history import Position, feed
from ads.services.senders import visibility

router = Router(tags=["delivery changes"])

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR: Final = datetime(5000, 1, 1, tzinfo=UTC)  # has as many digits as a cursor may
_MICROSECOND: Final = timedelta(microseconds=1)


class Asked(Schema):
    """From where on, and of whom."""

    cursor: Annotated[
        str | None,
        Field(
            pattern=r"^c[0-9]{1,17}-[0-9]{1,18}$",
            description="`next_cursor` of the answer before.",
        ),
    ] = None
    since: Annotated[
        Instant | None,
        Field(
            description="To begin with, instead of a cursor: what was recorded from then on. "
            "Without either, it begins with the first change on record."
        ),
    ] = None
    brand: Annotated[Id | None, Field(description="Of this brand's campaigns.")] = None
    campaign: Annotated[Id | None, Field(description="Of this campaign.")] = None
    limit: Limit = LISTED

    @property
    def position(self) -> Position:
        """Changes after this are meant."""
        if self.cursor:
            microseconds, _, row_id = self.cursor[1:].rpartition("-")
            return Position(_EPOCH + int(microseconds) * _MICROSECOND, int(row_id))
        if self.since:
            return Position(min(max(self.since, _EPOCH), _FAR), 0)
        return feed.BEGINNING


class DeliveryChangeAnswer(Schema):
    """A campaign was switched on or off.

    The figures are those it was decided on: effective spend (what was waived left out) and budgets.
    """

    id: Annotated[int, Field(examples=[1042])]
    campaign: Named
    brand: Named
    at: Annotated[datetime, Field(description="As of when it was decided.")]
    recorded_at: Annotated[datetime, Field(description="When it was written down.")]
    is_active: Annotated[bool, Field(description="true: it was switched on; false: off.")]
    holds: Annotated[
        list[str], Field(description="Why it is off.", examples=[["daily_budget", "dayparting"]])
    ]
    trigger: Annotated[str, Field(description="What made the system look.", examples=["spend"])]
    actor: Annotated[
        str,
        Field(
            description="Who set it off; for keys that are limited to brands without names.",
            examples=["key: ETL"],
        ),
    ]
    daily_spend: Money
    daily_budget: Budget
    monthly_spend: Money
    monthly_budget: Budget
    brand_daily_spend: Money
    brand_daily_budget: Budget
    brand_monthly_spend: Money
    brand_monthly_budget: Budget

    @classmethod
    def of(cls, change: DeliveryChange, seen: Collection[int] | None) -> "DeliveryChangeAnswer":
        """As told to a key for the brands ``seen``.

        Without a query, if the campaign and its brand were fetched with it.
        """
        campaign = change.campaign
        same = cls.model_fields.keys() - {"campaign", "brand", "actor"}
        return cls(
            **{name: getattr(change, name) for name in same},
            campaign=Named(id=campaign.pk, name=campaign.name),
            brand=Named(id=campaign.brand.pk, name=campaign.brand.name),
            actor=visibility.actor(change.actor, seen),
        )


class DeliveryChangePage(Schema):
    """The next changes, in the order in which they were recorded."""

    items: list[DeliveryChangeAnswer]
    next_cursor: Annotated[
        str, Field(description="Where to go on, now or later; also when nothing was new.")
    ]
    has_more: Annotated[bool, Field(description="Are there more already?")]


@router.get(
    "/delivery-changes",
    auth=ApiKey(Scope.READ),
    response=DeliveryChangePage,
    operation_id="follow_delivery_changes",
    summary="Follow what is switched on and off",
    openapi_extra={"responses": NOT_MODIFIED | documented(Kind.INVALID)},
)
@polled
def follow_delivery_changes(
    request: ApiRequest, response: HttpResponse, asked: Query[Asked]
) -> DeliveryChangePage:
    """Every switch of a campaign: none is missed, and each is told once along a chain of cursors.

    Ask with the `next_cursor` of the last answer, at once while `has_more`, otherwise every few
    seconds. A change appears as soon as everything recorded before it has been committed. The same
    cursor with another `brand` or `campaign` goes on from the same instant.
    """
    check_known(request, Asked)
    if asked.cursor and asked.since:
        raise refuse("since", asked.since.isoformat(), "give either a cursor or an instant.")
    seen = request.auth.brand_ids
    told = feed.follow(
        feed.of(
            visibility.delivery_changes(seen),
            brand=asked.brand,
            campaign=asked.campaign,
        ),
        asked.position,
        limit=asked.limit,
    )
    next_cursor = _cursor(told.position)
    if told.has_more:
        link(request, response, next_cursor)
    return DeliveryChangePage(
        items=[DeliveryChangeAnswer.of(change, seen) for change in told.changes],
        next_cursor=next_cursor,
        has_more=told.has_more,
    )


def _cursor(position: Position) -> str:
    return f"c{(position.recorded_at - _EPOCH) // _MICROSECOND}-{position.id}"
