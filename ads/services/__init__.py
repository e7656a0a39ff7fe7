"""What the application does.

Scripts and shells call the three services named here; the modules below them take ``now``.
"""

from ads.services.api import BudgetService, CampaignService, DaypartingService
from ads.services.batches import CannotUndo
from ads.services.campaign_lookup import CampaignNamed, Reference
from ads.services.errors import InvalidReference, InvalidSpend, Overlap, SpendConflict
from ads.services.ledger import DayTotal, OnOverlap, SpendEntry

__all__ = [
    "BudgetService",
    "CampaignNamed",
    "CampaignService",
    "CannotUndo",
    "DayTotal",
    "DaypartingService",
    "InvalidReference",
    "InvalidSpend",
    "OnOverlap",
    "Overlap",
    "Reference",
    "SpendConflict",
    "SpendEntry",
]
