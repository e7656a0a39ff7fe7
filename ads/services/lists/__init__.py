"""Lists of brands and campaigns: pages, filters and the figures they sort by."""

from ads.services.lists import brand_figures, filters, pages
from ads.services.lists.brand_figures import SHARE, SPEND
from ads.services.lists.filters import Flight
