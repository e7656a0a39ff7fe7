"""Day totals of platform IDs that have moved from one campaign to another.

What an ID spent on a day is one total, whichever campaign has the ID. Reported again after it
moved, the day is recorded where the ID is now, and whoever had it before is set to zero. It stays
where it is on record if it is before the flight of the campaign that has the ID now, or if what is
on record was observed later.

That a campaign had an ID is in the audit. One that was never the campaign's is left alone: files
find campaigns by their names too, and two may have the same.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.db import connection

from ads.models.spend import BETWEEN
from ads.services import locks
from ads.services.errors import ReportedOtherwise
from ads.services.ledger.rows import Key

_AS_TEXT: Final = (
    f"{{0}}.platform || '{BETWEEN}' || {{0}}.account || '{BETWEEN}' || {{0}}.reference"
)

#: The same ID, perhaps once with its account and once without; a relation and another one.
_SAME: Final = """
    {0}.platform = {1}.platform AND {0}.reference = {1}.reference
    AND ({0}.account = {1}.account OR '' IN ({0}.account, {1}.account))
"""

_HAD_BEFORE: Final = f"""
    SELECT held.campaign_id, {_AS_TEXT.format("held")} AS known_as,
           event.campaign_id AS before_id, {_AS_TEXT.format("event")} AS before_as
      FROM {{held}} AS held
      JOIN ads_campaignreferenceevent AS event ON {_SAME.format("event", "held")}
     WHERE event.campaign_id <> held.campaign_id
       AND NOT EXISTS (SELECT FROM ads_campaignreference AS kept
                        WHERE kept.campaign_id = event.campaign_id
                          AND {_SAME.format("kept", "event")})
"""  # noqa: S608  (nothing in it comes from outside)

#: A relation of IDs that have moved: the campaign that has it, known_as, and the campaign that had
#: it and under which known_as. It may name one several times.
MOVED: Final = f"{_HAD_BEFORE.format(held='ads_campaignreference')} AND held.has_moved"

#: The same as if the campaigns ``%(campaigns)s`` had ``%(known_as)s``.
_SUPPOSED: Final = _HAD_BEFORE.format(
    held=f"""
        (SELECT campaign_id, split_part(known_as, '{BETWEEN}', 1) AS platform,
                split_part(known_as, '{BETWEEN}', 2) AS account,
                split_part(known_as, '{BETWEEN}', 3) AS reference
           FROM unnest(%(campaigns)s::bigint[], %(known_as)s::text[])
                AS given (campaign_id, known_as))
    """  # noqa: S608
)

#: Whether any ID has moved; and whether one of ``known_as_each``, without looking at the others.
ANY_HAS: Final = "EXISTS (SELECT FROM ads_campaignreference AS held WHERE held.has_moved{of_these})"
OF_THESE: Final = f" AND {_AS_TEXT.format('held')} = ANY(%(known_as_each)s::text[])"

# Whoever found the ID's former campaign before it moved has inserted its totals by now, or will see
# that it moved. So none that began a day later needs to be waited for.
_JUST_BEFORE: Final = f"""
    WITH moved AS MATERIALIZED (
        {MOVED} {{of_these}}
           AND EXISTS (SELECT FROM ads_campaignreferenceevent AS latest
                        WHERE latest.pgh_obj_id = held.id
                          AND latest.pgh_created_at > now() - interval '1 day')
    )
    SELECT %(source)s AS source, before_id AS campaign_id, date, before_as AS known_as
      FROM {{staged}}
      JOIN moved ON moved.campaign_id = staged.campaign_id AND moved.known_as = staged.known_as
"""  # noqa: S608

_OF_OTHERS: Final = f"""
    SELECT staged.campaign_id, staged.date, staged.known_as
      FROM ads_campaignreference AS held
      JOIN {{staged}} ON staged.known_as = {_AS_TEXT.format("held")}
     WHERE held.has_moved AND held.campaign_id <> staged.campaign_id {{but}}
