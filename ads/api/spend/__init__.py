"""Endpoints that take spend."""

from ads.api.spend import endpoints, webhooks
