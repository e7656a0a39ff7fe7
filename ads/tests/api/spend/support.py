"""What the tests of sending spend share."""

import json
from typing import Any

from ads.models import Campaign, Spend

LINES = "application/x-ndjson"


def entry(campaign: Any, amount: Any = "1.50", **more: Any) -> dict[str, Any]:
    named = campaign.pk if isinstance(campaign, Campaign) else campaign
    return {"campaign": named, "amount": amount, "external_id": "a", **more}


def ledger() -> list[tuple[Any, ...]]:
    """(campaign, amount, source, external id, kind) of each entry, in order."""
    return list(
        Spend.objects.order_by("pk").values_list(
            "campaign__name", "amount", "source", "external_id", "kind"
        )
    )


def lines(*rows: Any) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()
