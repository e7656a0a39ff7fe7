"""The front page."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask

from ads.admin.backups import backup_alarms
from ads.admin.connections import troubles_as_read
from ads.admin.elements import (
    address,
    charts,
    clock,
    counted,
    may,
    picked,
    span,
    spend_bar,
    state_badge,
)
from ads.admin.overview.first_steps import first_steps
from ads.admin.overview.pacing import pacing_part
from ads.admin.tasks import alarm_summary, describe
from ads.holds import Hold
from ads.models import (
    Backup,
    Brand,
    Campaign,
    Connection,
    DeliveryChange,
    Heartbeat,
    PlatformAccount,
    UnknownReference,
)
from ads.models.campaigns import State
from ads.models.spend import Period
from ads.rules.calendar import format_instant, local_time
from ads.rules.currencies import labelled, prefix
from ads.rules.money import format_estimate, format_money, format_sums, is_used_up
from ads.services import overview, restored
from ads.services.freshness import Source, as_of
from ads.services.operations import TaskHealth, say_clock, stuck_sessions, timezone_database
from ads.services.overview import Delivery, Latest, Money, Near, Part, PeriodSpend

#: How long each hold lasts.
UNTIL: Final = {
    Hold.FLIGHT: "until the flight begins; for good after it ends",
    Hold.BRAND_DAILY_BUDGET: "until midnight",
    Hold.BRAND_MONTHLY_BUDGET: "until the 1st of the month",
    Hold.DAILY_BUDGET: "until midnight",
    Hold.MONTHLY_BUDGET: "until the 1st of the month",
    Hold.TOTAL_BUDGET: "until it is raised",
    Hold.GROUP_BUDGET: "until the group's day or month ends",
    Hold.STALE_SPEND: "until the ad platform reports",
    Hold.DAYPARTING: "until the schedule opens",
}

#: In the address: the currency whose brands the charts compare.
CURRENCY: Final = "currency"

CAMPAIGNS: Final = "admin:ads_campaign_changelist"

#: More tasks in trouble than this are summed up in a sentence.
FEW_ALARMS: Final = 2


def front_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    seen = overview.at(now, _parts(request), currency=request.GET.get(CURRENCY, ""))
    context["now"] = now
    # Before the first campaign there is nothing to count.
    has_campaigns = seen.first_steps is None or seen.first_steps.campaign is not None
    context["media"] = charts.MEDIA
    if seen.delivery and has_campaigns:
        context["states"] = _states(seen.delivery)
        context["held"] = _held(seen.delivery)
        context["near_campaigns"] = [_near(each, Campaign, now) for each in seen.delivery.near]
        context["near_campaigns_links"] = [
            {"text": "80% of a day", "link": picked(CAMPAIGNS, day_used="80")},
            {"text": "80% of a month", "link": picked(CAMPAIGNS, month_used="80")},
        ]
    if seen.money and has_campaigns:
        context["spend"] = [
            _spend(seen.money.today, "today", "daily"),
            _spend(seen.money.month, "this month", "monthly"),
        ]
        context["near_brands"] = [_near(each, Brand, now) for each in seen.money.near]
        context["near_brands_links"] = [
            {"text": "80% and more", "link": picked(address(Brand, "changelist"), used="80")}
        ]
        context["by_day"] = _by_day(seen.money)
        context["spend_as_of"] = _as_of(seen.sources)
        context["months"] = _months(seen.money)
        context["currencies"] = _currencies(seen.money)
    if seen.pacing and has_campaigns:
        context["pacing"] = pacing_part(seen.pacing, now)
    if seen.changes is not None and has_campaigns:
        context["changes"] = changes_as_read(seen.changes, now)
    if seen.tasks is not None:
        links = may(request, PeriodicTask, "view")
        context["tasks"] = [_task(checked, now, links=links) for checked in seen.tasks]
        about = PeriodicTask if links else Heartbeat
        context["tasks_link"] = reverse(address(about, "changelist"))
        context["alarms"] = [task for task in context["tasks"] if task["health"].is_alarming]
        if len(context["alarms"]) > FEW_ALARMS:
            context["alarms_in_short"] = alarm_summary(seen.tasks)
        context["flower"] = settings.FLOWER_URL
        context["timezones"] = timezone_database()
        context["clock"] = say_clock()
        context["stuck"] = stuck_sessions()
        context["platforms"] = seen.platform_problems
        if may(request, PlatformAccount, "view"):
            context["accounts_link"] = reverse(address(PlatformAccount, "changelist"))
    if seen.backups is not None:
        context["restored"] = seen.restored
        context["backup_alarms"] = list(backup_alarms(seen.backups, seen.restored))
        if may(request, Backup, "view"):
            context["backups_link"] = reverse(address(Backup, "changelist"))
    context["connection_troubles"] = troubles_as_read(seen.connections)
    if seen.waiting:
        context["waiting"] = {
            "amount": format_sums(seen.waiting.sums),
            "campaigns": counted(seen.waiting.campaigns, "unmatched campaign"),
            "link": reverse(address(UnknownReference, "changelist")),
        }
    context["first_steps"] = first_steps(request, seen)
    return context


def _as_of(sources: Sequence[Source]) -> str:
    """As of when all spend is known: that of the account that reported the longest ago."""
    if not sources:
        return ""
    said = as_of(sources[:1], "UTC")
    return f"Spend: {said[:1].lower()}{said[1:]}" if sources[0].has_answered else said


def _parts(request: HttpRequest) -> set[Part]:
    seen = {
        Part.DELIVERY: may(request, Campaign, "view"),
        Part.MONEY: may(request, Brand, "view"),
        Part.PACING: may(request, Brand, "view") and may(request, Campaign, "view"),
        Part.CHANGES: may(request, DeliveryChange, "view"),
        Part.CONNECTIONS: may(request, Connection, "view"),
        Part.HEALTH: may(request, Heartbeat, "view") or may(request, PeriodicTask, "view"),
        Part.WAITING: may(request, UnknownReference, "view"),
        Part.FIRST_STEPS: may(request, Brand, "add") or may(request, Campaign, "add"),
    }
    return {part for part, may in seen.items() if may}


def _states(delivery: Delivery) -> list[dict[str, Any]]:
    notes = {
        State.ACTIVE: "running now",
        State.PAUSED_BY_SYSTEM: "Active, but on hold",
        State.PAUSED_BY_USER: "until someone resumes them",
    }
    return [
        {
            "state": state.label,
            "label": "Delivering" if state == State.ACTIVE else state.label,
            "count": count,
            "written": f"{count:,}",
            "link": picked(CAMPAIGNS, state=state.label),
            "note": notes.get(state, ""),
            "colour": "success" if state == State.ACTIVE else "",
        }
        for state, count in delivery.states.items()
    ]


def _held(delivery: Delivery) -> dict[str, Any]:
    paused = delivery.states[State.PAUSED_BY_SYSTEM]
    return {
        "paused": paused,
        "rows": [
            {
                "label": hold.label,
                "until": UNTIL[hold],
                "count": count,
                "written": f"{count:,}",
                "percent": round(100 * count / paused) if paused else 0,
                "link": picked(CAMPAIGNS, state=State.PAUSED_BY_SYSTEM.label, hold=hold.value),
            }
            for hold, count in delivery.held.items()
            if count
        ],
        "notes": list(_notes_on_holds(delivery)),
    }


def _notes_on_holds(delivery: Delivery) -> Iterator[str]:
    if delivery.several:
        verb = "has" if delivery.several == 1 else "have"
        yield (
            f"{counted(delivery.several, 'campaign')} {verb} more than one hold and "
            f"{'is' if delivery.several == 1 else 'are'} counted under each."
        )
    if delivery.free:
        campaigns = counted(delivery.free, "campaign")
        yield f"{campaigns} will start {restored.when_it_starts()}."
    if delivery.undecided:
        yield (
            f"{counted(delivery.undecided, 'campaign')} cannot be checked: correct the invalid "
            "timezone of the brand."
        )


def _near(near: Near, model: type[Brand | Campaign], now: datetime) -> dict[str, Any]:
    return {
        "name": near.name,
        "brand": near.brand,
        "link": reverse(address(model, "change"), args=[near.id]),
        "period": "today" if near.period == Period.DAY else "this month",
        "bar": spend_bar(near.spent, near.limit, near.currency),
        "clock": clock(now, near.timezone),
        "timezone": near.timezone,
        "state": _state(near),
        "used_up": _used_up(near),
    }


def _state(near: Near) -> SafeString | str:
    """Why it is off; "" while it runs."""
    if near.is_used_up:
        return state_badge("Budget used up")
    return "" if near.delivers else state_badge(near.state)


def _used_up(near: Near) -> str:
    """In the brand's timezone: "16:40" of a day, "Tue 24 Nov" of a month."""
    if near.pace and near.pace.runs_out_on and near.delivers:
        return f"{near.pace.runs_out_on:%a %-d %b}"
    return f"{local_time(near.used_up_at, near.timezone):%H:%M}" if near.used_up_at else ""


