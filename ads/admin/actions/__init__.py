"""Actions on brands and campaigns: their forms, previews, messages and undo."""

from ads.admin.actions import buttons, preview_text, text
from ads.admin.actions.forms import (
    ActionForm,
    AttachForm,
    BrandBudgetsForm,
    BudgetsForm,
    DetachForm,
    GroupForm,
    LetRunOnForm,
    PriorityForm,
)
from ads.admin.actions.messages import ChangedInFilter, undo_button
from ads.admin.actions.pages import AT_MOST, BACK, IDS, AsksFirst, Page, asking, way_back
from ads.admin.actions.preview_text import reasons
from ads.admin.actions.scheduled_forms import (
    ScheduleBrandBudgetsForm,
    ScheduleBudgetsForm,
    budgets_of,
)
from ads.admin.actions.undo import Undoes
