"""Platform IDs and unmatched campaigns in the admin."""

from ads.admin.references.admin import CampaignReferenceAdmin, ReferenceInline, say_what_is_left
from ads.admin.references.unmatched import UnknownReferenceAdmin
