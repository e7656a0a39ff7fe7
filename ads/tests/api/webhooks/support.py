"""What the tests of webhooks share."""

import json
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from ads.models import Campaign, Spend, WaitingSpend, WebhookDelivery, WebhookEndpoint
from ads.services.senders import webhook_endpoints
from ads.tests.api.support import problem


class Sender:
    """A program that sends webhooks as the library of Standard Webhooks signs them."""

    def __init__(self, **terms: Any) -> None:
        given: dict[str, Any] = {"name": "Hook", "source": "hook"}
        self.endpoint, self.secret = webhook_endpoints.create(
            every_brand="brands" not in terms, **(given | terms)
        )

    @property
    def path(self) -> str:
        return webhook_endpoints.path(self.endpoint)

    def headers(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(webhook_id, at, body.decode()),
        }

    def send(
        self,
        content: Any = None,
        *,
        webhook_id: str = "msg_1",
        at: datetime | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        **headers: str | None,
    ) -> Any:
        """Sign ``content`` (or ``body``) and send it; ``headers`` replace those of the library."""
        sent = json.dumps(content).encode() if body is None else body
        signed = self.headers(webhook_id, at or timezone.now(), sent)
        signed |= {f"webhook-{name}": value for name, value in headers.items() if value is not None}
        for name, value in headers.items():
            if value is None:
                del signed[f"webhook-{name}"]
        return Client().post(self.path, sent, content_type=content_type, headers=signed)


def entries(campaign: Campaign, *amounts: str, **more: Any) -> dict[str, Any]:
    rows = [{"campaign": campaign.pk, "amount": amount, **more} for amount in amounts]
    return {"type": "spend.entries", "timestamp": "2024-05-15T12:00:00Z", "data": {"entries": rows}}


def ledger() -> list[tuple[Any, ...]]:
    """(amount, source, external id, kind) of each entry, in order."""
    return list(Spend.objects.order_by("pk").values_list("amount", "source", "external_id", "kind"))


def nothing_happened() -> bool:
    return not (
        Spend.objects.exists()
        or WebhookDelivery.objects.exists()
        or WaitingSpend.objects.exists()
        or WebhookEndpoint.objects.exclude(last_received_at=None).exists()
    )


def refusal(response: Any) -> str:
    """What is wrong with the signature; nothing was noted."""
    detail: str = problem(response, 401, "not-signed")["detail"]
    assert response.headers["WWW-Authenticate"] == "Standard-Webhooks"
    assert nothing_happened()
    return detail
