"""Endpoints that take spend."""

from ads.api.spend import batches, document, endpoints, webhooks