"""  # noqa: S608

_EARLIER: Final = """
    WITH moved AS MATERIALIZED ({moved})
    SELECT DISTINCT ON (reported.id)
           staged.campaign_id, staged.date, staged.known_as, staged.observed_at,
           reported.campaign_id AS before_id, reported.known_as AS before_as,
           reported.observed_at AS before_at,
           reported.observed_at > staged.observed_at
               OR coalesce(staged.date < carrier.start_date AND coalesce(own.amount, 0) = 0, false)
               AS stays,
           reported.amount AS before_amount
      FROM {staged}
      JOIN moved ON moved.campaign_id = staged.campaign_id AND moved.known_as = staged.known_as
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s AND reported.campaign_id = moved.before_id
       AND reported.date = staged.date AND reported.known_as = moved.before_as
       AND reported.amount <> 0
      LEFT JOIN ads_campaign AS carrier ON carrier.id = staged.campaign_id
      LEFT JOIN ads_reportedtotal AS own
        ON own.source = %(source)s AND own.campaign_id = staged.campaign_id
       AND own.date = staged.date AND own.known_as = staged.known_as
     ORDER BY reported.id, staged.campaign_id, staged.known_as
"""

#: A relation of what is on record elsewhere of the IDs and days of ``staged``: its key and
#: observed_at, the key on record (``before_id``, date, ``before_as``) and when that was observed,
#: whether the day stays there, and what is on record. ``{of_these}``: :data:`OF_THESE`, or nothing.
EARLIER: Final = _EARLIER.replace("{moved}", f"{MOVED} {{of_these}}")

#: The same as if campaigns had IDs of which ``staged`` are: ``%(campaigns)s`` and ``%(known_as)s``.
EARLIER_IF: Final = _EARLIER.replace("{moved}", _SUPPOSED)

_CARRIED: Final = f"""
    SELECT DISTINCT campaign_id, known_as, before_id, before_as
      FROM ({MOVED} AND held.platform = %s) AS moved
"""  # noqa: S608

#: Why a lowered total is of zero, as a condition on ``reported``: the ID is another campaign's.
HAS_LEFT: Final = f"""
    EXISTS (SELECT
              FROM ads_campaignreferenceevent AS event
              JOIN ads_campaignreference AS held ON {_SAME.format("held", "event")}
             WHERE event.campaign_id = reported.campaign_id
               AND {_AS_TEXT.format("event")} = reported.known_as
               AND held.campaign_id <> reported.campaign_id)
"""  # noqa: S608


class OnRecord(NamedTuple):
    """A total on record, and the total of the same ID and day that another campaign gets."""

    #: Campaign, day and reference of the reported total, and of that on record.
    key: Key
    before: Key
    #: The day is to stay where it is on record.
    stays: bool


def earlier(staged: str, values: Mapping[str, Any]) -> list[OnRecord]:
    """What is on record of the IDs and days of ``staged`` for whoever had them; newest last."""
    relation = EARLIER.format(staged=staged, of_these=_of_these(values))
    sql = f"SELECT * FROM ({relation}) AS earlier ORDER BY before_at"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [
            OnRecord((pk, day, known_as), (before_id, day, before_as), stays)
            for pk, day, known_as, _, before_id, before_as, _, stays, _ in cursor.fetchall()
        ]


def await_earlier(staged: str, values: Mapping[str, Any]) -> None:
    """Wait for whoever is recording these IDs and days for campaigns that had the IDs before.

    These may be of another brand, so that the two have no sum in common.
    """
    keys = _JUST_BEFORE.format(staged=staged, of_these=_of_these(values))
    locks.await_reported_totals(keys, values)


def _of_these(values: Mapping[str, Any]) -> str:
    return OF_THESE if "known_as_each" in values else ""


def of_others(staged: str, values: Mapping[str, Any], *, but: str = "") -> set[Key]:
    """Those of ``staged`` whose platform ID another campaign has by now.

    ``but``: SQL for a further condition on ``staged``, from its AND on.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OF_OTHERS.format(staged=staged, but=but), values)
        return set(cursor.fetchall())


def carried_before(platform: str) -> list[tuple[int, str, int, str]]:
    """The IDs of a platform that have moved.

    Each is the campaign that has it and its known_as, and the same of one that had it before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CARRIED, [platform])
        return list(cursor.fetchall())


class JustMoved(ReportedOtherwise):
    def __init__(self) -> None:
        super().__init__(
            "campaign", None, "a platform ID has just moved to another campaign; report it again."
        )
