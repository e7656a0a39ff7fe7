"""What the application does.

Scripts and shells call the three services named here; the modules below them take ``now``.
"""

from ads.services.api import BudgetService, CampaignService, DaypartingService
from ads.services.day_totals import DayTotal
from ads.services.errors import InvalidSpend, SpendConflict
from ads.services.ledger import SpendEntry

__all__ = [
    "BudgetService",
    "CampaignService",
    "DayTotal",
    "DaypartingService",
    "InvalidSpend",
    "SpendConflict",
    "SpendEntry",
]
