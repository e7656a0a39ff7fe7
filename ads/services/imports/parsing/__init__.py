"""From the rows of a file to checked rows."""

from ads.services.imports.parsing import columns
from ads.services.imports.parsing.campaigns import by_name, trouble_of_id
from ads.services.imports.parsing.cells import unit_of
from ads.services.imports.parsing.checker import Checker
from ads.services.imports.parsing.columns import Columns
from ads.services.imports.parsing.found import Found, New, NewCampaigns
from ads.services.imports.parsing.notation import (
    day_of,
    has_time,
    is_open,
    order_of,
    without_midnight,
)
from ads.services.imports.reading import Reader, Sniffed, look_at
