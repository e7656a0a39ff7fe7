"""What alerts say: what happened, the figures, what is expected next, and where to look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.conf import settings

from ads.holds import TOTAL
from ads.models import Alert
from ads.models.alerts import AlertKind
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, format_instant
from ads.rules.money import format_estimate, format_money, percent_used
from ads.services import pacing
from ads.services.freshness import platform_name

#: The page about a brand, a campaign and the rest, below the site's address.
_BRAND: Final = "/admin/ads/brand/{}/change/"
_CAMPAIGN: Final = "/admin/ads/campaign/{}/change/"
_GROUP: Final = "/admin/ads/budgetgroup/{}/change/"
PAGES: Final[Mapping[str, str]] = {
    AlertKind.SPEND_LATE: "/admin/ads/platformaccount/",
    AlertKind.UNMATCHED: "/admin/ads/unknownreference/",
    AlertKind.TASK_LATE: "/admin/django_celery_beat/periodictask/",
    AlertKind.CHANNEL_FAILING: "/admin/ads/channel/",
    AlertKind.REPORT_WAITS: "/admin/ads/reportschedule/",
}
ALL: Final = "/admin/ads/alert/"


@dataclass(frozen=True, slots=True)
class Said:
    """An alert in words; plain text, in which names are as people typed them."""

    title: str
    text: str
    #: What is expected next; "" if nothing is known.
    next: str
    #: The page about it, below the site's address.
    path: str

    @property
    def link(self) -> str:
        """Its address; "" if the installation's is not known."""
        return link(self.path)


def link(path: str) -> str:
    """The address of a page of this installation; "" if it is not known."""
    return f"{settings.SITE_URL}{path}" if settings.SITE_URL else ""


def of(alert: Alert) -> Said:
    """The alert in words; with its rule, brand and campaign loaded, no query."""
    title, text, following = _WORDS[AlertKind(alert.kind)](alert, alert.figures)
    return Said(title, text, following, _path(alert))


def _path(alert: Alert) -> str:
    if alert.campaign_id is not None:
        return _CAMPAIGN.format(alert.campaign_id)
    if group := alert.figures.get("group"):
        return _GROUP.format(group["id"])
    if alert.kind in PAGES:
        return PAGES[alert.kind]
    return _BRAND.format(alert.brand_id) if alert.brand_id is not None else ALL


def whose(alert: Alert) -> str:
    """The campaign or budget group with its brand, or the brand."""
    if alert.brand is not None and (group := alert.figures.get("group")):
        return f"Group {group['name']} ({alert.brand.name})"
    if alert.campaign is not None and alert.brand is not None:
        return f"{alert.campaign.name} ({alert.brand.name})"
    return alert.brand.name if alert.brand is not None else ""


