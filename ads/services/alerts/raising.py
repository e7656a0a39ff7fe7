"""Raising alerts and ending them, set-wise: once per rule, owner and period.

Each kind says in SQL, or in rows, what is the case: a relation with the columns of
:data:`COLUMNS`. What is the case and has no open alert is raised, or opened again in silence where
it was over in the same period, with its present figures. What is open and no longer the case is
over. Which channels are to be told is written in the same transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import F, Q, QuerySet

from ads.models import Alert, AlertDelivery, AlertRule, Channel
from ads.models.alerts import AlertKind, Frequency
from ads.rules.calendar import names as timezone_names
from ads.rules.quiet_hours import next_digest, quiet_until

#: Of what is the case.
COLUMNS: Final = (
    "rule_id bigint, owner text, period text, brand_id bigint, campaign_id bigint, figures jsonb, "
    "ends_at timestamptz"
)


@dataclass(frozen=True, slots=True)
class Case:
    """Something that is the case, for a rule to raise an alert about."""

    rule_id: int
    owner: str
    period: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    brand_id: int | None = None
    campaign_id: int | None = None
    ends_at: datetime | None = None


_RAISE: Final = """
    INSERT INTO ads_alert AS alert (rule_id, kind, owner, period, brand_id, campaign_id, figures,
                                    at, ends_at, resolved_at, acknowledged_by)
    SELECT DISTINCT ON (rule_id, owner, period)
           rule_id, %(kind)s, owner, period, brand_id, campaign_id, figures, %(now)s, ends_at,
           CASE WHEN %(is_over)s THEN %(now)s::timestamptz END, ''
      FROM the_case
     WHERE NOT EXISTS (
           SELECT FROM ads_alert AS open
            WHERE open.kind = %(kind)s AND open.owner = the_case.owner AND open.resolved_at IS NULL
              AND open.rule_id = the_case.rule_id
              AND (open.period = the_case.period OR NOT %(by_period)s))
        ON CONFLICT (rule_id, owner, period) DO UPDATE
       SET resolved_at = NULL, ends_at = excluded.ends_at, figures = excluded.figures,
           at = excluded.at
     WHERE alert.resolved_at IS NOT NULL AND NOT %(is_over)s
    RETURNING id, rule_id, brand_id, xmax = 0 AS is_new
"""

_RESOLVE: Final = """
    UPDATE ads_alert AS alert SET resolved_at = %(now)s
     WHERE kind = %(kind)s AND resolved_at IS NULL
       AND (%(brands)s::bigint[] IS NULL OR brand_id = ANY(%(brands)s::bigint[]))
       AND NOT EXISTS (
           SELECT FROM the_case
            WHERE the_case.rule_id = alert.rule_id AND the_case.owner = alert.owner
              AND (the_case.period = alert.period OR NOT %(by_period)s))
"""


def compare(
    kind: AlertKind,
    the_case: str,
    params: Mapping[str, Any],
    now: datetime,
    *,
    brands: Sequence[int] | None = None,
    by_period: bool = False,
) -> list[int]:
    """Raise what is the case and end what is no longer; the ids of what was raised.

    ``the_case``: SQL. ``brands``: only alerts of these can be over; None: all. ``by_period``: the
    same case in another period is another alert.
    """
    values = {**params, "kind": kind, "now": now, "by_period": by_period, "is_over": False}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH the_case AS MATERIALIZED ({the_case}),
                 over AS ({_RESOLVE}),
                 raised AS ({_RAISE})
            SELECT id, rule_id, brand_id FROM raised WHERE is_new
            """,  # noqa: S608  (nothing in it comes from outside)
            {**values, "brands": None if brands is None else list(brands)},
        )
        return _to_tell(cursor.fetchall(), now)


def compare_rows(
    kind: AlertKind,
    cases: Iterable[Case],
    now: datetime,
    *,
    brands: Sequence[int] | None = None,
    by_period: bool = False,
) -> list[int]:
    """The same for cases that were found in Python."""
    found = {"cases": _as_json(cases)}
    return compare(kind, _FROM_JSON, found, now, brands=brands, by_period=by_period)


def add(kind: AlertKind, cases: Iterable[Case], now: datetime, *, is_over: bool) -> list[int]:
    """Raise what has happened, and end nothing; the ids. ``is_over``: at once over, too."""
    values: dict[str, Any] = {
        "cases": _as_json(cases),
        "kind": kind,
        "now": now,
        "is_over": is_over,
        "by_period": True,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH the_case AS ({_FROM_JSON}), raised AS ({_RAISE}) "  # noqa: S608
            "SELECT id, rule_id, brand_id FROM raised WHERE is_new",
            values,
        )
        return _to_tell(cursor.fetchall(), now)


_FROM_JSON: Final = f"SELECT * FROM jsonb_to_recordset(%(cases)s::jsonb) AS given ({COLUMNS})"  # noqa: S608


