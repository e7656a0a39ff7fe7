"""The parts that pages are made of: text, numbers, bars, charts, filters and form fields."""

from ads.admin.elements import charts, strips, tips
from ads.admin.elements.bars import spend_bar, spend_track
from ads.admin.elements.columns import column
from ads.admin.elements.filters import (
    USED,
    CampaignsBrandFilter,
    ChoiceFilter,
    DropdownFilter,
    RowFilter,
    instant_of,
    with_words,
)
from ads.admin.elements.forms import (
    ConfigurationForm,
    CurrencyFormField,
    MoneyFormField,
    TimezoneFormField,
    show_today,
    uid_of,
)
from ads.admin.elements.links import address, is_number, link_to, list_address, may, picked
from ads.admin.elements.mixin import AdminMixin, the_row
from ads.admin.elements.ordering import missing_last, ordered_by, within_currencies
from ads.admin.elements.pace import (
    basis_words,
    day,
    pace_badge,
    pace_cell,
    pace_percent,
    pace_tip,
    range_of,
)
from ads.admin.elements.range_filters import DayFilter, InstantFilter, NumberFilter
from ads.admin.elements.text import (
    NO_LIMIT,
    NOTHING,
    actor_name,
    ago,
    ahead,
    badge,
    budget,
    clock,
    counted,
    dated,
    ended_by,
    soon,
    span,
    state_badge,
    two_lines,
    unbroken,
)