def _budget(alert: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    currency, zone = _brand(alert)
    spent, limit = Decimal(figures["spent"]), Decimal(figures["limit"])
    which = _which(figures)
    percent = percent_used(spent, limit)
    used = f", {percent}%" if percent is not None else ""
    text = (
        f"{format_money(spent, currency)} of {format_money(limit, currency)} spent{used}, as of "
        f"{format_instant(alert.at, zone)}."
    )
    name = whose(alert)
    if spent < limit:
        title = f"{name}: {figures['percent']}% of {which} used"
        left = limit - spent
        is_total = figures["period"] == TOTAL
        following = _left(figures, left, currency) if is_total else _expected(alert, figures)
        return title, text, following
    following = ""
    if figures["period"] == TOTAL:
        its = "Its campaigns are" if alert.campaign_id is None else "It is"
        following = f"{its} stopped until the budget is raised."
    elif alert.ends_at:  # something else may hold it then
        its = "Its campaigns do" if alert.campaign_id is None else "It does"
        following = f"{its} not run before {format_instant(alert.ends_at, zone)}."
    return f"{name}: {which} is used up", text, following


def _which(figures: Mapping[str, Any]) -> str:
    if figures["period"] == TOTAL:
        return "the total budget"
    start = date.fromisoformat(figures["start"])
    return f"{start:%B}'s budget" if figures["period"] == Period.MONTH else f"the budget of {start}"


def _left(figures: Mapping[str, Any], left: Decimal, currency: str) -> str:
    until = f" until the flight ends on {figures['last_day']}" if "last_day" in figures else ""
    return f"{format_money(left, currency)} is left{until}."


def _expected(alert: Alert, figures: Mapping[str, Any]) -> str:
    """When a budget will be used up, of a day by its pace, of a month as it was projected."""
    if figures["period"] == "day":
        return _expected_today(alert, Decimal(figures["spent"]), Decimal(figures["limit"]))
    if figures.get("runs_out_on"):
        return f"It is projected to be used up on {figures['runs_out_on']}."
    if figures.get("projected"):
        projected = format_estimate(Decimal(figures["projected"]), _brand(alert)[0])
        return f"Projected for the month: {projected}."
    return ""


def _expected_today(alert: Alert, spent: Decimal, limit: Decimal) -> str:
    campaign = alert.campaign
    if campaign is not None and (campaign.is_dayparting_enabled or not campaign.is_active):
        return ""  # its spend is not even over the day, or it has stopped
    _, zone = _brand(alert)
    try:
        runs_out = pacing.used_up_at(spent, limit, zone, alert.at)
    except UnknownTimezone:
        return ""
    if runs_out is None:
        return ""
    return f"At this pace it will be used up at about {format_instant(runs_out, zone)}."


def _projected(alert: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    currency, zone = _brand(alert)
    money = {
        name: format_estimate(Decimal(figures[name]), currency)
        for name in ("spent", "budget", "projected", "low", "high", "recommended_daily")
        if figures.get(name)
    }
    month = date.fromisoformat(figures["month"])
    exceeds = figures["choice"] == pacing.Paced.EXCEEDS
    what = "probably be exceeded" if exceeds else "probably not be used up"
    between = f" ({money['low']} to {money['high']})" if {"low", "high"} <= money.keys() else ""
    text = (
        f"{money['projected']}{between} projected of {money['budget']}; {money['spent']} spent as "
        f"of {format_instant(alert.at, zone)}."
    )
    following = []
    if exceeds and figures.get("runs_out_on"):
        following.append(f"It is projected to be used up on {figures['runs_out_on']}.")
    if "recommended_daily" in money:
        following.append(f"{money['recommended_daily']} a day would use it up exactly.")
    title = f"{whose(alert)}: {month:%B}'s budget will {what}"
    return title, text, " ".join(following)


def _paused(alert: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    returns = figures.get("returns")
    following = f"It runs again from {returns}." if returns else ""
    return f"{whose(alert)}: paused", f"{figures['reason']}, at {figures['at']}.", following


def _resumed(alert: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    return f"{whose(alert)}: running again", f"{figures['reason']}, at {figures['at']}.", ""


def _late(_: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    following = (
        "Until it reports again, campaigns are decided on with the spend that is known, and may "
        "exceed their budgets."
    )
    return f"{figures['name']}: spend is late", figures["text"], following


def _unmatched(_: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    count = figures["count"]
    many = f"{count:,}{' or more' if count >= figures['most'] else ''}"
    of = "campaign is" if count == 1 else "campaigns are"
    return (
        f"{many} {of} unmatched",
        "Spend came in under platform IDs that no campaign has.",
        "It counts toward no budget until somebody matches it.",
    )


def _unusual(alert: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    currency, _ = _brand(alert)
    spent = format_money(Decimal(figures["spent"]), currency)
    usual = format_estimate(Decimal(figures["usual"]), currency)
    day = f"{figures['when']} ({figures['day']})"
    if figures["direction"] == "high":
        title = f"{whose(alert)}: unusually high spend {figures['when']}"
        text = f"{spent} spent {day}, where a whole day usually has {usual}."
    else:
        title = f"{whose(alert)}: unusually low spend {figures['when']}"
        text = f"{spent} spent {day}, where a day usually has {usual}."
    return title, text, "Usual is the median of the last four weeks."


def _refused(alert: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    platform = platform_name(figures["platform"])
    what = "start" if figures["is_on"] else "stop"
    text = f"{platform} refused to {what} it. {figures['answer']}".strip()
    following = (
        "It goes on spending there until somebody stops it."
        if not figures["is_on"]
        else "It does not run there until somebody starts it."
    )
    return (
        f"{whose(alert)}: could not be {'started' if figures['is_on'] else 'stopped'}",
        (
            f"{text} The campaign is {figures['remote_id']} in "
            f"{figures['account'] or 'its account'}."
        ),
        f"{following} It is tried again every hour.",
    )


def _task(_: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    return f"Periodic task {figures['name']} {figures['state']}", figures["text"], figures["next"]


def _channel(_: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        f"Alerts do not reach {figures['name']}",
        f"Nothing has been sent since {figures['since']}. {figures['problem']}",
        "What it should have got is sent once it works again, for three days.",
    )


def _report(_: Alert, figures: Mapping[str, Any]) -> tuple[str, str, str]:
    brand, channel = figures["brand"], figures["channel"]
    theirs = f"brands that {figures['manager']} looks after and may see"
    return (
        f"The monthly report of {brand} is not sent to {channel}",
        f"{channel} is told only of {theirs}, and {brand} is none of them.",
        "It waits until the brand's account manager or the report's channel is changed.",
    )


def _brand(alert: Alert) -> tuple[str, str]:
    return (alert.brand.currency, alert.brand.timezone) if alert.brand else ("USD", "UTC")


_WORDS: Final[Mapping[AlertKind, Callable[[Alert, Mapping[str, Any]], tuple[str, str, str]]]] = {
    AlertKind.BUDGET_USED: _budget,
    AlertKind.PROJECTED: _projected,
    AlertKind.PAUSED: _paused,
    AlertKind.RESUMED: _resumed,
    AlertKind.SPEND_LATE: _late,
    AlertKind.UNMATCHED: _unmatched,
    AlertKind.UNUSUAL_SPEND: _unusual,
    AlertKind.SWITCH_REFUSED: _refused,
    AlertKind.TASK_LATE: _task,
    AlertKind.CHANNEL_FAILING: _channel,
    AlertKind.REPORT_WAITS: _report,
}
