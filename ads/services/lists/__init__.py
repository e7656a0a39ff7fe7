"""Lists of brands and campaigns: pages, and filters and figures of campaigns."""

from ads.services.lists import filters, pages
from ads.services.lists.filters import Flight
