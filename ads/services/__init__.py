"""What the application does.

Scripts and shells call the three services named here; the modules below them take ``now``.
"""

from ads.services.api import BudgetService, CampaignService, DaypartingService
from ads.services.day_totals import DayTotal
from ads.services.errors import InvalidReference, InvalidSpend, SpendConflict
from ads.services.intake import CampaignNamed, IntakeEntry, IntakeTotal, Reference
from ads.services.ledger import SpendEntry

__all__ = [
    "BudgetService",
    "CampaignNamed",
    "CampaignService",
    "DayTotal",
    "DaypartingService",
    "IntakeEntry",
    "IntakeTotal",
    "InvalidReference",
    "InvalidSpend",
    "Reference",
    "SpendConflict",
    "SpendEntry",
]
