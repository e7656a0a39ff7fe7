"""Endpoints that read: brands, campaigns, delivery, summaries and delivery changes."""

from ninja import Router

from ads.api.reading import brands, campaigns, changes, delivery, paging, receipts, summaries
from ads.api.reading.delivery import DeliveryAnswer
from ads.api.reading.finding import the_allowance, the_brand, the_campaign
from ads.api.reading.schemas import Budget, Currency, Money, Named, NextCursor
from ads.api.reading.summaries import AllowanceAnswer

router = Router()
for _part in (brands, campaigns, delivery, summaries, receipts, changes):
    router.add_router("", _part.router)
