"""Which campaigns run: enforcement, rollover, allowances, and previews of what would change."""

from ads.services.delivery import allowances, bulk_allowances, lifecycle, long_budgets, rollover
from ads.services.delivery.allowances import AllowanceConflict, AllowanceOver, AllowedMeanwhile
from ads.services.delivery.bulk_allowances import Ends, Offered
from ads.services.delivery.decision import Decision, preview_switches
from ads.services.delivery.enforcement import (
    Enforced,
    Trigger,
    after_edit,
    check,
    enforce,
    over_budget,
)
from ads.services.delivery.lifecycle import ACTIVATABLE, PAUSABLE, TO_RUN, is_pause
from ads.services.delivery.preview import (
    NAMED,
    Group,
    Kind,
    Outcome,
    Reason,
    outcome_of,
    preview_campaigns,
)
from ads.services.delivery.rollover import Rollover
from ads.services.delivery.schedule_preview import Preview, preview_schedule
from ads.services.delivery.supposed_sums import earliest_month, supposed_sums
