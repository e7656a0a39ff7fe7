"""Actions on campaigns: activate and pause."""

from ninja import Path, Router

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, Problem, check_known, documented
from ads.api.reading import DeliveryAnswer, the_campaign
from ads.models.access import Scope
from ads.models.campaigns import Status
from ads.services.bulk import ActionRefused, set_status

router = Router(tags=["campaigns"], auth=ApiKey(Scope.CAMPAIGNS_ACT))

_RESPONSES = {
    "responses": documented(Kind.NOT_FOUND, Kind.CONFLICT, Kind.INVALID)
    | {
        409: {
            **documented(Kind.CONFLICT)[409],
            "description": "The campaign's status does not allow this, and only people change it "
            "in the admin; or its brand's timezone is invalid. Nothing was changed.",
        }
    }
}


@router.post(
    "/campaigns/{campaign_id}/activate",
    response=DeliveryAnswer,
    summary="Activate",
    openapi_extra=_RESPONSES,
)
def activate_campaign(request: ApiRequest, campaign_id: Path[Id]) -> DeliveryAnswer:
    """Activate a campaign. If it still does not deliver, `holds` says why.

    Repeating the request changes nothing. An archived campaign cannot be activated (409).
    """
    return _act(request, campaign_id, Status.ACTIVE)


@router.post(
    "/campaigns/{campaign_id}/pause",
    response=DeliveryAnswer,
    summary="Pause",
    openapi_extra=_RESPONSES,
)
def pause_campaign(request: ApiRequest, campaign_id: Path[Id]) -> DeliveryAnswer:
    """Pause a campaign until someone activates it; the system never does.

    Repeating the request changes nothing. A completed or archived campaign cannot be paused (409).
    """
    return _act(request, campaign_id, Status.PAUSED)


def _act(request: ApiRequest, campaign_id: int, wanted: Status) -> DeliveryAnswer:
    check_known(request, ())
    with the_campaign(request, campaign_id) as campaign:
        try:
            return DeliveryAnswer.of(
                set_status(campaign, wanted, now=request.now, brand_ids=request.auth.brand_ids)
            )
        except ActionRefused as error:
            refused = {"field": "status", "value": error.status.value, "reason": str(error)}
            raise Problem(Kind.CONFLICT, str(error), errors=[refused]) from error
