"""What there is to read: brands, campaigns, delivery, summaries, delivery changes."""

from ninja import Router

from ads.api.reading import (
    brands,
    campaigns,
    changes,
    delivery,
    summaries,
)

router = Router()
for _part in (brands, campaigns, delivery, summaries, changes):
    router.add_router("", _part.router)
