"""What is done to campaigns: activate, pause."""

from ninja import Path, Router

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, Problem, check_known, documented
from ads.api.reading import DeliveryAnswer, the_campaign
from ads.models.campaign import Status
from ads.models.senders import Scope
from ads.services.bulk import ActionRefused, set_status

router = Router(tags=["campaigns"])

_RESPONSES = {
    "responses": documented(Kind.NOT_FOUND, Kind.CONFLICT, Kind.INVALID)
    | {
        409: {
            **documented(Kind.CONFLICT)[409],
            "description": "Its status rules this out, which only people change in the admin; or "
            "its brand's timezone cannot be read. Nothing was changed.",
        }
    }
}


@router.post(
    "/campaigns/{campaign_id}/activate",
    auth=ApiKey(Scope.CAMPAIGNS_ACT),
    response=DeliveryAnswer,
    operation_id="activate_campaign",
    summary="Activate",
    openapi_extra=_RESPONSES,
)
def activate_campaign(request: ApiRequest, campaign_id: Path[Id]) -> DeliveryAnswer:
    """Let a campaign run. If it does not deliver all the same, `holds` says why.

    Doing it again changes nothing. An archived campaign is not activated (409).
    """
    return _act(request, campaign_id, Status.ACTIVE)


@router.post(
    "/campaigns/{campaign_id}/pause",
    auth=ApiKey(Scope.CAMPAIGNS_ACT),
    response=DeliveryAnswer,
    operation_id="pause_campaign",
    summary="Pause",
    openapi_extra=_RESPONSES,
)
def pause_campaign(request: ApiRequest, campaign_id: Path[Id]) -> DeliveryAnswer:
    """Stop a campaign until somebody activates it; the system never does.

    Doing it again changes nothing. A completed or archived campaign is not paused (409).
    """
    return _act(request, campaign_id, Status.PAUSED)


def _act(request: ApiRequest, campaign_id: int, wanted: Status) -> DeliveryAnswer:
    check_known(request, ())
    with the_campaign(request, campaign_id) as campaign:
        try:
            return DeliveryAnswer.of(set_status(campaign, wanted, now=request.now))
        except ActionRefused as error:
            refused = {
                "field": "status", "value": error.status.value, "reason": str(error),
            }  # fmt: skip
            raise Problem(Kind.CONFLICT, str(error), errors=[refused]) from error
