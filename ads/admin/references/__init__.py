"""Platform IDs and unmatched campaigns in the admin."""

from ads.admin.references.admin import CampaignReferenceAdmin, ReferenceInline
from ads.admin.references.unmatched import UnknownReferenceAdmin
