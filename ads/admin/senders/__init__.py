"""API keys and webhooks in the admin."""

from ads.admin.senders.api_keys import ApiKeyAdmin
from ads.admin.senders.webhooks import WebhookEndpointAdmin
