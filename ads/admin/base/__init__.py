"""What all admin classes share: lists, detail pages, exports, deletion and the menu."""

from ads.admin.base import menu, model_admin, search
from ads.admin.base.attached import ScheduleInline
from ads.admin.base.deletion import Instead, KeepsWhatHasSpend
from ads.admin.base.detail_page import (
    HISTORY,
    LocalTimes,
    ShowsAudit,
    StoryPage,
    checks,
    figures_of,
    history,
    last_entries,
    left,
    listed,
    may_view,
    month_charts,
    row_to_view,
)
from ads.admin.base.export import ExportsCsv, file_of
from ads.admin.base.model_admin import (
    KEPT,
    ConfigurationAdmin,
    ModelAdmin,
    Pages,
    ReadOnlyAdmin,
    TabularInline,
)
from ads.admin.base.pace_panel import pace_panel
from ads.admin.base.saved_views import SavesViews
from ads.admin.base.view_pages import change_view, choose_columns, open_view, save_view
