"""Campaigns that the system paused and brought back, and switches that a platform refused.

A delivery change is written in the transaction that decided it. It is what tells us later: changes
are followed in the order of their feed, of which none is lost and none comes twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from ads.holds import ALL_BUDGETS, Hold
from ads.models import AlertProgress, AlertRule, DeliveryChange
from ads.models.alerts import AlertKind
from ads.rules.calendar import (
    UnknownTimezone,
    format_instant,
    local_date,
)
from ads.services import explain, history, orders
from ads.services.alerts import raising
from ads.services.alerts.raising import Case
from ads.services.history import Position, feed

#: Holds that people want to hear of. Nobody does of the hours of each day, the end of a flight, or
#: what somebody did by hand.
TOLD: Final = frozenset({*(budget.hold.value for budget in ALL_BUDGETS), Hold.STALE_SPEND.value})
_BY_HAND: Final = frozenset({Hold.STATUS.value, Hold.BRAND_INACTIVE.value, Hold.FLIGHT.value})

#: Changes that are read at once.
CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Switch:
    kind: AlertKind
    change: DeliveryChange
    reason: str


def follow(progress: AlertProgress, rules: Iterable[AlertRule], now: datetime) -> int:
    """Raise alerts of the switches since ``progress``, which is moved on; how many."""
    kinds = (AlertKind.PAUSED, AlertKind.RESUMED)
    mine = [rule for rule in rules if rule.kind in kinds]
    if not mine:  # nothing of before is told once there is a rule
        progress.followed_at = max(progress.followed_at, now - feed.SETBACK)
        return 0
    raised = 0
    position = Position(progress.followed_at, progress.followed_id)
    while True:
        page = feed.follow(DeliveryChange.objects.all(), position, limit=CHUNK)
        for kind in kinds:
            of_kind = [rule for rule in mine if rule.kind == kind]
            switches = told(page.changes, kind) if of_kind else []
            is_over = kind == AlertKind.RESUMED
            returns = {} if is_over else _returns(switches, now)
            cases = [case for one in switches for case in cases_of(one, of_kind, returns)]
            if cases:
                raised += len(raising.add(kind, cases, now, is_over=is_over))
        position = page.position
        if not page.has_more:
            break
    progress.followed_at, progress.followed_id = position.recorded_at, position.id
    return raised


def told(changes: Sequence[DeliveryChange], kind: AlertKind) -> list[Switch]:
    """Those of the changes that a rule of this kind tells of, with the reasons."""
    if kind == AlertKind.PAUSED:
        found = [
            one
            for one in changes
            if not one.is_active and TOLD & set(one.holds) and not _BY_HAND & set(one.holds)
        ]
    else:
        started = [one for one in changes if one.is_active]
        before = _holds_before([one.pk for one in started])
        found = [one for one in started if TOLD & set(before.get(one.pk, ()))]
    reasons = history.reasons(found)
    return [Switch(kind, one, reasons[one.pk]) for one in found]


def cases_of(
    switch: Switch, rules: Iterable[AlertRule], returns: Mapping[int, datetime]
) -> list[Case]:
    """What the rules say of a switch: once for a campaign and day."""
    change = switch.change
    campaign = change.campaign
    brand = campaign.brand
    try:
        day = local_date(change.at, brand.timezone)
    except UnknownTimezone:
        day = change.at.date()
    figures = {
        "reason": switch.reason,
        "by": "" if history.is_automatic(change.actor) else change.actor,
        "at": format_instant(change.at, brand.timezone),
        "returns": format_instant(at, brand.timezone) if (at := returns.get(campaign.pk)) else "",
    }
    return [
        Case(rule.pk, f"campaign {campaign.pk}", f"day {day}", figures, brand.pk, campaign.pk)
        for rule in rules
        if rule.brand_id in (None, brand.pk)
    ]


def _returns(switches: Sequence[Switch], now: datetime) -> dict[int, datetime]:
    """When each paused campaign runs again if nobody acts, by its id; without what is unknown.

    When its budgets lift, its hours may be closed, and its flight over.
    """
    paused = {one.change.campaign_id: one.change.campaign for one in switches}
    explained = explain.explain_many(paused.values(), now) if paused else {}
    return {pk: at for pk, one in explained.items() if (at := one.returns_at)}


def _holds_before(ids: Sequence[int]) -> dict[int, list[str]]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT change.id, before.holds
              FROM unnest(%s::bigint[]) AS given (id)
              JOIN ads_deliverychange AS change USING (id)
             CROSS JOIN LATERAL (
                   SELECT holds FROM ads_deliverychange AS one
                    WHERE one.campaign_id = change.campaign_id AND one.at <= change.at
                      AND one.id <> change.id
                    ORDER BY one.at DESC, one.id DESC LIMIT 1) AS before
            """,
            [list(ids)],
        )
        return dict(cursor.fetchall())


