"""How fresh spend is, what has probably been spent since, and what ad platforms fail to report."""

from ads.services.freshness.estimates import Stale, duration, stale_of_brand, stale_of_campaign
from ads.services.freshness.problems import Late, late, problems
from ads.services.freshness.sources import (
    Source,
    account_name,
    as_of,
    of_all,
    of_brand,
    of_campaigns,
    platform_name,
    sources_of,
    with_sources,
)
