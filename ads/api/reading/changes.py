"""The feed of delivery changes, for systems that follow it."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema

from ads.api.frame import LISTED, ApiKey, ApiRequest, Id, Instant, Limit, check_known, reads, refuse
from ads.api.reading.paging import link
from ads.api.reading.schemas import Budget, Currency, Money, Named
from ads.models import DeliveryChange
from ads.models.access import Scope
from ads.services.history import Position, feed
from ads.services.senders import visibility

router = Router(tags=["delivery changes"], auth=ApiKey(Scope.READ))

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FAR: Final = datetime(5000, 1, 1, tzinfo=UTC)  # as many digits as a cursor may have
_MICROSECOND: Final = timedelta(microseconds=1)


class Asked(Schema):
    """Where to start, and filters."""

    cursor: Annotated[
        str | None,
        Field(
            pattern=r"^c[0-9]{1,17}-[0-9]{1,18}$",
            description="`next_cursor` of the previous answer.",
        ),
    ] = None
    since: Annotated[
        Instant | None,
        Field(
            description="Start here instead of at a cursor: changes recorded from then on. Without "
            "either, the feed starts with the first change on record."
        ),
    ] = None
    brand: Annotated[Id | None, Field(description="Of this brand's campaigns.")] = None
    campaign: Annotated[Id | None, Field(description="Of this campaign.")] = None
    limit: Limit = LISTED

    @property
    def position(self) -> Position:
        """Changes after this position are wanted."""
        if self.cursor:
            microseconds, _, row_id = self.cursor[1:].rpartition("-")
            return Position(_EPOCH + int(microseconds) * _MICROSECOND, int(row_id))
        if self.since:
            return Position(min(max(self.since, _EPOCH), _FAR), 0)
        return feed.BEGINNING


class DeliveryChangeAnswer(Schema):
    """One switch of a campaign, on or off.

    The figures are those of the decision: the spend, and each budget with what was allowed beyond
    it.
    """

    id: Annotated[int, Field(examples=[1042])]
    campaign: Named
    brand: Named
    at: Annotated[datetime, Field(description="The instant it was decided for.")]
    recorded_at: Annotated[datetime, Field(description="When it was recorded.")]
    is_active: Annotated[bool, Field(description="true: switched on; false: switched off.")]
    holds: Annotated[
        list[str], Field(description="Why it is off.", examples=[["daily_budget", "dayparting"]])
    ]
    trigger: Annotated[str, Field(description="What triggered the decision.", examples=["spend"])]
    actor: Annotated[
        str,
        Field(
            description="Who triggered it; without names for keys limited to brands.",
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
    total_spend: Money
    total_budget: Budget
    group_spend: Money
    group_budget: Budget
    group_period: Annotated[
        str,
        Field(
            description="Of its budget group, the figures of the budget that was used up, or else "
            "used the most: day, month or total; empty without a group.",
            examples=["month"],
        ),
    ]
    on_its_way: Annotated[
        Budget,
        Field(
            description="What was expected to be spent before the stop took effect, of the first "
            "budget that stopped it before it was used up; null: none did.",
            examples=["1.60"],
        ),
    ]
    currency: Currency

    @classmethod
    def of(cls, change: DeliveryChange, seen: Collection[int] | None) -> "DeliveryChangeAnswer":
        """The change as shown to a key limited to the brands ``seen``.

        No query if the campaign and its brand were fetched with it.
        """
        campaign = change.campaign
        same = cls.model_fields.keys() - {"campaign", "brand", "actor", "currency"}
        return cls(
            **{name: getattr(change, name) for name in same},
            campaign=Named(id=campaign.pk, name=campaign.name),
            brand=Named(id=campaign.brand.pk, name=campaign.brand.name),
            actor=visibility.actor(change.actor, seen),
            currency=campaign.brand.currency,
        )


class DeliveryChangePage(Schema):
    """The next changes, in the order in which they were recorded."""

    items: list[DeliveryChangeAnswer]
    next_cursor: Annotated[
        str, Field(description="Where to continue, now or later; also set if nothing was new.")
    ]
    has_more: Annotated[bool, Field(description="Whether there are more already.")]


@reads(router, "/delivery-changes", DeliveryChangePage, "Follow delivery changes")
def follow_delivery_changes(
    request: ApiRequest, response: HttpResponse, asked: Query[Asked]
) -> DeliveryChangePage:
    """Every switch of a campaign: none is missed, and each appears once along a chain of cursors.

    Send the `next_cursor` of the last answer: immediately while `has_more`, otherwise every few
    seconds. A change appears once everything recorded before it is committed. The same cursor with
    another `brand` or `campaign` continues from the same instant.
    """
    check_known(request, Asked)
    if asked.cursor and asked.since:
        raise refuse("since", asked.since.isoformat(), "give either cursor or since.")
    seen = request.auth.brand_ids
    followed = feed.follow(
        feed.of(
            visibility.delivery_changes(seen),
            brand=asked.brand,
            campaign=asked.campaign,
        ),
        asked.position,
        limit=asked.limit,
    )
    next_cursor = _cursor(followed.position)
    if followed.has_more:
        link(request, response, next_cursor)
    return DeliveryChangePage(
        items=[DeliveryChangeAnswer.of(change, seen) for change in followed.changes],
        next_cursor=next_cursor,
        has_more=followed.has_more,
    )


def _cursor(position: Position) -> str:
    return f"c{(position.recorded_at - _EPOCH) // _MICROSECOND}-{position.id}"
