"""Messages to a channel that are about no alert, such as a report; sent as those of alerts are."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html_join

from ads.models import AlertMessage, Brand, Channel
from ads.models.alerts import Way
from ads.services.alerts.channels.addresses import check_is_on
from ads.services.alerts.channels.composing import linked


def post(
    channel: Channel,
    *,
    brand: Brand,
    kind: str,
    subject: str,
    lines: Sequence[str],
    data: Mapping[str, Any],
    now: datetime,
    uid: uuid.UUID,
) -> AlertMessage:
    """Write a message that is sent as soon as the channel can be told, also to one with digests.

    ``lines``: what people read; ``kind`` and ``data``: what a webhook gets, amounts as text;
    ``brand``: whose. If the channel may not be told of it any more, it is not sent.

    Raises:
        ChannelIsOff: the channel is switched off.
    """
    check_is_on(channel)
    if channel.way == Way.WEBHOOK:
        text = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data})
        html = ""
    else:
        text = "\n".join(lines)
        html = format_html_join("", "<p>{}</p>", ((linked(line),) for line in lines))
    return AlertMessage.objects.create(
        channel=channel,
        brand=brand,
        uid=uid,
        subject=subject[:300],
        text=text,
        html=html,
        created_at=now,
        next_at=now,
    )
