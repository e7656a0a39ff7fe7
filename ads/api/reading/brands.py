"""Brands."""

from django.http import HttpResponse
from ninja import Path, Query, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, check_known, reads
from ads.api.reading.finding import the_brand
from ads.api.reading.paging import Page, cursor_after, link
from ads.api.reading.schemas import BrandAnswer, NextCursor
from ads.models.senders import Scope
from ads.services.lists import pages
from ads.services.senders import visibility

router = Router(tags=["brands"], auth=ApiKey(Scope.READ))


class BrandPage(Schema):
    """Brands ordered by id."""

    items: list[BrandAnswer]
    next_cursor: NextCursor


@reads(router, "/brands", BrandPage, "List brands")
def list_brands(request: ApiRequest, response: HttpResponse, page: Query[Page]) -> BrandPage:
    """The brands that the key may see."""
    check_known(request, Page)
    seen = visibility.brands(request.auth.brand_ids)
    found, has_more = pages.brands(seen, after=page.after, limit=page.limit)
    next_cursor = cursor_after(found[-1].pk) if has_more else None
    link(request, response, next_cursor)
    return BrandPage(items=[BrandAnswer.of(brand) for brand in found], next_cursor=next_cursor)


@reads(router, "/brands/{brand_id}", BrandAnswer, "One brand", Kind.NOT_FOUND)
def get_brand(request: ApiRequest, brand_id: Path[Id]) -> BrandAnswer:
    """A brand's configuration."""
    check_known(request, ())
    with the_brand(request, brand_id) as brand:
        return BrandAnswer.of(brand)