def _spend(spent: Sequence[PeriodSpend], when: str, kind: str) -> dict[str, Any]:
    """One tile: what was spent in each currency, and against which budgets."""
    is_one = len(spent) == 1
    return {
        "label": f"Spend {when}",
        "amounts": [_short(each) for each in spent],
        "exact": format_sums({each.currency: each.amount for each in spent}),
        "budgets": [
            {
                "bar": spend_bar(
                    each.limited,
                    each.budget,
                    each.currency,
                    follows_amount=is_one and each.limited == each.amount,
                )
                if each.with_budget
                else None,
                "of": f"{counted(each.with_budget, 'brand')} with a {kind} budget",
                "unlimited": f"{format_money(each.unlimited, each.currency)} spent by "
                f"{counted(each.without_budget, 'brand')} without a {kind} budget"
                if each.unlimited
                else "",
            }
            for each in spent
        ],
        "link": reverse("admin:ads_brand_changelist"),
        "when": when,
    }


def _short(spent: PeriodSpend) -> str:
    """Without cents from a thousand on."""
    if spent.amount >= 1000:  # noqa: PLR2004
        return f"{prefix(spent.currency)}{spent.amount:,.0f}"
    return format_estimate(spent.amount, spent.currency)


def _currencies(money: Money) -> list[dict[str, Any]]:
    """Links to the charts of the other currencies; empty where there is only one."""
    codes = [each.currency for each in money.today]
    return [
        {
            "code": code,
            "title": labelled(code),
            "link": f"{reverse('admin:index')}?{CURRENCY}={code}#spend",
            "is_chosen": code == money.currency,
        }
        for code in (codes if len(codes) > 1 else [])
    ]


