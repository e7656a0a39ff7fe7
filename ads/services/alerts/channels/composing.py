"""Making a message of the alerts that a channel is due to be told of."""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.models import Alert, AlertDelivery, AlertMessage, Channel
from ads.models.alerts import AlertKind, Frequency, MessageState, Way
from ads.rules.calendar import format_instant
from ads.services import team
from ads.services.alerts import raising, texts
from ads.services.alerts.channels.addresses import check_is_on, takes_whole
from ads.services.alerts.texts import Said
from ads.services.senders import CannotUnseal, encryption

#: Alerts that a message to people lists, and those in a webhook; a further webhook has the rest.
LISTED: Final = 50
IN_WEBHOOK: Final = 500

#: What several alerts of a kind are called in a subject.
_MANY: Final = {
    AlertKind.BUDGET_USED: "budgets",
    AlertKind.PROJECTED: "projected budgets",
    AlertKind.PAUSED: "paused campaigns",
    AlertKind.RESUMED: "campaigns running again",
    AlertKind.SPEND_LATE: "late sources of spend",
    AlertKind.UNMATCHED: "unmatched spend",
    AlertKind.UNUSUAL_SPEND: "unusual days",
    AlertKind.SWITCH_REFUSED: "refused switches",
    AlertKind.TASK_LATE: "periodic tasks",
    AlertKind.CHANNEL_FAILING: "channels that do not work",
    AlertKind.REPORT_WAITS: "reports that wait",
}


