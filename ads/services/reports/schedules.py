"""Reports that channels are sent each month: once for a schedule and month, however often tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from ads.models import ReportSchedule
from ads.rules.calendar import UnknownTimezone, local_date, month_start, wall_instants
from ads.rules.money import plain
from ads.services import alerts
from ads.services.isolation import isolate
from ads.services.reports import links
from ads.services.reports.month import MonthReport, brand_month
from ads.services.reports.page import summary

#: The local time at which they are sent: in the morning, when somebody can answer questions.
AT: Final = time(8)

#: What a webhook is told that it is.
_KIND: Final = "report"

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many reports were handed to channels, and the schedules that failed."""

    sent: int
    failed: tuple[int, ...]


def send_due(now: datetime) -> Sent:
    """Hand the reports that are due to their channels; those of brands without a timezone wait."""
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


def send_now(schedule: ReportSchedule, now: datetime) -> date:
    """Hand the report of the last month that has ended to the channel, sent already or not.

    Returns:
        The month.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    month = _last_month(schedule, now)
    with transaction.atomic():
        _post(schedule, month, now)
        ReportSchedule.objects.filter(pk=schedule.pk).update(last_month=month)
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
    return month_start(month_start(local_date(now, schedule.brand.timezone)) - _DAY)


@transaction.atomic
def _send(pk: int, month: date, now: datetime) -> bool:
    """Of two at once, one does."""
    open_ = ReportSchedule.objects.filter(
        Q(last_month=None) | Q(last_month__lt=month), pk=pk, is_active=True
    )
    if not open_.update(last_month=month):
        return False
    _post(ReportSchedule.objects.select_related("brand", "channel").get(pk=pk), month, now)
    return True


def _post(schedule: ReportSchedule, month: date, now: datetime) -> None:
    report = brand_month(schedule.brand, month, now)
    link, lines = "", summary(report)
    if alerts.texts.link("/"):  # else nobody could open it
        made, token = links.share(schedule.brand, month, now)
        link = alerts.texts.link(reverse("shared_report", args=[token, "/"]))
        until = f"{made.expires_at:%B} {made.expires_at.day}, {made.expires_at.year}"
        lines.append(f"The whole report, until {until}: {link}")
    alerts.channels.post(
        schedule.channel,
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