def _as_json(cases: Iterable[Case]) -> str:
    rows = [{name: getattr(one, name) for name in Case.__slots__} for one in cases]
    return json.dumps(rows, default=str)


def of_its_rule(prefix: str = "") -> Q:
    """Alerts that are still of their rule: it is active, and watches this, of this brand."""
    rule = f"{prefix}rule__"
    return Q(**{f"{rule}is_active": True, f"{rule}kind": F(f"{prefix}kind")}) & (
        Q(**{f"{rule}brand": None})
        | Q(**{f"{prefix}brand": None})
        | Q(**{f"{rule}brand": F(f"{prefix}brand")})
    )


def end_what_is_over(now: datetime) -> None:
    """End the alerts whose period is over, and those that are none of their rule's any more."""
    still_open = Alert.objects.filter(resolved_at=None)
    still_open.filter(Q(ends_at__lte=now) | ~of_its_rule()).update(resolved_at=now)


def _to_tell(raised: Sequence[tuple[int, int, int | None]], now: datetime) -> list[int]:
    """Write which channels are to be told of new alerts, and when; their ids."""
    if not raised:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_ZONES, [[pk for pk, *_ in raised]])
        dues = _dues(cursor.fetchall(), now)
        if dues:
            rules, zones, channels, instants = zip(*dues, strict=True)
            cursor.execute(
                _DELIVER,
                {
                    "rules": list(rules),
                    "zones": list(zones),
                    "channels": list(channels),
                    "instants": list(instants),
                    "alerts": [pk for pk, *_ in raised],
                },
            )
    return [pk for pk, *_ in raised]


#: The rules of alerts, with the timezones of their brands ("": of none).
_ZONES: Final = """
    SELECT DISTINCT alert.rule_id, coalesce(brand.timezone, '')
      FROM ads_alert AS alert LEFT JOIN ads_brand AS brand ON brand.id = alert.brand_id
     WHERE alert.id = ANY(%s::bigint[])
"""

#: No channel is told by itself that it does not work. Of which brands one of an account manager is
#: told is decided when its message is made, as either may be handed over until then.
_DELIVER: Final = """
    INSERT INTO ads_alertdelivery (alert_id, channel_id, due_at)
    SELECT alert.id, due.channel_id, due.at
      FROM unnest(%(rules)s::bigint[], %(zones)s::text[], %(channels)s::bigint[],
                  %(instants)s::timestamptz[]) AS due (rule_id, timezone, channel_id, at)
      JOIN ads_alert AS alert
        ON alert.rule_id = due.rule_id AND alert.id = ANY(%(alerts)s::bigint[])
      LEFT JOIN ads_brand AS brand ON brand.id = alert.brand_id
     WHERE coalesce(brand.timezone, '') = due.timezone
       AND NOT (alert.kind = 'channel_failing' AND alert.owner = 'channel ' || due.channel_id)
        ON CONFLICT DO NOTHING
"""


def _dues(found: Sequence[tuple[int, str]], now: datetime) -> list[tuple[int, str, int, datetime]]:
    """By rule, timezone of the brand and channel: when it is told."""
    rules = AlertRule.objects.in_bulk({pk for pk, _ in found})
    links = AlertRule.channels.through.objects.filter(
        alertrule__in=rules, channel__is_active=True
    ).select_related("channel")
    channels: dict[int, list[Channel]] = {pk: [] for pk in rules}
    for link in links:
        channels[link.alertrule_id].append(link.channel)
    return [
        (pk, zone, channel.pk, due(rules[pk], channel, zone, now, now))
        for pk, zone in found
        for channel in channels[pk]
    ]


def date_anew(deliveries: QuerySet[AlertDelivery], now: datetime) -> None:
    """Date those that wait anew, as their channel or their rule has other times."""
    waiting = list(
        deliveries.filter(message=None).select_related("alert__rule", "alert__brand", "channel")
    )
    for one in waiting:
        alert, brand = one.alert, one.alert.brand
        one.due_at = due(alert.rule, one.channel, brand.timezone if brand else "", alert.at, now)
    AlertDelivery.objects.bulk_update(waiting, ["due_at"], batch_size=1000)


def due(
    rule: AlertRule, channel: Channel, brand_timezone: str, raised_at: datetime, now: datetime
) -> datetime:
    """When an alert may be sent, from now on: at once, after quiet hours, with the first digest."""
    at = raised_at
    if channel.frequency != Frequency.AT_ONCE:
        weekly = channel.frequency == Frequency.WEEKLY
        at = next_digest(at, channel.digest_at, _known(channel.timezone), weekly=weekly)
    at = max(at, now)
    if rule.quiet_from is not None and rule.quiet_until is not None:
        timezone = _known(rule.timezone or brand_timezone)
        return quiet_until(at, rule.quiet_from, rule.quiet_until, timezone)
    return at


def _known(timezone: str) -> str:
    """UTC in place of one that is missing, or that the timezone database has dropped."""
    return timezone if timezone in timezone_names() else "UTC"
