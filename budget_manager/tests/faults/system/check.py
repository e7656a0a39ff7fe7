"""The one question after every fault."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Sum

from ads.holds import Moment, evaluate
from ads.models import Campaign, Spend
from ads.models.campaigns import Status
from ads.services.ledger import verification
from budget_manager.tests.faults.system.load import SQL_BUDGET, Entries, Load
from budget_manager.tests.faults.system.stack import Stack

#: Campaigns with two changes the same way in a row; the first must be a start.
NOT_IN_TURN = """
    SELECT campaign_id
      FROM (
            SELECT campaign_id, is_active,
                   lag(is_active, 1, false) OVER (PARTITION BY campaign_id ORDER BY id) AS before
              FROM ads_deliverychange
           ) AS change
     WHERE is_active = before
"""

#: Campaigns whose last change is not what they do.
WITHOUT_A_CHANGE = """
    SELECT campaign.id
      FROM ads_campaign AS campaign
      LEFT JOIN LATERAL (
            SELECT is_active FROM ads_deliverychange
             WHERE campaign_id = campaign.id ORDER BY id DESC LIMIT 1
           ) AS change ON true
     WHERE coalesce(change.is_active, false) <> campaign.is_active
"""

#: Seconds from the entry that used a budget up until its campaign was stopped, the longest.
LAG = """
    WITH entry AS (
        SELECT campaign_id, created_at,
               sum(amount) OVER (PARTITION BY campaign_id ORDER BY created_at, id) AS spent
          FROM ads_spend WHERE source = %s
    ), crossing AS (
        SELECT campaign_id, min(created_at) AS at FROM entry WHERE spent >= %s GROUP BY campaign_id
    )
    SELECT count(*), max(extract(epoch FROM change.at - crossing.at))
      FROM crossing
      LEFT JOIN LATERAL (
            SELECT min(recorded_at) AS at FROM ads_deliverychange
             WHERE campaign_id = crossing.campaign_id AND NOT is_active
               AND recorded_at >= crossing.at
           ) AS change ON true
"""


def check(stack: Stack, load: Load) -> str:
    """Spend goes on, all is answered, and a check later all is right; the lag, in a sentence."""
    load.await_more(30)
    load.settle()
    now = stack.one_check()
    nothing_is_wrong(now)
    in_ledger_once(load.acknowledged, load.sent)
    totals_as_reported(load)
    as_people_wished(load.wishes)
    return lag(load)


def nothing_is_wrong(now: datetime) -> None:
    """Sums, states and changes, of whatever is in the database, after a check at ``now``."""
    assert verification.find_drift() == []
    campaigns = Campaign.objects.all()
    evaluated: Any = evaluate(campaigns, Moment.at(now, campaigns))
    wrong = evaluated.exclude(is_active=F("may_deliver")).values_list("name", "is_active")
    assert list(wrong) == [], f"not as the rule says at {now}"
    assert ids(NOT_IN_TURN) == []
    assert ids(WITHOUT_A_CHANGE) == []


def in_ledger_once(acknowledged: Entries, sent: Entries) -> None:
    """What was acknowledged is there, once and as sent, and nothing that was never sent."""
    sources = {source for source, _ in sent}
    rows: list[Any] = list(
        Spend.objects.filter(source__in=sources, external_id__isnull=False).values_list(
            "source", "external_id", "campaign_id", "amount"
        )
    )
    found: Entries = {(source, one): (campaign, amount) for source, one, campaign, amount in rows}
    assert len(found) == len(rows)
    assert differing(acknowledged, found) == {}, "acknowledged, and not so in the ledger"
    assert differing(found, sent) == {}, "in the ledger, and never sent so"


def differing(some: Entries, others: Entries) -> Entries:
    return {key: value for key, value in some.items() if others.get(key) != value}


def totals_as_reported(load: Load) -> None:
    """The last report of a day is what the day adds up to."""
    sums = Spend.objects.filter(source=load.source, external_id=None).values("campaign_id", "date")
    rows = sums.annotate(sum=Sum("amount")).values_list("campaign_id", "date", "sum")
    found: dict[Any, Decimal] = {(campaign, day): amount for campaign, day, amount in rows}
    assert found == load.reported


def as_people_wished(wishes: dict[int, str]) -> None:
    """Nobody but people has changed what they asked for, and what they paused does not run."""
    found = Campaign.objects.filter(pk__in=wishes)
    assert dict(found.values_list("pk", "status")) == wishes
    assert not found.filter(status=Status.PAUSED, is_active=True).exists()


def ids(statement: str, parameters: Iterable[Any] = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return [row[0] for row in cursor.fetchall()]


def lag(load: Load) -> str:
    """From recorded in SQL to stopped by a check."""
    with connection.cursor() as cursor:
        cursor.execute(LAG, [load.sql_source, SQL_BUDGET])
        campaigns, longest = cursor.fetchone()
    seconds = "" if longest is None else f", the slowest {longest:.1f} s after"
    answers = ", ".join(
        f"{times} × {status}" for status, times in sorted(load.client.answers.items())
    )
    return f"{campaigns} budgets used up in SQL{seconds}; answers {answers}"
