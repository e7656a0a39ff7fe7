"""The rows of which a timeline is told, from all the tables that have some, by one statement.

Each source gives the first few rows after a position, in the one order that all share (instant,
source, id), so a page costs the same however long the history is, and the next goes on exactly
where it ended.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

from django.apps import apps
from django.db import connection

from ads.models import Brand, Campaign
from ads.services.audit import NOBODY


class Source(IntEnum):
    """Where a row comes from; of one instant, the lower stands above the others."""

    SWITCHES = 1
    CORRECTIONS = 2
    WAIVERS = 3
    CAMPAIGN = 4
    BRAND = 5
    ATTACHMENTS = 6
    REFERENCES = 7
    SCHEDULES = 8
    WINDOWS = 9


_MODELS: Final = {
    Source.SWITCHES: "DeliveryChange",
    Source.WAIVERS: "SpendTotalEvent",
    Source.CAMPAIGN: "CampaignEvent",
    Source.BRAND: "BrandEvent",
    Source.ATTACHMENTS: "CampaignScheduleEvent",
    Source.REFERENCES: "CampaignReferenceEvent",
    Source.SCHEDULES: "DaypartingScheduleEvent",
    Source.WINDOWS: "DaypartingWindowEvent",
}


@dataclass(frozen=True, slots=True)
class Position:
    """After which row to go on."""

    at: datetime
    source: Source
    id: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one source; ``row`` and ``before`` are its columns by name, as JSON has them."""

    source: Source
    at: datetime
    id: int
    row: dict[str, Any]
    #: Of an edit: the same thing before it.
    before: dict[str, Any] | None
    context: str
    actor: str

    def event(self) -> Any:
        """The row as the event or delivery change that it is; not to be saved."""
        return _event(self.source, self.row)

    def event_before(self) -> Any:
        """The event of the same thing before it, if it is known."""
        return _event(self.source, self.before) if self.before else None

    def events(self) -> list[Any]:
        """The events of a row that stands for several."""
        return [_event(self.source, row) for row in self.row["events"]]


