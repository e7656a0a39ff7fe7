"""How figures and instants read on the admin's pages."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.holds import Hold
from ads.rules.calendar import UnknownTimezone, format_instant, local_time
from ads.rules.money import format_money
from ads.services.history import AuditEntry

NOTHING = "–"
NO_LIMIT = "no limit"

_PROGRAMS = {"key": "API key", "webhook": "Webhook", "command": "Command"}

_UNITS = {"days": 86400, "h": 3600, "min": 60, "s": 1}

#: The colours of a campaign's states; the others, such as "Outside hours", are as planned: plain.
STATE_COLOURS = {
    "Active": "success",
    "Paused by user": "info",
    "Paused by user (brand)": "info",
    "Budget used up": "warning",
    "Invalid timezone": "alarm",
}


def counted(number: int, one: str = "campaign") -> str:
    """ "1 campaign", "1,204 campaigns"."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def badge(label: str, colour: str = "plain") -> SafeString:
    """A word in a colour: "success", "info", "warning", "alarm" or "plain"."""
    return format_html('<span class="ads-badge ads-{}">{}</span>', colour, label)


def state_badge(state: str, count: int | None = None) -> SafeString:
    """A campaign's state in its colour; with ``count``, of how many campaigns: "3 Active"."""
    label = state if count is None else f"{count:,} {state}"
    return badge(label, STATE_COLOURS.get(state, "plain"))


def two_lines(first: object, second: object) -> SafeString:
    """Two lines of a cell, the second one quieter."""
    return format_html(
        '<span class="ads-many"><span class="ads-line">{}</span>'
        '<span class="ads-line ads-quiet">{}</span></span>',
        first,
        second,
    )


def ended_by(hold: Hold) -> str:
    """Who ends a hold that the clock does not end: "someone resumes it"."""
    if hold == Hold.STALE_SPEND:
        return "the ad platform reports again"
    verb = {Hold.STATUS: "activates", Hold.BRAND_INACTIVE: "resumes"}.get(hold, "changes")
    return f"someone {verb} it"


def budget(amount: Decimal | None, currency: str) -> str:
    """A budget: "$75.00", or "no limit"."""
    return NO_LIMIT if amount is None else format_money(amount, currency)


def unbroken(text: object) -> SafeString:
    """On one line of its cell."""
    return format_html('<span class="ads-nowrap">{}</span>', text)


def dated(entries: Iterable[AuditEntry], tz: str = "UTC") -> list[tuple[str, AuditEntry]]:
    """Each with its time, for the template ``ads/admin/audit.html``."""
    return [(format_instant(entry.at, tz), entry) for entry in entries]


def actor_name(actor: str) -> str:
    """Who acted, as recorded: "olivia", "API key Billing", "Command check_budgets"."""
    kind, _, name = actor.partition(": ")
    return f"{_PROGRAMS[kind]} {name}" if name and kind in _PROGRAMS else actor


def soon(at: datetime, now: datetime, tz: str) -> str:
    """An instant to come, short: "today 18:00", "tomorrow 00:00", "Mon 08:00", "1 Dec 08:00"."""
    local, today = local_time(at, tz), local_time(now, tz).date()
    days = (local.date() - today).days
    if days < 2:  # noqa: PLR2004
        return f"{'tomorrow' if days else 'today'} {local:%H:%M}"
    if days < 7:  # noqa: PLR2004
        return f"{local:%a %H:%M}"
    return f"{local:%-d %b}{'' if local.year == today.year else f' {local.year}'} {local:%H:%M}"


def clock(at: datetime, tz: str) -> str:
    """What the clock in ``tz`` shows: "Sat 09:00"; a dash if the timezone is invalid."""
    try:
        return f"{local_time(at, tz):%a %H:%M}"
    except UnknownTimezone:
        return NOTHING


def ago(at: datetime, now: datetime) -> SafeString:
    """How long ago: "2 min ago"; the exact instant shows on hover."""
    past = now - at
    return _on_hover(at, "just now" if past < timedelta(seconds=1) else f"{span(past)} ago")


def ahead(at: datetime, now: datetime) -> SafeString:
    """How long until then: "in 3 min"; the exact instant shows on hover."""
    wait = at - now
    return _on_hover(at, "now" if wait < timedelta(seconds=1) else f"in {span(wait)}")


def span(length: timedelta) -> str:
    """A length of time in its largest unit, rounded down: "40 s", "2 min", "3 h", "5 days"."""
    seconds = int(length.total_seconds())
    for unit, worth in _UNITS.items():
        if seconds >= worth:
            count = seconds // worth
            return f"{count} {'day' if (unit, count) == ('days', 1) else unit}"
    tenths = int(length.total_seconds() * 10)
    return f"0.{tenths} s" if tenths else "under 0.1 s"


def _on_hover(at: datetime, words: str) -> SafeString:
    return format_html(
        '<time class="ads-nowrap" datetime="{}" title="{}">{}</time>',
        at.astimezone(UTC).isoformat(),
        format_instant(at, seconds=True),
        words,
    )
