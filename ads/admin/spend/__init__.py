"""The ledger in the admin, and corrections."""

from ads.admin.spend.admin import ReportedTotalAdmin, SpendAdmin, SpendTotalAdmin
from ads.admin.spend.batches import SpendBatchAdmin, undo_link
from ads.admin.spend.corrections import CorrectsCampaign