def _by_day(money: Money) -> charts.Chart | None:
    days = money.by_day
    if not days.brands:
        return None
    series = [
        charts.Series(name, amounts, link=reverse("admin:ads_brand_change", args=[pk]))
        for pk, name, amounts in days.brands
    ]
    if any(days.others):
        series.append(charts.Series("All others", days.others, colour="others"))
    return charts.Chart(
        id="spend-by-day",
        title="Spend by day and brand, last 30 days",
        head="Day",
        currency=money.currency,
        labels=[f"{day:%-d %b}" for day in days.days],
        series=series,
        stacked=True,
        height=300,
    )


def _months(money: Money) -> charts.Chart | None:
    brands = money.months
    if not brands:
        return None
    return charts.Chart(
        id="month-by-brand",
        title="Month to date and monthly budget, by brand",
        head="Brand",
        currency=money.currency,
        labels=[brand.name for brand in brands],
        links=[reverse("admin:ads_brand_change", args=[brand.id]) for brand in brands],
        series=[
            charts.Series(
                "Spent",
                [brand.month_spend for brand in brands],
                marked=[
                    n
                    for n, brand in enumerate(brands)
                    if is_used_up(brand.month_spend, brand.month_limit)
                ],
            ),
            charts.Series("Budget", [brand.monthly_budget for brand in brands], colour="quiet"),
        ],
        horizontal=True,
        height=60 + 38 * max(len(brands), 3),
    )


def changes_as_read(changes: list[Latest], now: datetime) -> list[dict[str, Any]]:
    """Delivery changes for the template ``ads/admin/overview_changes.html``."""
    return [
        {
            "what": change.campaign
            or f"{'At least ' if change.is_least else ''}{change.count} campaigns",
            "brand": change.brand,
            "link": _link_of(change),
            "is_active": change.is_active,
            "why": change.why,
            "at": change.at,
            "ago": "just now"
            if now - change.at < timedelta(seconds=5)
            else f"{span(now - change.at)} ago",
            "exact": format_instant(change.at, change.timezone),
        }
        for change in changes
    ]


def _link_of(change: Latest) -> str:
    if change.campaign_id:
        return reverse(address(Campaign, "change"), args=[change.campaign_id])
    brand = {"campaign__brand__id__exact": str(change.brand_id)}
    return picked(address(DeliveryChange, "changelist"), **brand)


def _task(checked: TaskHealth, now: datetime, *, links: bool) -> dict[str, Any]:
    link = reverse(address(PeriodicTask, "change"), args=[checked.task.pk]) if links else ""
    return {"name": checked.task.name, "link": link, "health": describe(checked, now)}
