"""Connections to ad platforms, their accounts and campaigns in the admin."""

from ads.admin.connections.accounts import PlatformAccountAdmin, PlatformCampaignAdmin
from ads.admin.connections.admin import ConnectionAdmin
from ads.admin.connections.text import troubles_as_read
