"""Why a campaign runs or does not, and when that will change, in sentences."""

from ads.services.explain import brand, conditions, explanation, limits, switches
from ads.services.explain.brand import BrandExplanation
from ads.services.explain.conditions import Condition
from ads.services.explain.explanation import (
    BUDGET_NAMES,
    Explanation,
    Held,
    budget_sentence,
    explain,
    explain_many,
    group_budget_name,
    hold_sentences,
    sentence,
)
from ads.services.explain.states import STOPPED_EARLY, shown_state
from ads.services.explain.week import coming_week
