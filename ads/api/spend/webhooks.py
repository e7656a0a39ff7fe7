"""Receiving signed webhooks, as Standard Webhooks has them."""

import json
import uuid
from typing import Any, Final

import structlog
from django.http import HttpResponse
from ninja import Router

from ads.api.frame import (
    JSON,
    ApiRequest,
    Kind,
    Problem,
    bodies,
    limits,
    parameters,
    problems,
    refuse,
)
from ads.api.spend import document, endpoints, rows
from ads.api.spend.rows import CORRECTIONS, DAY_TOTALS, ENTRIES
from ads.models.spend import BatchKind
from ads.request_log import sent_by
from ads.services.ledger import OnOverlap, record
from ads.services.new_batch import NewBatch
from ads.services.senders import (
    CannotUnseal,
    EndpointOff,
    NotSigned,
    Receiver,
    UnknownEndpoint,
    webhooks,
)

logger = structlog.stdlib.get_logger(__name__)

router = Router(tags=["webhooks"])

#: Seconds after which a sender may try again while an endpoint is off, or cannot check signatures.
RETRY_AFTER: Final = 300

#: The rows that a webhook brings, by its type.
TYPES: Final = {
    "spend.entry": ENTRIES,
    "spend.entries": ENTRIES,
    "spend.day_totals": DAY_TOTALS,
    "spend.corrections": CORRECTIONS,
}

_HEADERS: Final = {
    "webhook-id": "Of the webhook, the same each time that it is delivered.",
    "webhook-timestamp": "When it was signed: seconds since 1970.",
    "webhook-signature": "`v1,` and the signature; several with spaces between them.",
}


def _document() -> dict[str, Any]:
    sent, answers = [], []
    for kind, shape in TYPES.items():
        of_kind = {"type": "string", "const": kind}
        properties = {
            "type": of_kind,
            "timestamp": {"description": "When it happened at the sender's; not used."},
            "data": document.rows_of(shape),
        }
        sent.append(
            {
                "type": "object",
                "title": kind,
                "required": ["type", "data"],
                "properties": properties,
            }
        )
        counts = document.counts_of(shape)
        answers.append(
            document.an_object(
                ("type", "batch", *counts),
                {"type": of_kind, "batch": document.BATCH, **counts},
            )
        )
    example = {
        "type": "spend.entries",
        "timestamp": "2026-03-01T09:30:00Z",
        "data": {"entries": [{"campaign": 12, "amount": "75.40"}]},
    }
    responses = problems.documented(
        Kind.NOT_SIGNED,
        Kind.NOT_FOUND,
        Kind.CONFLICT,
        Kind.OVERLAP,
        Kind.NO_LENGTH,
        Kind.TOO_LARGE,
        Kind.MEDIA_TYPE,
        Kind.INVALID,
        Kind.TOO_MANY,
        Kind.ENDPOINT_OFF,
    )
    responses[200] = {
        "description": "Received, now or before.",
        "content": {JSON: {"schema": {"anyOf": answers}}},
    }
    return {
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": what,
            }
            for name, what in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"anyOf": sent}, "example": example}},
        },
        "responses": responses,
    }


@router.post(
    "/{uuid:address}",
    auth=None,
    operation_id="receive_webhook",
    summary="Receive a webhook",
    openapi_extra=_document(),
)
def receive_webhook(request: ApiRequest, address: uuid.UUID) -> HttpResponse:
    """Record what a webhook brings, all of it or nothing.

    It is signed as [Standard Webhooks](https://www.standardwebhooks.com) says, and needs no key.
    `data` is as at the address of that name: entries, day totals or corrections. Rows without
    an id of their own get the id `<webhook-id>/<row>`. Day totals of campaigns and days that
    another source has reported are added, replace the other's, are skipped, or are refused, as the
    endpoint is set.

    Delivered again, it is answered as before, and nothing happens. One that is refused can be
    delivered again once it is corrected.
    """
    parameters.check_known(request, ())
    try:
        receiver = webhooks.receiver_at(address)
    except UnknownEndpoint as error:
        raise Problem(Kind.NOT_FOUND, str(error)) from error
    except EndpointOff as error:
        raise _later(str(error)) from error
    body = bodies.read(request)
    webhook_id = _verified(request, receiver, body)
    endpoint = receiver.endpoint
    request.allowance = limits.count_webhook(endpoint.pk, request.now)
    limits.check(request.allowance)
    bodies.media_type(request, JSON)
    kind, data = _content(body)
    shape = TYPES[kind]
    sent = rows.of(data, shape, webhook_id)

    def work() -> dict[str, Any]:
        recorded = record(
            sent,
            source=endpoint.source,
            now=request.now,
            kind=shape.kind,
            brand_ids=receiver.brand_ids,
            on_overlap=OnOverlap(endpoint.on_overlap) if endpoint.on_overlap else None,
            together=NewBatch(BatchKind.WEBHOOK, title=endpoint.name),
        )
        if not recorded.is_recorded:
            refused = endpoints.refusal(endpoints.listed(recorded.answers))
            if refused.kind == Kind.OVERLAP:  # the sender of a webhook cannot choose
                refused.detail += " The choice is a setting of the endpoint, On overlap."
            raise refused
        counts = endpoints.counted(shape, recorded.answers)
        return {"type": kind, "batch": recorded.batch_id, **counts}

    with sent_by(request, f"webhook: {endpoint.name}", webhook_id=webhook_id):
        answer = webhooks.receive_once(endpoint, webhook_id, work, now=request.now)
    # Sorted, because a stored answer comes back in another order.
    return HttpResponse(json.dumps(answer, sort_keys=True), content_type=JSON)


def _verified(request: ApiRequest, receiver: Receiver, body: bytes) -> str:
    try:
        return webhooks.verify(receiver.endpoint, request.headers, body, request.now)
    except NotSigned as error:
        raise Problem(
            Kind.NOT_SIGNED, str(error), headers={"WWW-Authenticate": "Standard-Webhooks"}
        ) from error
    except CannotUnseal as error:
        logger.exception("Webhooks cannot be checked", endpoint=receiver.endpoint.name)
        raise _later(
            "The signature cannot be checked for now. Nothing was recorded: send it again later."
        ) from error


def _later(detail: str) -> Problem:
    return Problem(Kind.ENDPOINT_OFF, detail, headers={"Retry-After": str(RETRY_AFTER)})


def _content(body: bytes) -> tuple[str, Any]:
    """The type of a webhook, and what it brings."""
    content = bodies.parse_body(body)
    if not isinstance(content, dict):
        raise refuse("body", None, 'give {"type": …, "timestamp": …, "data": …}.')
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise refuse("type", kind, f"give one of {', '.join(TYPES)}.")
    if "data" not in content:
        raise refuse("data", None, "it is missing.")
    return kind, content["data"]
