"""Endpoints that take spend."""

from ads.api.spend import document, endpoints, webhooks
