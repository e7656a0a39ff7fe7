"""The brand or campaign that an address names, if the key may see it."""

from collections.abc import Iterator
from contextlib import contextmanager

from ads.api.frame import ApiRequest, Kind, Problem, documented, refuse
from ads.models import Allowance, Brand, Campaign
from ads.rules.calendar import UnknownTimezone
from ads.services.senders import visibility

#: For ``openapi_extra={"responses": …}`` of endpoints that need the brand's local day.
UNDECIDED = {
    409: {
        **documented(Kind.CONFLICT)[409],
        "description": "The brand's timezone is invalid, so its local day is unknown. Correct the "
        "timezone in the admin.",
    }
}


@contextmanager
def the_brand(request: ApiRequest, brand_id: int) -> Iterator[Brand]:
    """The brand with this id.

    Raises:
        Problem: 404, there is none that this key may see; 409, its timezone is invalid and the
            body needs its local day.
    """
    with _answering("brand", brand_id):
        yield visibility.brands(request.auth.brand_ids).get(pk=brand_id)


@contextmanager
def the_campaign(request: ApiRequest, campaign_id: int) -> Iterator[Campaign]:
    """The campaign with this id, with its brand loaded.

    Raises:
        Problem: as :func:`the_brand`; 404 also if it is deleted inside.
    """
    with _answering("campaign", campaign_id):
        seen = visibility.campaigns(request.auth.brand_ids)
        yield seen.select_related("brand").get(pk=campaign_id)


@contextmanager
def the_allowance(request: ApiRequest, allowance_id: int) -> Iterator[Allowance]:
    """The allowance with this id, of a brand that the key may see; else 404."""
    with _answering("allowance", allowance_id):
        brands = visibility.brands(request.auth.brand_ids)
        seen = Allowance.objects.filter(brand__in=brands)
        yield seen.select_related("brand", "campaign__brand").get(pk=allowance_id)


def refuse_to_find_people(request: ApiRequest, name: str | None) -> None:
    """Raise Problem if a key that is limited to brands asks for somebody by name."""
    if name is not None and request.auth.brand_ids is not None:
        why = "the key is limited to brands and sees no names of people; leave the filter out."
        raise refuse("account_manager", name, why)


@contextmanager
def _answering(what: str, row_id: int) -> Iterator[None]:
    try:
        yield
    except (Brand.DoesNotExist, Campaign.DoesNotExist, Allowance.DoesNotExist) as error:
        raise Problem(Kind.NOT_FOUND, f"There is no {what} {row_id}.") from error
    except UnknownTimezone as error:
        raise Problem(
            Kind.CONFLICT,
            f"{error} Until it is corrected in the admin, its campaigns are not switched.",
        ) from error
