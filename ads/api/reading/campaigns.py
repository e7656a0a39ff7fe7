"""Campaigns."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Field, Path, Query, Router, Schema

from ads.api.frame import ApiKey, ApiRequest, Id, Kind, Small, Text, check_known, reads
from ads.api.reading.finding import refuse_to_find_people, the_campaign
from ads.api.reading.paging import Page, cursor_after, link
from ads.api.reading.schemas import CampaignAnswer, NextCursor
from ads.holds import Hold
from ads.models.access import Scope
from ads.models.campaigns import State
from ads.services.lists import pages
from ads.services.pacing import Paced
from ads.services.senders import visibility

router = Router(tags=["campaigns"], auth=ApiKey(Scope.READ))


class CampaignPage(Schema):
    """Campaigns ordered by id."""

    items: list[CampaignAnswer]
    next_cursor: NextCursor


class Asked(Page):
    """Filters of the list."""

    brand: Annotated[Id | None, Field(description="Of this brand.")] = None
    name: Annotated[Text | None, Field(description="With exactly this name.")] = None
    label: Annotated[
        Text | None, Field(description="With the label of this name, whatever its capitals.")
    ] = None
    account_manager: Annotated[
        Text | None,
        Field(
            description="Of brands that this user looks after, by user name. Only for keys of "
            "every brand."
        ),
    ] = None
    state: State | None = None
    hold: Annotated[
        Hold | None, Field(description="With this hold now, alone or among others.")
    ] = None
    platform: Annotated[
        Text | None, Field(description="With an id on this platform, such as `google_ads`.")
    ] = None
    account: Annotated[Text | None, Field(description="With an id in this account.")] = None
    reference: Annotated[Text | None, Field(description="With this platform id.")] = None
    pace: Annotated[
        Paced | None, Field(description="Whose month is at this pace, or so projected.")
    ] = None
    priority: Annotated[Small | None, Field(description="With this priority.")] = None

    @property
    def wanted(self) -> pages.Wanted:
        """The filters without the page."""
        return pages.Wanted(**self.model_dump(exclude={"cursor", "limit"}))


@reads(router, "/campaigns", CampaignPage, "List campaigns")
def list_campaigns(
    request: ApiRequest, response: HttpResponse, asked: Query[Asked]
) -> CampaignPage:
    """The campaigns that the key may see, each with its holds. Filters combine (AND)."""
    check_known(request, Asked)
    refuse_to_find_people(request, asked.account_manager)
    page = pages.page(
        visibility.campaigns(request.auth.brand_ids),
        asked.wanted,
        request.now,
        after=asked.after,
        limit=asked.limit,
        brand_ids=request.auth.brand_ids,
    )
    next_cursor = cursor_after(page.last_id) if page.has_more else None
    link(request, response, next_cursor)
    return CampaignPage(
        items=[
            CampaignAnswer.of(listed.campaign, listed.holds, listed.pace)
            for listed in page.campaigns
        ],
        next_cursor=next_cursor,
    )


@reads(router, "/campaigns/{campaign_id}", CampaignAnswer, "One campaign", Kind.NOT_FOUND)
def get_campaign(request: ApiRequest, campaign_id: Path[Id]) -> CampaignAnswer:
    """A campaign's configuration, whether it delivers, and its holds."""
    check_known(request, ())
    with the_campaign(request, campaign_id) as campaign:
        listed = pages.one(campaign, request.now, request.auth.brand_ids)
        return CampaignAnswer.of(listed.campaign, listed.holds, listed.pace)
