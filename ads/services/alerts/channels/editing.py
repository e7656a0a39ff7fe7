"""Making and changing channels; their addresses and secrets are sealed here."""

from datetime import datetime
from typing import Any

from django.db import transaction

from ads.models import Channel
from ads.models.alerts import Way
from ads.services.alerts import raising
from ads.services.alerts.channels import addresses
from ads.services.alerts.channels.addresses import InvalidChannel
from ads.services.alerts.channels.outbox import drop, write_anew
from ads.services.alerts.channels.posting import post_anew
from ads.services.senders import encryption


def create(*, name: str, way: str, address: str, **more: Any) -> tuple[Channel, str]:
    """Make a channel; its row, and the secret of a webhook, which is not shown again ("": none).

    ``more``: other fields of the channel.

    Raises:
        InvalidChannel: with the field and the remedy.
    """
    if Channel.objects.filter(name=name).exists():
        raise InvalidChannel("name", "another channel has this name; choose a different one.")
    kept, shown = addresses.check(way, address)
    secret = encryption.new_secret() if way == Way.WEBHOOK else ""
    channel = Channel.objects.create(
        name=name,
        way=way,
        address=encryption.seal(kept),
        secret=encryption.seal(secret) if secret else "",
        shown=shown,
        **more,
    )
    return channel, secret


@transaction.atomic
def update(channel: Channel, *, now: datetime, address: str = "", **changed: Any) -> None:
    """Change a channel; without an ``address`` it keeps its own. Switched off, nothing waits; told
    at other times, so is what waits.

    Told in another way, it needs an address of that kind. A webhook has a secret, which is shown
    when it is made, so no other channel can become one.

    Raises:
        InvalidChannel: with the field and the remedy.
    """
    before = Channel.objects.get(pk=channel.pk)  # a form has changed the other one already
    way = changed.get("way", before.way)
    check_way(before, way)
    if address or way != before.way:
        kept, channel.shown = addresses.check(way, address)
        channel.address = encryption.seal(kept)
        changed |= {"address": channel.address, "shown": channel.shown}
    if "address" in changed or changed.get("is_active"):
        # It is another place, or begins anew, and has not failed yet.
        changed |= {"failing_since": None, "problem": ""}
    for name, value in changed.items():
        setattr(channel, name, value)
    if changed:
        channel.save(update_fields=[*changed, "updated_at"])
    if not channel.is_active:
        drop(channel)
        return
    if before.way == Way.WEBHOOK != way:
        write_anew(channel)
        post_anew(channel)
    if changed.keys() & {"frequency", "digest_at", "timezone"}:
        raising.date_anew(channel.deliveries.all(), now)


def check_way(channel: Channel, way: str) -> None:
    """Refuse to turn another channel into a webhook.

    Raises:
        InvalidChannel: with the remedy.
    """
    if way == Way.WEBHOOK and channel.way != way:
        raise InvalidChannel("way", "a webhook has a secret of its own; add a new channel instead.")


@transaction.atomic
def seal_all_anew() -> int:
    """Seal every address and secret with the present SECRET_KEY; how many channels.

    Raises:
        CannotUnseal: one was sealed with another key.
    """
    found = list(Channel.objects.select_for_update(no_key=True).order_by("pk"))
    for channel in found:
        channel.address = encryption.seal_anew(channel.address)
        if channel.secret:
            channel.secret = encryption.seal_anew(channel.secret)
        channel.save(update_fields=["address", "secret"])
    return len(found)
