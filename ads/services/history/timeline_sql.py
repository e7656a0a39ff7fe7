"""The SQL of a timeline, one statement for each source.

Each gives ``at``, ``id``, ``row``, ``before`` and ``context`` of the first ``%(limit)s`` rows after
a position, ordered by instant, source and id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from django.apps import apps


class Source(IntEnum):
    """Where a row comes from; at one instant, the lower comes first."""

    SWITCHES = 1
    CORRECTIONS = 2
    WAIVERS = 3
    CAMPAIGN = 4
    BRAND = 5
    ATTACHMENTS = 6
    REFERENCES = 7
    SCHEDULES = 8
    WINDOWS = 9
    ALLOWANCES = 10
    PLANNED = 11
    GROUP = 12
    NOTES = 20
    CAMPAIGN_LABELS = 21
    BRAND_LABELS = 22


#: The models of the rows; corrections need none.
MODELS: Final = {
    Source.SWITCHES: "DeliveryChange",
    Source.WAIVERS: "SpendTotalEvent",
    Source.CAMPAIGN: "CampaignEvent",
    Source.BRAND: "BrandEvent",
    Source.ATTACHMENTS: "CampaignScheduleEvent",
    Source.REFERENCES: "CampaignReferenceEvent",
    Source.SCHEDULES: "DaypartingScheduleEvent",
    Source.WINDOWS: "DaypartingWindowEvent",
    Source.ALLOWANCES: "AllowanceEvent",
    Source.NOTES: "Note",
    Source.CAMPAIGN_LABELS: "CampaignLabelEvent",
    Source.BRAND_LABELS: "BrandLabelEvent",
    Source.PLANNED: "ScheduledChangeEvent",
    Source.GROUP: "BudgetGroupEvent",
}


@dataclass(frozen=True, slots=True)
class Position:
    """After which row to go on."""

    at: datetime
    source: Source
    id: int


Part = Callable[[Source, Position | None], str]


def _comes_after(source: Source, after: Position | None, at: str, pk: str) -> str:
    """SQL: the row comes after the position."""
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
    """The events that meet ``whose``, each change with the event before it."""
    table = apps.get_model("ads", MODELS[source])._meta.db_table
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


#: Leaves out what happened to the brand before the campaign existed.
_SINCE_CAMPAIGN = """event.pgh_created_at >= coalesce(
               (SELECT min(made.pgh_created_at) FROM ads_campaignevent AS made
                 WHERE made.pgh_obj_id = %(owner)s), '-infinity')"""

#: The attached schedules, and since when.
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

#: Names the campaign of a row in its brand's history.
_NAMED = (
    "jsonb_build_object('campaign_ids', ARRAY[campaign.id], 'campaign_names', ARRAY[campaign.name])"
)


def _name_of(what: str, table: str) -> str:
    """The name of an event's label or schedule, also once that has been deleted."""
    return f"""|| jsonb_build_object('{what}_name', coalesce(
               (SELECT its.name FROM {table} AS its WHERE its.id = event.{what}_id),
               (SELECT former.name FROM {table}event AS former
                 WHERE former.pgh_obj_id = event.{what}_id ORDER BY former.pgh_id DESC LIMIT 1),
               '(deleted)'))"""  # noqa: S608


_LABEL_NAME: Final = _name_of("label", "ads_label")
_SCHEDULE_NAME: Final = _name_of("schedule", "ads_daypartingschedule")

