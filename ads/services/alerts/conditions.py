"""What can be wrong with the system and its surroundings: each kind as cases for its rules."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from ads.models import AlertRule, Channel, ReportSchedule
from ads.models.alerts import AlertKind
from ads.rules.calendar import format_instant
from ads.services import connections, freshness, team
from ads.services.alerts.raising import Case
from ads.services.operations import health, task_texts
from ads.services.references import unmatched

#: A channel that fails for longer is told of elsewhere.
CHANNEL_FAILS_FOR: Final = timedelta(minutes=10)

#: Unmatched campaigns are counted no further.
MOST_COUNTED: Final = 1000


def spend_late(rules: Sequence[AlertRule], now: datetime) -> list[Case]:
    """Accounts that fail or are older than brands allow, and connections that are refused."""
    late = freshness.late(now)
    cases = [
        Case(rule.pk, f"account {pk}", _since(now), {"name": name, "text": text}, rule.brand_id)
        for rule in rules
        for pk, (name, text) in _late_for(rule, late).items()
    ]
    refused = [one for one in connections.troubles(now) if one.is_now]
    return cases + [
        Case(
            rule.pk,
            f"connection {one.connection.pk}",
            _since(now),
            {"name": one.connection.name, "text": one.text},
        )
        for one in refused
        for rule in rules
        if rule.brand_id is None
    ]


def _late_for(rule: AlertRule, late: Sequence[freshness.Late]) -> dict[int, tuple[str, str]]:
    """By account that a rule tells of: its name, and what is wrong with it.

    A brand's own rule is about the accounts of its campaigns, and about its own limit.
    """
    said: dict[int, list[str]] = {}
    mine = {} if rule.brand is None else {one.account_id for one in freshness.of_brand(rule.brand)}
    for one in late:
        if rule.brand is None:
            said.setdefault(one.account_id, []).append(one.sentence)
        elif one.account_id in mine and (one.is_failing or rule.brand_id in one.brands):
            said.setdefault(one.account_id, []).append(one.to_one or one.sentence)
    names = {one.account_id: one.name for one in late}
    return {pk: (names[pk], " ".join(sentences)) for pk, sentences in said.items()}


def waiting_unmatched(rules: Sequence[AlertRule], now: datetime) -> list[Case]:
    """Campaigns of incoming spend that nobody has matched, all in one."""
    count = unmatched.count(MOST_COUNTED)
    of_all = [rule for rule in rules if rule.brand_id is None]
    if not count or not of_all:
        return []
    return [
        Case(rule.pk, "unmatched spend", _since(now), {"count": count, "most": MOST_COUNTED})
        for rule in of_all
    ]


def tasks_late(rules: Sequence[AlertRule], now: datetime) -> list[Case]:
    return [
        Case(rule.pk, f"task {one.task.name}"[:200], _since(now), _of_task(one))
        for one in health.check(now)
        if one.is_alarming
        for rule in rules
        if rule.brand_id is None
    ]


def _of_task(one: health.TaskHealth) -> dict[str, str]:
    beat, text = one.heartbeat, task_texts.about(one.task.task)
    succeeded = (
        f"last succeeded at {format_instant(beat.last_success_at)}"
        if beat and beat.last_success_at
        else "has never succeeded"
    )
    error = beat.last_error.partition("\n")[0] if beat else ""
    words = f"It runs {health.when(one.task)} and {succeeded}."
    return {
        "name": one.task.name,
        "state": "fails" if one.health == health.Health.FAILING else "is late",
        "text": f"{words} {error}".strip(),
        "next": text.without if text else "",
    }


def channels_failing(rules: Sequence[AlertRule], now: datetime) -> list[Case]:
    """Channels that have not worked for a while."""
    dead = Channel.objects.filter(is_active=True, failing_since__lte=now - CHANNEL_FAILS_FOR)
    return [
        Case(
            rule.pk,
            f"channel {channel.pk}",
            _since(now),
            {
                "name": channel.name,
                "since": format_instant(channel.failing_since, channel.timezone),
                "problem": channel.problem,
            },
        )
        for channel in dead
        if channel.failing_since
        for rule in rules
        if rule.brand_id is None
    ]


def reports_waiting(rules: Sequence[AlertRule], now: datetime) -> list[Case]:
    """Scheduled reports that their channel is not sent, as it is not told of the brand."""
    schedules = ReportSchedule.objects.filter(channel__account_manager__isnull=False)
    waiting = team.reports_that_wait(
        schedules.select_related("brand", "channel__account_manager").order_by("pk")
    )
    return [
        Case(
            rule.pk,
            f"report {one.pk}",
            _since(now),
            {
                "brand": one.brand.name,
                "channel": one.channel.name,
                "manager": str(one.channel.account_manager),
            },
        )
        for one in waiting
        for rule in rules
        if rule.brand_id is None
    ]


#: By kind.
CONDITIONS: Final[Mapping[AlertKind, Callable[[Sequence[AlertRule], datetime], Iterable[Case]]]] = {
    AlertKind.SPEND_LATE: spend_late,
    AlertKind.UNMATCHED: waiting_unmatched,
    AlertKind.TASK_LATE: tasks_late,
    AlertKind.CHANNEL_FAILING: channels_failing,
    AlertKind.REPORT_WAITS: reports_waiting,
}


def _since(now: datetime) -> str:
    return f"since {now.date()}"