def read(
    owner: Campaign | Brand, sources: Sequence[Source], after: Position | None, limit: int
) -> list[Row]:
    """The first ``limit`` rows of ``sources`` that come ``after`` a position, in order."""
    parts = _OF_BRAND if isinstance(owner, Brand) else _OF_CAMPAIGN
    wanted = [source for source in sources if source in parts]
    parameters: dict[str, Any] = {
        "owner": owner.pk,
        "brand": owner.pk if isinstance(owner, Brand) else owner.brand_id,
        "limit": limit,
        "at": after.at if after else None,
        "id": after.id if after else None,
    }
    union = "\nUNION ALL\n".join(
        f"(SELECT {source.value} AS source, part.*"  # noqa: S608
        f"   FROM ({parts[source](source, after)}) AS part)"
        for source in wanted
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT found.source, found.at, found.id, found.row::text, found.before::text,
                   found.context::text, context.metadata ->> 'actor'
              FROM ({union}) AS found
              LEFT JOIN pghistory_context AS context ON context.id = found.context
             ORDER BY found.at DESC, found.source, found.id DESC
             LIMIT %(limit)s
            """,  # noqa: S608  (nothing in it comes from outside)
            parameters,
        )
        return [
            Row(Source(source), at, pk, _read(row), _read(before), context or "", actor or NOBODY)
            for source, at, pk, row, before, context, actor in cursor.fetchall()
        ]


def _read(text: str | None) -> Any:
    # A float would not be the amount that was recorded.
    return json.loads(text, parse_float=Decimal) if text else None


def _event(source: Source, row: dict[str, Any]) -> Any:
    model = apps.get_model("ads", _MODELS[source])
    columns = model._meta.concrete_fields
    return model(**{column.attname: column.to_python(row[column.attname]) for column in columns})


def _comes_after(source: Source, after: Position | None, at: str, pk: str) -> str:
    """That a row of ``source`` comes after the position, given its columns."""
    if after is None:
        return "TRUE"
    if source == after.source:
        return f"({at}, {pk}) < (%(at)s, %(id)s)"
    return f"{at} {'<' if source < after.source else '<='} %(at)s"


def _events(
    source: Source,
    after: Position | None,
    whose: str,
    *,
    joined: str = "",
    more: str = "",
) -> str:
    """The events ``whose`` they are, with the event of the same thing before each change."""
    table = apps.get_model("ads", _MODELS[source])._meta.db_table
    return f"""
        SELECT event.pgh_created_at AS at, event.pgh_id AS id,
               to_jsonb(event) {more} AS row,
               CASE WHEN event.pgh_label IN ('update', 'waived') THEN (
                   SELECT to_jsonb(earlier) FROM {table} AS earlier
                    WHERE earlier.pgh_obj_id = event.pgh_obj_id AND earlier.pgh_id < event.pgh_id
                    ORDER BY earlier.pgh_id DESC LIMIT 1
               ) END AS before,
               event.pgh_context_id AS context
          FROM {table} AS event {joined}
         WHERE {whose}
           AND {_comes_after(source, after, "event.pgh_created_at", "event.pgh_id")}
         ORDER BY event.pgh_created_at DESC, event.pgh_id DESC
         LIMIT %(limit)s
    """  # noqa: S608


#: What happened to the brand before there was the campaign is no part of the campaign's story.
_SINCE_CAMPAIGN = """event.pgh_created_at >= coalesce(
               (SELECT min(made.pgh_created_at) FROM ads_campaignevent AS made
                 WHERE made.pgh_obj_id = %(owner)s), '-infinity')"""

#: The schedules attached to the campaign, each since when.
_ATTACHED = """
          JOIN (
                SELECT link.schedule_id, schedule.name,
                       coalesce((SELECT max(attached.pgh_created_at)
                                   FROM ads_campaignscheduleevent AS attached
                                  WHERE attached.pgh_obj_id = link.id
                                    AND attached.pgh_label = 'attached'),
                                '-infinity') AS since
                  FROM ads_campaignschedule AS link
                  JOIN ads_daypartingschedule AS schedule ON schedule.id = link.schedule_id
                 WHERE link.campaign_id = %(owner)s
               ) AS hours
"""

#: A row of a campaign that is told of on its brand's page.
_NAMED = (
    "jsonb_build_object('campaign_ids', ARRAY[campaign.id], 'campaign_names', ARRAY[campaign.name])"
)


def _switches(source: Source, after: Position | None) -> str:
    return f"""
        SELECT change.at, change.id, to_jsonb(change) || '{{"count": 1}}' AS row,
               NULL::jsonb AS before, NULL::uuid AS context
          FROM ads_deliverychange AS change
         WHERE change.campaign_id = %(owner)s
           AND {_comes_after(source, after, "change.at", "change.id")}
         ORDER BY change.at DESC, change.id DESC
         LIMIT %(limit)s
    """  # noqa: S608


def _switches_of_brand(source: Source, after: Position | None) -> str:
    """Campaigns that were switched together are one row, with the names of the first few.

    A row's id is made of what they share, so the first rows of each campaign are enough, and a page
    goes on where another ended.
    """
    shared = (
        "hashtextextended(concat_ws('/', change.is_active, change.trigger, change.actor,"
        " change.holds[1]), 0)"
    )
    return f"""
        SELECT change.at, change.shared AS id,
               (array_agg(to_jsonb(change)))[1] || jsonb_build_object(
                   'count', count(*),
                   'campaign_ids', (array_agg(campaign.id ORDER BY campaign.name))[1:3],
                   'campaign_names', (array_agg(campaign.name ORDER BY campaign.name))[1:3]
               ) AS row,
               NULL::jsonb AS before, NULL::uuid AS context
          FROM ads_campaign AS campaign
         CROSS JOIN LATERAL (
                SELECT DISTINCT ON (change.at, {shared}) change.*, {shared} AS shared
                  FROM ads_deliverychange AS change
                 WHERE change.campaign_id = campaign.id
                   AND {_comes_after(source, after, "change.at", shared)}
                 ORDER BY change.at DESC, {shared} DESC, change.id DESC
                 LIMIT %(limit)s
               ) AS change
         WHERE campaign.brand_id = %(brand)s
         GROUP BY change.at, change.shared
         ORDER BY change.at DESC, change.shared DESC
         LIMIT %(limit)s
    """  # noqa: S608


def _corrections(source: Source, after: Position | None) -> str:
    return f"""
        SELECT entry.created_at AS at, entry.id, to_jsonb(entry) AS row,
               NULL::jsonb AS before, NULL::uuid AS context
          FROM ads_spend AS entry
         WHERE entry.campaign_id = %(owner)s AND entry.kind = 'correction'
           AND {_comes_after(source, after, "entry.created_at", "entry.id")}
         ORDER BY entry.created_at DESC, entry.id DESC
         LIMIT %(limit)s
    """  # noqa: S608


def _corrections_of_brand(source: Source, after: Position | None) -> str:
    return f"""
        SELECT entry.created_at AS at, entry.id, to_jsonb(entry) || {_NAMED} AS row,
               NULL::jsonb AS before, NULL::uuid AS context
          FROM ads_campaign AS campaign
         CROSS JOIN LATERAL (
                SELECT entry.* FROM ads_spend AS entry
                 WHERE entry.campaign_id = campaign.id AND entry.kind = 'correction'
                   AND {_comes_after(source, after, "entry.created_at", "entry.id")}
                 ORDER BY entry.created_at DESC, entry.id DESC
                 LIMIT %(limit)s
               ) AS entry
         WHERE campaign.brand_id = %(brand)s
         ORDER BY entry.created_at DESC, entry.id DESC
         LIMIT %(limit)s
    """  # noqa: S608


def _campaign(source: Source, after: Position | None) -> str:
    return _events(source, after, "event.pgh_obj_id = %(owner)s")


def _brand(source: Source, after: Position | None) -> str:
    return _events(source, after, "event.pgh_obj_id = %(brand)s")


def _brand_of_campaign(source: Source, after: Position | None) -> str:
    """Those of the brand's edits that can start or stop the campaign."""
    decisive = "{0}.is_active, {0}.timezone, {0}.daily_budget, {0}.monthly_budget"
    return _events(
        source,
        after,
        f"event.pgh_obj_id = %(brand)s AND {_SINCE_CAMPAIGN} "
        f"AND ({decisive.format('event')}) IS DISTINCT FROM ({decisive.format('former')})",
        joined="""
          CROSS JOIN LATERAL (
                SELECT former.* FROM ads_brandevent AS former
                 WHERE former.pgh_obj_id = event.pgh_obj_id AND former.pgh_id < event.pgh_id
                 ORDER BY former.pgh_id DESC LIMIT 1
               ) AS former
        """,
    )


def _waivers(source: Source, after: Position | None) -> str:
    whose = (
        "(event.campaign_id = %(owner)s OR (event.campaign_id IS NULL "
        f"AND event.brand_id = %(brand)s AND {_SINCE_CAMPAIGN}))"
    )
    return _events(source, after, whose)


def _waivers_of_brand(source: Source, after: Position | None) -> str:
    return _events(source, after, "event.brand_id = %(brand)s AND event.campaign_id IS NULL")


def _attachments(source: Source, after: Position | None) -> str:
    return _events(
        source,
        after,
        "event.campaign_id = %(owner)s",
        joined="LEFT JOIN ads_daypartingschedule AS schedule ON schedule.id = event.schedule_id",
        more="|| jsonb_build_object('schedule_name', schedule.name)",
    )


def _references(source: Source, after: Position | None) -> str:
    return _events(source, after, "event.campaign_id = %(owner)s")


def _schedules(source: Source, after: Position | None) -> str:
    """What became of the schedules while they were attached."""
    return _events(
        source,
        after,
        "event.pgh_label = 'update' AND event.pgh_created_at > hours.since",
        joined=f"{_ATTACHED} ON hours.schedule_id = event.pgh_obj_id",
    )


def _windows(source: Source, after: Position | None) -> str:
    """What became of their windows: those of one edit are one row."""
    return f"""
        SELECT event.pgh_created_at AS at, max(event.pgh_id) AS id,
               jsonb_build_object(
                   'schedule_id', hours.schedule_id, 'schedule_name', hours.name,
                   'events', jsonb_agg(to_jsonb(event)
                                       ORDER BY event.day_of_week, event.start_time, event.pgh_id)
               ) AS row,
               NULL::jsonb AS before, event.pgh_context_id AS context
          FROM ads_daypartingwindowevent AS event
          {_ATTACHED} ON hours.schedule_id = event.schedule_id
         WHERE event.pgh_created_at > hours.since
         GROUP BY event.pgh_created_at, event.pgh_context_id, hours.schedule_id, hours.name
        HAVING {_comes_after(source, after, "event.pgh_created_at", "max(event.pgh_id)")}
         ORDER BY event.pgh_created_at DESC, max(event.pgh_id) DESC
         LIMIT %(limit)s
    """  # noqa: S608


_Part = Callable[[Source, Position | None], str]

_OF_CAMPAIGN: Final[dict[Source, _Part]] = {
    Source.SWITCHES: _switches,
    Source.CORRECTIONS: _corrections,
    Source.WAIVERS: _waivers,
    Source.CAMPAIGN: _campaign,
    Source.BRAND: _brand_of_campaign,
    Source.ATTACHMENTS: _attachments,
    Source.REFERENCES: _references,
    Source.SCHEDULES: _schedules,
    Source.WINDOWS: _windows,
}

_OF_BRAND: Final[dict[Source, _Part]] = {
    Source.SWITCHES: _switches_of_brand,
    Source.CORRECTIONS: _corrections_of_brand,
    Source.WAIVERS: _waivers_of_brand,
    Source.BRAND: _brand,
}