_ITS_SCHEDULES = (
    "SELECT schedule_id FROM ads_campaignschedule WHERE campaign_id = change.campaign_id"
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
    """Campaigns switched together are one row, whose id is a hash of what they share."""
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


def _notes(source: Source, after: Position | None, whose: str) -> str:
    """The notes that meet ``whose``, with the campaign of each."""
    return f"""
        SELECT note.at, note.id, to_jsonb(note) || {_NAMED} AS row,
               NULL::jsonb AS before, NULL::uuid AS context
          FROM ads_note AS note
          LEFT JOIN ads_campaign AS campaign ON campaign.id = note.campaign_id
         WHERE {whose}
           AND {_comes_after(source, after, "note.at", "note.id")}
         ORDER BY note.at DESC, note.id DESC
         LIMIT %(limit)s
    """  # noqa: S608


def _notes_of(whose: str) -> Part:
    return lambda source, after: _notes(source, after, whose)


def _events_of(whose: str, *, joined: str = "", more: str = "") -> Part:
    return lambda source, after: _events(source, after, whose, joined=joined, more=more)


#: Edits of the brand that can start or stop the campaign.
_DECISIVE: Final = (
    "{0}.is_active, {0}.timezone, {0}.daily_budget, {0}.monthly_budget, {0}.stale_after_minutes, "
    "{0}.stops_when_stale, {0}.stops_early"
)
_FORMER: Final = """
          CROSS JOIN LATERAL (
                SELECT former.* FROM ads_brandevent AS former
                 WHERE former.pgh_obj_id = event.pgh_obj_id AND former.pgh_id < event.pgh_id
                 ORDER BY former.pgh_id DESC LIMIT 1
               ) AS former
"""


def _windows(source: Source, after: Position | None) -> str:
    """Edits of their windows, one row for each edit."""
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


OF_CAMPAIGN: Final[dict[Source, Part]] = {
    Source.SWITCHES: _switches,
    Source.CORRECTIONS: _corrections,
    Source.WAIVERS: _events_of(
        "(event.campaign_id = %(owner)s OR (event.campaign_id IS NULL "
        f"AND event.brand_id = %(brand)s AND {_SINCE_CAMPAIGN}))"
    ),
    Source.ALLOWANCES: _events_of(
        "(event.campaign_id = %(owner)s OR (event.campaign_id IS NULL "
        f"AND event.brand_id = %(brand)s AND {_SINCE_CAMPAIGN}))"
    ),
    # What the clock has brought about; what was planned stands in the list of planned budgets.
    Source.PLANNED: _events_of(
        "event.pgh_label = 'applied' AND event.says <> '' AND (event.campaign_id = %(owner)s "
        f"OR (event.campaign_id IS NULL AND event.brand_id = %(brand)s AND {_SINCE_CAMPAIGN}))"
    ),
    # Of the group that it is in now.
    Source.GROUP: _events_of(
        "event.pgh_label = 'update' AND event.pgh_obj_id = "
        "(SELECT budget_group_id FROM ads_campaign WHERE id = %(owner)s)"
    ),
    Source.CAMPAIGN: _events_of("event.pgh_obj_id = %(owner)s"),
    Source.BRAND: _events_of(
        f"event.pgh_obj_id = %(brand)s AND {_SINCE_CAMPAIGN} "
        f"AND ({_DECISIVE.format('event')}) IS DISTINCT FROM ({_DECISIVE.format('former')})",
        joined=_FORMER,
    ),
    Source.ATTACHMENTS: _events_of("event.campaign_id = %(owner)s", more=_SCHEDULE_NAME),
    # Also those that were taken from it for another campaign.
    Source.REFERENCES: _events_of(
        "event.pgh_obj_id IN (SELECT its.pgh_obj_id FROM ads_campaignreferenceevent AS its "
        "WHERE its.campaign_id = %(owner)s) "
        "AND (event.campaign_id = %(owner)s OR event.pgh_label = 'update' AND %(owner)s = ("
        "SELECT earlier.campaign_id FROM ads_campaignreferenceevent AS earlier "
        "WHERE earlier.pgh_obj_id = event.pgh_obj_id AND earlier.pgh_id < event.pgh_id "
        "ORDER BY earlier.pgh_id DESC LIMIT 1))"
    ),
    # Edits of schedules while attached.
    Source.SCHEDULES: _events_of(
        "event.pgh_label = 'update' AND event.pgh_created_at > hours.since",
        joined=f"{_ATTACHED} ON hours.schedule_id = event.pgh_obj_id",
    ),
    Source.WINDOWS: _windows,
    Source.NOTES: _notes_of("(note.campaign_id = %(owner)s OR note.brand_id = %(brand)s)"),
    Source.CAMPAIGN_LABELS: _events_of("event.campaign_id = %(owner)s", more=_LABEL_NAME),
}

OF_BRAND: Final[dict[Source, Part]] = {
    Source.SWITCHES: _switches_of_brand,
    Source.CORRECTIONS: _corrections_of_brand,
    Source.WAIVERS: _events_of("event.brand_id = %(brand)s AND event.campaign_id IS NULL"),
    Source.ALLOWANCES: _events_of("event.brand_id = %(brand)s AND event.campaign_id IS NULL"),
    Source.BRAND: _events_of("event.pgh_obj_id = %(brand)s"),
    Source.NOTES: _notes_of(
        "(note.brand_id = %(brand)s OR note.campaign_id IN"
        " (SELECT its.id FROM ads_campaign AS its WHERE its.brand_id = %(brand)s))"
    ),
    Source.BRAND_LABELS: _events_of("event.brand_id = %(brand)s", more=_LABEL_NAME),
    Source.PLANNED: _events_of(
        "event.pgh_label = 'applied' AND event.says <> '' AND event.brand_id = %(brand)s "
        "AND event.campaign_id IS NULL"
    ),
}

#: Of a delivery change: whose events can have led to it, and what they add.
_CAUSES: Final = {
    Source.CAMPAIGN: ("event.pgh_obj_id = change.campaign_id", ""),
    Source.BRAND: ("event.pgh_obj_id = campaign.brand_id", ""),
    Source.GROUP: ("event.pgh_obj_id = campaign.budget_group_id", ""),
    Source.ATTACHMENTS: ("event.campaign_id = change.campaign_id", _SCHEDULE_NAME),
    Source.SCHEDULES: (f"event.pgh_obj_id IN ({_ITS_SCHEDULES})", ""),
    Source.WINDOWS: (f"event.schedule_id IN ({_ITS_SCHEDULES})", _SCHEDULE_NAME),
}


def causes() -> str:
    """The last edits by the same person before each of the delivery changes ``%(ids)s``.

    Gives the id of the change, the source and what :func:`_events` gives; the newest first.
    """
    lately = """
           AND event.pgh_created_at BETWEEN change.recorded_at - interval '10 minutes'
                                        AND change.recorded_at
           AND coalesce((SELECT context.metadata ->> 'actor' FROM pghistory_context AS context
                          WHERE context.id = event.pgh_context_id), 'system') = change.actor"""
    union = "\nUNION ALL\n".join(
        f"(SELECT {source.value} AS source, part.* FROM "  # noqa: S608
        f"({_events(source, None, whose + lately, more=more)}) AS part)"
        for source, (whose, more) in _CAUSES.items()
    )
    return f"""
        SELECT change.id, edit.source, edit.at, edit.id, edit.row::text, edit.before::text,
               edit.context::text
          FROM ads_deliverychange AS change
          JOIN ads_campaign AS campaign ON campaign.id = change.campaign_id
         CROSS JOIN LATERAL ({union}) AS edit
         WHERE change.id = ANY(%(ids)s)
         ORDER BY change.id, edit.at DESC, edit.source, edit.id DESC
    """  # noqa: S608
