"""Brands."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Field, Path, Query, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, Text, check_known, reads
from ads.api.reading.finding import refuse_to_find_people, the_brand
from ads.api.reading.paging import Page, cursor_after, link
from ads.api.reading.schemas import BrandAnswer, NextCursor
from ads.models.access import Scope
from ads.services import pacing
from ads.services.lists import pages
from ads.services.pacing import Paced
from ads.services.senders import visibility

router = Router(tags=["brands"], auth=ApiKey(Scope.READ))


class BrandPage(Schema):
    """Brands ordered by id."""

    items: list[BrandAnswer]
    next_cursor: NextCursor


class Asked(Page):
    """Filters of the list."""

    label: Annotated[
        Text | None, Field(description="With the label of this name, whatever its capitals.")
    ] = None
    account_manager: Annotated[
        Text | None,
        Field(
            description="That this user looks after, by user name. Only for keys of every brand."
        ),
    ] = None
    pace: Annotated[
        Paced | None, Field(description="Whose month is at this pace, or so projected.")
    ] = None

    @property
    def wanted(self) -> dict[str, Any]:
        """The filters with the page."""
        filters = self.model_dump(exclude={"cursor", "limit", "pace"})
        return {**filters, "after": self.after, "limit": self.limit}


@reads(router, "/brands", BrandPage, "List brands")
def list_brands(request: ApiRequest, response: HttpResponse, page: Query[Asked]) -> BrandPage:
    """The brands that the key may see. Filters combine (AND)."""
    check_known(request, Asked)
    refuse_to_find_people(request, page.account_manager)
    seen = visibility.brands(request.auth.brand_ids)
    if page.pace is not None:
        seen = pacing.paced(seen, page.pace, request.now)
    found, has_more = pages.brands(seen, **page.wanted)
    paces = pacing.stored_of(found, request.now)
    next_cursor = cursor_after(found[-1].pk) if has_more else None
    link(request, response, next_cursor)
    items = [BrandAnswer.of(brand, request.auth.brand_ids, paces.get(brand.pk)) for brand in found]
    return BrandPage(items=items, next_cursor=next_cursor)


@reads(router, "/brands/{brand_id}", BrandAnswer, "One brand", Kind.NOT_FOUND)
def get_brand(request: ApiRequest, brand_id: Path[Id]) -> BrandAnswer:
    """A brand's configuration."""
    check_known(request, ())
    with the_brand(request, brand_id) as brand:
        pace = pacing.stored_of([brand], request.now).get(brand.pk)
        return BrandAnswer.of(brand, request.auth.brand_ids, pace)
