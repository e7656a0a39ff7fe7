"""Which campaigns run: enforcement, rollover, waivers, and previews of what would change."""

from ads.services.delivery import lifecycle, rollover, waivers
from ads.services.delivery.enforcement import (
    Decision,
    Enforced,
    Trigger,
    after_edit,
    enforce,
    preview_switches,
)
from ads.services.delivery.lifecycle import ACTIVATABLE, PAUSABLE, TO_RUN, is_pause
from ads.services.delivery.preview import (
    NAMED,
    Group,
    Kind,
    Outcome,
    outcome_of,
    preview_campaigns,
    preview_holds,
)
from ads.services.delivery.rollover import Rollover
from ads.services.delivery.schedule_preview import Preview, preview_schedule
from ads.services.delivery.supposed_sums import LAST_TO_TURN, supposed_sums
from ads.services.delivery.waivers import Waived, still_counting, waive
