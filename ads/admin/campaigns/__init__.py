"""Campaigns in the admin."""

from ads.admin.campaigns.admin import CampaignAdmin
