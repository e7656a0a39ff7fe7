"""Whether a campaign delivers, why not, and until when."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Path, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, check_known, reads
from ads.api.reading.finding import UNDECIDED, the_campaign
from ads.api.reading.schemas import HoldAnswer, Named
from ads.holds import Hold
from ads.models.access import Scope
from ads.models.campaigns import State, Status
from ads.services.explain import Explanation, explain

router = Router(tags=["campaigns"], auth=ApiKey(Scope.READ))


class HeldAnswer(HoldAnswer):
    """One reason why a campaign may not deliver, and until when."""

    lifts_at: Annotated[
        datetime | None,
        Field(description="When it is expected to lift; null: not until someone acts."),
    ]


class ChangeAnswer(Schema):
    """When the clock next starts or stops the campaign."""

    at: datetime
    delivers: Annotated[bool, Field(description="true: it starts; false: it stops.")]
    holds: Annotated[list[Hold], Field(description="The holds that stop it.")]


class DeliveryAnswer(Schema):
    """Whether a campaign delivers, its holds, and the next change.

    The next change assumes that nobody acts and nothing more is spent.
    """

    id: Annotated[int, Field(examples=[42])]
    name: Annotated[str, Field(examples=["Spring"])]
    brand: Named
    delivers: Annotated[
        bool,
        Field(
            description="Whether it delivers now. When a window opens or closes, this follows "
            "`holds` within a minute."
        ),
    ]
    status: Annotated[Status, Field(description="Set by people.")]
    state: Annotated[State, Field(description="`status` and `delivers` combined.")]
    holds: Annotated[list[HeldAnswer], Field(description="All holds that apply now.")]
    returns_at: Annotated[
        datetime | None,
        Field(
            description="When all holds are expected to be gone; null: unknown, or there is none."
        ),
    ]
    next_change: Annotated[ChangeAnswer | None, Field(description="null: no change is scheduled.")]

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


@reads(
    router,
    "/campaigns/{campaign_id}/delivery",
    DeliveryAnswer,
    "Delivery and holds",
    Kind.NOT_FOUND,
    responses=UNDECIDED,
)
def get_delivery(request: ApiRequest, campaign_id: Path[Id]) -> DeliveryAnswer:
    """Whether a campaign delivers now, every hold with its figures, and the next change."""
    check_known(request, ())
    with the_campaign(request, campaign_id) as campaign:
        return DeliveryAnswer.of(explain(campaign, request.now, brand_ids=request.auth.brand_ids))
