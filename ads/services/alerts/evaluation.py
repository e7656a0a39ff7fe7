"""Looking for what is to be alerted: everything that the rules watch, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import BooleanField, Case, DateTimeField, Q, TextField, Value, When
from django.db.models.expressions import RawSQL

from ads.models import AlertDelivery, AlertProgress, AlertRule
from ads.models.alerts import AlertKind
from ads.services import locks
from ads.services.alerts import budgets, projections, raising, switches, unusual
from ads.services.alerts.conditions import CONDITIONS

#: Everything is looked at so often; in between only brands with spend or edits since.
EVERYTHING_EVERY: Final = timedelta(hours=1)

#: Transactions that began so long before their commit are not missed in between.
SLACK: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What one look found; ``is_busy``: another was looking, and nothing was done."""

    raised: int = 0
    is_busy: bool = False


def evaluate(now: datetime) -> Evaluated:
    """Raise the alerts that are to be raised now, and end those that are over.

    Whoever looks while another does is told so, and should look again: the other may have read
    before.
    """
    with transaction.atomic():
        if not locks.is_alone(locks.Only.LOOKING_FOR_ALERTS):
            return Evaluated(is_busy=True)
        AlertProgress.objects.get_or_create(pk=1, defaults={"followed_at": now})
        progress = AlertProgress.objects.annotate(version=_VERSION).get(pk=1)
        rules = list(AlertRule.objects.filter(is_active=True).select_related("brand"))
        raising.end_what_is_over(now)
        raised = switches.follow(progress, rules, now)
        switches.end_paused(now)
        raised += _budgets(progress, rules, now)
        for kind, condition in CONDITIONS.items():
            if mine := _of(rules, kind):
                raised += len(raising.compare_rows(kind, condition(mine, now), now))
        if _of(rules, AlertKind.SWITCH_REFUSED):
            raised += len(switches.compare_refused(now))
        _note(progress, progress.version)
    return Evaluated(raised)


#: Of the row; another one as soon as somebody has written it.
_VERSION: Final = RawSQL("xmin::text", [], output_field=TextField())


def _note(progress: AlertProgress, version: str) -> None:
    """Note what was looked at; a rule that was changed meanwhile is still to be looked at."""
    is_as_read = Q(RawSQL("xmin::text = %s", [version], output_field=BooleanField()))
    AlertProgress.objects.filter(pk=1).update(
        followed_at=progress.followed_at,
        followed_id=progress.followed_id,
        looked_at=progress.looked_at,
        looked_at_all=Case(
            When(is_as_read, then=Value(progress.looked_at_all, output_field=DateTimeField()))
        ),
    )


def rule_changed(rule: AlertRule, now: datetime) -> None:
    """Have everything looked at next, and send what waits when the rule now says."""
    look_at_all_next()
    raising.date_anew(AlertDelivery.objects.filter(alert__rule=rule), now)


def look_at_all_next() -> None:
    AlertProgress.objects.filter(pk=1).update(looked_at_all=None)


def _budgets(progress: AlertProgress, rules: Sequence[AlertRule], now: datetime) -> int:
    """What follows from spend, of all each hour and in between of brands that have moved."""
    mine, odd = _of(rules, AlertKind.BUDGET_USED), _of(rules, AlertKind.UNUSUAL_SPEND)
    projected = _of(rules, AlertKind.PROJECTED)
    last, last_all = progress.looked_at, progress.looked_at_all
    # Also if the clock was set back.
    everything = (
        last is None or last_all is None or not last_all <= now < last_all + EVERYTHING_EVERY
    )
    moved = None if everything or last is None else budgets.moved_since(last - SLACK, now)
    progress.looked_at = now
    if everything:
        progress.looked_at_all = now
    if moved == []:
        return 0
    raised = budgets.compare(mine, now, moved) if mine else 0
    for kind, these, cases in (
        (AlertKind.PROJECTED, projected, projections.cases),
        (AlertKind.UNUSUAL_SPEND, odd, unusual.cases),
    ):
        if these:
            found = cases(these, now, moved)
            raised += len(raising.compare_rows(kind, found, now, brands=moved, by_period=True))
    return raised


def _of(rules: Sequence[AlertRule], kind: AlertKind) -> list[AlertRule]:
    return [rule for rule in rules if rule.kind == kind]