def end_paused(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ads_alert AS alert SET resolved_at = %s
              FROM ads_campaign AS campaign
              JOIN ads_brand AS brand ON brand.id = campaign.brand_id
             WHERE campaign.id = alert.campaign_id AND alert.kind = 'paused'
               AND alert.resolved_at IS NULL
               AND (campaign.is_active OR campaign.status <> 'active' OR NOT brand.is_active)
            """,
            [now],
        )


def compare_refused(now: datetime) -> list[int]:
    """Raise and end alerts of orders that a platform refused, and that none has followed.

    What was seen there since as it was ordered, or gone, is over: somebody has seen to it. So is
    what is told no more: nothing is switched in its account, or no campaign has its platform ID.
    """
    accounts = list(orders.may_switch().values_list("pk", flat=True))
    given = {"most": CHUNK, "accounts": accounts}
    return raising.compare(AlertKind.SWITCH_REFUSED, _REFUSED, given, now)


#: Starts and stops by themselves: who knows that a start was refused has not heard of a stop.
_REFUSED: Final = f"""
    SELECT rule.id AS rule_id,
           left(concat_ws(' ', CASE WHEN refused.is_on THEN 'start' ELSE 'stop' END,
                          refused.account_id, refused.remote_id), 200) AS owner,
           'since ' || (refused.settled_at AT TIME ZONE 'UTC')::date AS period,
           campaign.brand_id, campaign.id AS campaign_id,
           jsonb_build_object('is_on', refused.is_on, 'account', account.name,
                              'platform', account.platform, 'remote_id', refused.remote_id,
                              'answer', refused.answer) AS figures,
           NULL::timestamptz AS ends_at
      FROM (SELECT * FROM ads_switchorder WHERE state = 'refused'
             ORDER BY settled_at DESC LIMIT %(most)s) AS refused
      JOIN ads_platformaccount AS account ON account.id = refused.account_id
      JOIN ads_campaign AS campaign ON campaign.id = refused.campaign_id
      JOIN ads_alertrule AS rule
        ON rule.is_active AND rule.kind = 'switch_refused'
       AND (rule.brand_id IS NULL OR rule.brand_id = campaign.brand_id)
     WHERE account.id = ANY(%(accounts)s::bigint[])
       AND (account.platform = 'simulated'
            OR EXISTS (SELECT {orders.KNOWN.format(there="refused")}))
       AND NOT EXISTS (
           SELECT FROM ads_switchorder AS later
            WHERE later.account_id = refused.account_id
              AND later.remote_id = refused.remote_id AND later.id > refused.id)
       AND NOT EXISTS (
           SELECT FROM ads_platformcampaign AS there
            WHERE there.account_id = refused.account_id AND there.remote_id = refused.remote_id
              AND (there.gone_at IS NOT NULL
                   OR there.is_on = refused.is_on AND there.seen_at > refused.settled_at))
"""  # noqa: S608  (nothing in it comes from outside)
