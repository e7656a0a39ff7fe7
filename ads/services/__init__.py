"""What the application does.

Scripts and shells call the three services named here; the modules below them take ``now``.
"""

from ads.rules.allowances import InvalidAllowance
from ads.services.api import BudgetService, CampaignService, DaypartingService
from ads.services.batches import CannotUndo
from ads.services.campaign_lookup import CampaignNamed, Reference
from ads.services.delivery import AllowanceOver
from ads.services.errors import InvalidReference, InvalidSpend, Overlap, SpendConflict
from ads.services.ledger import DayTotal, OnOverlap, SpendEntry

__all__ = [
    "AllowanceOver",
    "BudgetService",
    "CampaignNamed",
    "CampaignService",
    "CannotUndo",
    "DayTotal",
    "DaypartingService",
    "InvalidAllowance",
    "InvalidReference",
    "InvalidSpend",
    "OnOverlap",
    "Overlap",
    "Reference",
    "SpendConflict",
    "SpendEntry",
]