def compose(channel: Channel, now: datetime) -> AlertMessage | None:
    """A message of all that is due, of which each is told once; None: nothing is due."""
    due = AlertDelivery.objects.filter(channel=channel, message=None, due_at__lte=now)
    due.exclude(pk__in=due.filter(_still_told(channel)).values("pk")).delete()
    if channel.way == Way.WEBHOOK:
        ids = list(due.order_by("pk").values_list("pk", flat=True)[:IN_WEBHOOK])
    else:
        ids = list(due.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return None
    message = AlertMessage.objects.create(
        channel=channel, count=len(ids), created_at=now, next_at=now
    )
    AlertDelivery.objects.filter(pk__in=ids).update(message=message)
    alerts = Alert.objects.filter(deliveries__message=message)
    if channel.way == Way.WEBHOOK:
        message.subject = _subject(alerts, message.count)
        message.text = payload(_loaded(alerts).order_by("pk"), now)
    else:
        order = [*_BY_MANAGER, *_BY_BRAND] if _is_by_manager(channel) else _BY_BRAND
        listed = list(_loaded(alerts).order_by(*order)[:LISTED])
        message.subject = (
            texts.of(listed[0]).title if message.count == 1 else _subject(alerts, message.count)
        )[:300]
        message.text = as_text(listed, message.count, channel)
        while len(listed) > 1 and not _is_taken_whole(channel, message):
            listed.pop()
            message.text = as_text(listed, message.count, channel)
        message.html = as_html(listed, message.count, channel)
    message.save(update_fields=["subject", "text", "html"])
    return message


def _is_taken_whole(channel: Channel, message: AlertMessage) -> bool:
    if channel.way != Way.APPRISE:
        return True
    try:
        address = encryption.unseal(channel.address)
    except CannotUnseal:  # nothing is sent
        return True
    return takes_whole(address, message.subject, message.text)


def is_still_told(channel: Channel, message: AlertMessage) -> bool:
    """Is the channel still to be told of everything in the message?"""
    told = team.brands_told(channel.account_manager)
    if told is not None and message.brand_id is not None and message.brand_id not in told:
        return False
    return message.deliveries.filter(_still_told(channel)).count() == message.count


def _still_told(channel: Channel) -> Q:
    """Deliveries of alerts of rules that tell the channel, of brands that it may be told of."""
    still = Q(alert__rule__channels=channel) & raising.of_its_rule("alert__")
    told = team.brands_told(channel.account_manager)
    return still if told is None else still & Q(alert__brand__in=told)


def test(channel: Channel, uid: uuid.UUID, now: datetime) -> tuple[AlertMessage, bool]:
    """A message that says nothing but that it arrives; is it new?

    It is given up until it is received, as nobody tries it again.

    Raises:
        ChannelIsOff: the channel is switched off.
    """
    check_is_on(channel)
    words = f"This is a test of the channel {channel.name}. Alerts will arrive here."
    body = {"type": "test", "timestamp": now.isoformat(), "data": {"text": words}}
    is_webhook = channel.way == Way.WEBHOOK
    return AlertMessage.objects.get_or_create(
        uid=uid,
        defaults={
            "channel": channel,
            "subject": "Test from Budget Manager",
            "text": json.dumps(body) if is_webhook else words,
            "html": "" if is_webhook else format_html("<p>{}</p>", words),
            "created_at": now,
            "state": MessageState.GIVEN_UP,
            "problem": "It has not ended.",
        },
    )


def _loaded(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.select_related("rule", "brand__account_manager", "campaign")


def _subject(alerts: QuerySet[Alert], count: int) -> str:
    """Such as "12 alerts: 9 paused campaigns, 3 budgets"."""
    kinds = alerts.order_by().values_list("kind").annotate(n=Count("pk")).order_by("-n", "kind")
    parts = ", ".join(f"{n:,} {_MANY[AlertKind(kind)]}" for kind, n in kinds)
    return f"{count:,} {'alert' if count == 1 else 'alerts'}: {parts}"


def as_text(alerts: Sequence[Alert], count: int, channel: Channel) -> str:
    """For mail and chat, brand by brand."""
    parts = []
    for heading, its in _by_brand(alerts, channel):
        if heading and count > 1:
            parts.append(f"{heading}\n{'-' * len(heading)}")
        parts += ["\n".join(_lines(alert, channel.timezone)) for alert in its]
    if count > len(alerts):
        parts.append(f"… and {_more(count - len(alerts))}")
    return "\n\n".join(parts)


def as_html(alerts: Sequence[Alert], count: int, channel: Channel) -> SafeString:
    """The same for mail. Names are what people typed, so all of them are escaped."""
    parts = []
    for heading, its in _by_brand(alerts, channel):
        if heading and count > 1:
            parts.append(format_html("<h3>{}</h3>", heading))
        for alert in its:
            title, *lines = _lines(alert, channel.timezone)
            rest = format_html_join("", "<br>{}", ((linked(line),) for line in lines))
            parts.append(format_html("<p><strong>{}</strong>{}</p>", title, rest))
    if count > len(alerts):
        parts.append(format_html("<p>… and {}</p>", linked(_more(count - len(alerts)))))
    return format_html_join("", "{}", ((part,) for part in parts))


def linked(line: str) -> str | SafeString:
    """The line, with the address it ends with as a link."""
    before, scheme, rest = line.partition("http")
    if scheme and (scheme + rest).startswith(("http://", "https://")) and " " not in rest:
        return format_html('{}<a href="{}">{}</a>', before, scheme + rest, scheme + rest)
    return line


def _more(count: int) -> str:
    return f"{count:,} more. {texts.link(texts.ALL)}".rstrip()


_BY_BRAND: Final = ("brand__name", "kind", "pk")
#: Brands that nobody looks after come last, as what is of no brand does.
_BY_MANAGER: Final = ("brand__account_manager__username",)


def _is_by_manager(channel: Channel) -> bool:
    """Is it a digest of the brands of several account managers?"""
    return channel.frequency != Frequency.AT_ONCE and channel.account_manager_id is None


def _by_brand(alerts: Iterable[Alert], channel: Channel) -> Iterable[tuple[str, Iterable[Alert]]]:
    """With the brand, and in a digest its account manager, as heading."""

    def heading(alert: Alert) -> str:
        if alert.brand is None:
            return ""
        manager = alert.brand.account_manager if _is_by_manager(channel) else None
        return f"{alert.brand} (account manager: {manager})" if manager else str(alert.brand)

    return groupby(alerts, key=heading)


def _lines(alert: Alert, timezone: str) -> list[str]:
    said = texts.of(alert)
    over = f"Over since {format_instant(alert.resolved_at, timezone)}." if alert.resolved_at else ""
    following = "" if over else said.next
    is_event = alert.kind == AlertKind.RESUMED
    return [
        line
        for line in (said.title, said.text, following, "" if is_event else over, said.link)
        if line
    ]


def payload(alerts: Iterable[Alert], now: datetime) -> str:
    """The body of a webhook: JSON, with amounts as text."""
    return json.dumps({
        "type": "alerts",
        "timestamp": now.isoformat(),
        "data": {"alerts": [_as_json(alert, texts.of(alert)) for alert in alerts]},
    })  # fmt: skip


def _as_json(alert: Alert, said: Said) -> dict[str, Any]:
    brand, campaign = alert.brand, alert.campaign
    return {
        "id": alert.pk,
        "rule": alert.rule.name,
        "kind": alert.kind,
        "brand": brand and {"id": brand.pk, "name": brand.name},
        "campaign": campaign and {"id": campaign.pk, "name": campaign.name},
        "group": alert.figures.get("group"),
        "period": alert.period,
        "at": alert.at.isoformat(),
        "resolved_at": alert.resolved_at and alert.resolved_at.isoformat(),
        "title": said.title,
        "text": said.text,
        "next": said.next,
        "link": said.link,
        "figures": alert.figures,
    }
