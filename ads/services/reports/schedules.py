"""Reports that channels are sent each month: once for a schedule and month, however often tried."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import structlog
from django.db import transaction
from django.db.models import Q

from ads.models import AlertMessage, Brand, Channel, ReportSchedule
from ads.rules.calendar import UnknownTimezone, local_date, previous_month, wall_instants
from ads.rules.money import plain
from ads.services import alerts, restored, team
from ads.services.isolation import isolate
from ads.services.reports import links
from ads.services.reports.month import MonthReport, brand_month
from ads.services.reports.page import summary

#: The local time at which they are sent: in the morning, when somebody can answer questions.
AT: Final = time(8)

#: What a webhook is told that it is.
_KIND: Final = "report"

logger = structlog.stdlib.get_logger(__name__)


class NotTold(ValueError):
    """A report was to be sent to a channel that is not told of its brand."""

    def __init__(self, brand: Brand, channel: Channel) -> None:
        super().__init__(
            f"{channel} is told only of brands that {channel.account_manager} looks after and may "
            f"see, and {brand} is none of them: choose another channel."
        )


def check(brand: Brand, channel: Channel) -> None:
    """Refuse a report of ``brand`` for a channel that is not told of it.

    Raises:
        NotTold: it is of an account manager who does not look after the brand, or may not see it.
    """
    if not team.may_be_told(channel.account_manager, brand.pk):
        raise NotTold(brand, channel)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many reports were handed to channels, and the schedules that failed."""

    sent: int
    failed: tuple[int, ...]


def send_due(now: datetime) -> Sent:
    """Hand the reports that are due to their channels; those of brands without a timezone wait.

    All wait after a restore: clients would be told figures that lack the spend since the backup.
    """
    if restored.is_held():
        return Sent(0, ())
    schedules = ReportSchedule.objects.filter(is_active=True, channel__is_active=True)
    due = {
        schedule.pk: month
        for schedule in schedules.select_related("brand").order_by("pk")
        if (month := _due(schedule, now)) is not None
    }

    def each(ids: Sequence[int]) -> int:
        return sum(_send(pk, due[pk], now) for pk in ids)

    counts, failed = isolate(list(due), each, size=1, what="Sending the report of a schedule")
    return Sent(sum(counts), tuple(failed))


def send_now(schedule: ReportSchedule, now: datetime, *, uid: uuid.UUID) -> date:
    """Hand the report of the last month that has ended to the channel, sent already or not.

    ``uid``: of the message; one that is there already is not written again.

    Returns:
        The month.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
        NotTold: the channel is not told of the brand.
        alerts.channels.ChannelIsOff: the channel is switched off.
    """
    month = _last_month(schedule, now)
    with transaction.atomic():
        # First, so that of two at once one waits for the other.
        ReportSchedule.objects.filter(pk=schedule.pk).update(last_month=month)
        if not AlertMessage.objects.filter(uid=uid).exists():
            _post(schedule, month, now, uid)
    return month


def _due(schedule: ReportSchedule, now: datetime) -> date | None:
    """The month that is to be reported now; None: none."""
    zone = schedule.brand.timezone
    try:
        month, today = _last_month(schedule, now), local_date(now, zone)
        day = today.replace(day=schedule.day_of_month)
        begins = wall_instants(day, AT, zone)[0]
        # One that is made later in the month begins with the next.
        is_in_time = local_date(schedule.created_at, zone) <= day
    except UnknownTimezone:
        return None
    is_sent = schedule.last_month is not None and schedule.last_month >= month
    return month if now >= begins and is_in_time and not is_sent else None


def _last_month(schedule: ReportSchedule, now: datetime) -> date:
    return previous_month(local_date(now, schedule.brand.timezone))


@transaction.atomic
def _send(pk: int, month: date, now: datetime) -> bool:
    """Of two at once, one does. What the channel may not be told of waits until it may."""
    schedule = ReportSchedule.objects.select_related("brand", "channel__account_manager").get(pk=pk)
    try:
        check(schedule.brand, schedule.channel)
    except NotTold as error:
        logger.warning("A scheduled report is not sent", schedule=pk, reason=str(error))
        return False
    open_ = ReportSchedule.objects.filter(
        Q(last_month=None) | Q(last_month__lt=month), pk=pk, is_active=True
    )
    if not open_.update(last_month=month):
        return False
    _post(schedule, month, now, uuid.uuid4())
    return True


def _post(schedule: ReportSchedule, month: date, now: datetime, uid: uuid.UUID) -> None:
    check(schedule.brand, schedule.channel)
    report = brand_month(schedule.brand, month, now)
    link, lines = "", summary(report)
    if alerts.texts.link("/"):  # else nobody could open it
        made, token = links.share(schedule.brand, month, now)
        link = alerts.texts.link(links.PATH.format(token))
        until = f"{made.expires_at:%B} {made.expires_at.day}, {made.expires_at.year}"
        lines.append(f"The whole report, until {until}: {link}")
    alerts.channels.post(
        schedule.channel,
        brand=schedule.brand,
        uid=uid,
        kind=_KIND,
        subject=f"{schedule.brand.name}: advertising report for {month:%B %Y}",
        lines=lines,
        data=_data(report, link),
        now=now,
    )


def _data(report: MonthReport, link: str) -> dict[str, object]:
    brand = report.brand
    return {
        "brand": {"id": brand.pk, "name": brand.name},
        "month": f"{report.month:%Y-%m}",
        "budget": None if report.limit is None else plain(report.limit),
        "spent": plain(report.spent),
        "currency": brand.currency,
        "link": link,
    }
