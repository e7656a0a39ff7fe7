"""Messages to a channel that are about no alert, such as a report; sent as those of alerts are."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from ads.models import AlertMessage, Brand, Channel
from ads.models.alerts import MessageState, Way
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

    ``lines``: what people read, and a webhook gets as ``text``; ``kind`` and ``data``: what else it
    gets, amounts as text; ``brand``: whose. If the channel may not be told of it any more, it is
    not sent.

    Raises:
        ChannelIsOff: the channel is switched off.
    """
    check_is_on(channel)
    if channel.way == Way.WEBHOOK:
        said = {**data, "text": "\n".join(lines)}
        text = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": said})
        html = ""
    else:
        text, html = "\n".join(lines), _as_html(lines)
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


def post_anew(channel: Channel) -> None:
    """Write what waits for a channel for people, as it is no webhook any more."""
    for message in channel.messages.filter(state=MessageState.PENDING, brand__isnull=False):
        # One of an earlier release has no text.
        message.text = json.loads(message.text)["data"].get("text", message.subject)
        message.html = _as_html(message.text.split("\n"))
        message.save(update_fields=["text", "html"])


def _as_html(lines: Sequence[str]) -> SafeString:
    return format_html_join("", "<p>{}</p>", ((linked(line),) for line in lines))
