"""Actions on brands and campaigns: their forms, previews, messages and undo."""

from ads.admin.actions import buttons, text
from ads.admin.actions.buttons import May, of_campaign
from ads.admin.actions.forms import (
    ActionForm,
    AttachForm,
    BrandBudgetsForm,
    BudgetsForm,
    DetachForm,
)
from ads.admin.actions.messages import ChangedInFilter, edited_meanwhile, tell, undo_button
from ads.admin.actions.pages import (
    AT_MOST,
    BACK,
    IDS,
    AsksFirst,
    Effect,
    Page,
    asking,
    up_to,
    way_back,
)
from ads.admin.actions.preview_text import counted, reasons
from ads.admin.actions.text import PAGES, did, left_as_they_are, notes
from ads.admin.actions.undo import Undoes

__all__ = [
    "AT_MOST",
    "BACK",
    "IDS",
    "PAGES",
    "ActionForm",
    "AsksFirst",
    "AttachForm",
    "BrandBudgetsForm",
    "BudgetsForm",
    "ChangedInFilter",
    "DetachForm",
    "Effect",
    "May",
    "Page",
    "Undoes",
    "asking",
    "buttons",
    "counted",
    "did",
    "edited_meanwhile",
    "left_as_they_are",
    "notes",
    "of_campaign",
    "reasons",
    "tell",
    "text",
    "undo_button",
    "up_to",
    "way_back",
]
