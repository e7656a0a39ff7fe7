"""Reports for clients: a brand's month, as a page, PDF and CSV, and links that share one."""

from ads.services.reports import links, schedules
from ads.services.reports.links import InvalidLink
from ads.services.reports.month import (
    CampaignMonth,
    InvalidMonth,
    MonthReport,
    Stops,
    brand_month,
    month_of,
    months_of,
    name_of,
    spend_by_day,
)
from ads.services.reports.page import Tools, as_html, summary
from ads.services.reports.pdf import CannotMakePdf, as_pdf, is_pdf_offered
