"""Does a campaign deliver, why not, and until when."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Path, Router, Schema

from ads.api.frame import (
    NOT_MODIFIED,
    ApiKey,
    ApiRequest,
    Id,
    Kind,
    check_known,
    documented,
    polled,
)
from ads.api.reading.finding import UNDECIDED, the_campaign
from ads.api.reading.schemas import HoldAnswer, Named
from ads.holds import Hold
from ads.models.campaign import State, Status
from ads.models.senders import Scope
from ads.services.explain import Explanation, explain

router = Router(tags=["campaigns"])


class HeldAnswer(HoldAnswer):
    """One reason why a campaign may not deliver, and until when."""

    lifts_at: Annotated[
        datetime | None,
        Field(description="When it is expected to lift; null: not before somebody acts."),
    ]


class ChangeAnswer(Schema):
    """When the clock next starts or stops the campaign."""

    at: datetime
    delivers: Annotated[bool, Field(description="true: it starts; false: it stops.")]
    holds: Annotated[list[Hold], Field(description="What stops it.")]


class DeliveryAnswer(Schema):
    """Whether a campaign delivers, what holds it, and what comes next.

    What comes next is told for the case that nobody acts and nothing more is spent.
    """

    id: Annotated[int, Field(examples=[42])]
    name: Annotated[str, Field(examples=["Spring"])]
    brand: Named
    delivers: Annotated[
        bool,
        Field(
            description="Does it deliver now? When the clock opens or closes a window, this "
            "follows `holds` within a minute."
        ),
    ]
    status: Annotated[Status, Field(description="What people want.")]
    state: Annotated[State, Field(description="`status` and `delivers` together.")]
    holds: Annotated[list[HeldAnswer], Field(description="All that applies at this instant.")]
    returns_at: Annotated[
        datetime | None,
        Field(
            description="When none of the holds applies any more; null: not in sight, or there is "
            "none."
        ),
    ]
    next_change: Annotated[ChangeAnswer | None, Field(description="null: no change is in sight.")]

    @classmethod
    def of(cls, explained: Explanation) -> "DeliveryAnswer":
        campaign, change = explained.campaign, explained.next_change
        return cls(
            id=campaign.pk,
            name=campaign.name,
            brand=Named(id=campaign.brand.pk, name=campaign.brand.name),
            delivers=campaign.is_active,
            status=Status(campaign.status),
            state=campaign.state_code,
            holds=[
                HeldAnswer(code=Hold(held.code), sentence=held.sentence, lifts_at=held.lifts_at)
                for held in explained.holds
            ],
            returns_at=explained.returns_at,
            next_change=None
            if change is None
            else ChangeAnswer(at=change.at, delivers=change.delivers, holds=change.holds),
        )


@router.get(
    "/campaigns/{campaign_id}/delivery",
    auth=ApiKey(Scope.READ),
    response=DeliveryAnswer,
    operation_id="get_delivery",
    summary="Does it deliver, and why not",
    openapi_extra={
        "responses": NOT_MODIFIED | UNDECIDED | documented(Kind.NOT_FOUND, Kind.INVALID)
    },
)
@polled
def get_delivery(request: ApiRequest, campaign_id: Path[Id]) -> DeliveryAnswer:
    """Whether a campaign delivers now, every hold with its figures, and when that changes."""
    check_known(request, ())
    with the_campaign(request, campaign_id) as campaign:
        return DeliveryAnswer.of(explain(campaign, request.now))
