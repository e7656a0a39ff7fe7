"""Reports for clients: a brand's month, its share links, and the page that such a link opens."""

from ads.admin.reports import links, schedules
from ads.admin.reports.page import ReportPage
from ads.admin.reports.shared import shared_report
