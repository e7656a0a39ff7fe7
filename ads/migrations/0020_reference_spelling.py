"""Existing platform IDs in one spelling; those that become the same are joined, and it is said."""

import json
import sys
from collections import defaultdict

import ads.models.fields
import pghistory
from ads.rules.money import LIMIT
from ads.rules.platform_ids import PERHAPS_CHANGED, spelled
from django.db import migrations

from ads.migrations import _at_once

BETWEEN = "\x1f"
SHOWN = 20
ACTOR = "upgrade: one spelling of platform IDs"

#: Nobody writes meanwhile, in the order in which spend is recorded; reading goes on.
LOCK = """
    LOCK TABLE ads_unknownreference, ads_reportedtotal, ads_waitingspend, ads_campaignreference
      IN SHARE ROW EXCLUSIVE MODE
"""

PERHAPS = "account ~ %(pattern)s OR reference ~ %(pattern)s"

#: Of the day totals whose references become one, the totals of one day are joined in the first of
#: these rows. Both are in the ledger, so the joined total is their sum: the next report of the
#: source corrects it.
TOTALS = """
    CREATE TEMP TABLE spelling_total ON COMMIT DROP AS
    WITH respelled AS (
        SELECT total.campaign_id, total.date, total.source, map.target, total.id
          FROM ads_reportedtotal AS total JOIN spelling_known_as AS map ON map.written = total.known_as
    ), several AS (
        SELECT * FROM respelled
         UNION
        SELECT total.campaign_id, total.date, total.source, total.known_as, total.id
          FROM respelled
          JOIN ads_reportedtotal AS total
            ON total.campaign_id = respelled.campaign_id AND total.date = respelled.date
           AND total.source = respelled.source AND total.known_as = respelled.target
    )
    SELECT several.target, total.id, count(*) OVER one AS number,
           first_value(total.id) OVER (one ORDER BY (total.known_as = several.target) DESC, total.id)
               AS stays,
           sum(total.amount) OVER one AS amount, sum(total.previous) OVER one AS previous,
           max(total.observed_at) OVER one AS observed_at,
           first_value(total.replaced_by)
               OVER (one ORDER BY (total.amount <> 0) DESC, total.observed_at DESC, total.id)
               AS replaced_by
      FROM several JOIN ads_reportedtotal AS total ON total.id = several.id
    WINDOW one AS (PARTITION BY several.campaign_id, several.date, several.source, several.target)
"""

#: Day totals that wait under references that become one: only the newest counts, as if it had been
#: sent under one spelling; of one file, the sum. The others are kept, discarded.
WAITING = """
    WITH ranked AS (
        SELECT waits.id, waits.amount, waits.observed_at, waits.timezone, waits.currency,
               first_value(waits.id) OVER one AS stays
          FROM ads_waitingspend AS waits JOIN spelling_unknown AS map ON map.id = waits.unknown_id
         WHERE waits.kind = 'day_total' AND waits.discarded_at IS NULL
        WINDOW one AS (PARTITION BY map.stays, waits.date, waits.source
                           ORDER BY waits.observed_at DESC NULLS LAST, waits.id)
    ), discarded AS (
        UPDATE ads_waitingspend AS waits
           SET discarded_at = now(), discarded_by = %(actor)s,
               discarded_because = CASE
                   WHEN is_added THEN 'Added to the day total that waits under the same ID.'
                   ELSE 'A newer day total waits under the same ID.' END
          FROM (SELECT other.id, other.observed_at IS NOT DISTINCT FROM stays.observed_at
                       AND other.timezone = stays.timezone AND other.currency = stays.currency
                       AS is_added
                  FROM ranked AS other JOIN ranked AS stays ON stays.id = other.stays
                 WHERE other.id <> other.stays) AS other
         WHERE waits.id = other.id
        RETURNING waits.id, is_added
    )
    UPDATE ads_waitingspend AS waits SET amount = waits.amount + added.amount
      FROM (SELECT stays, sum(amount) AS amount
              FROM ranked JOIN discarded USING (id) WHERE is_added GROUP BY stays) AS added
     WHERE waits.id = added.stays AND waits.amount + added.amount < %(limit)s
"""

#: Left as they are, because nobody can say which campaign is right: who has one of these IDs.
NAMED = """
    SELECT known.id, concat_ws(' / ', platform, nullif(account, ''), reference),
           campaign_id, campaign.name, brand.name
      FROM ads_campaignreference AS known
      JOIN ads_campaign AS campaign ON campaign.id = known.campaign_id
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
     WHERE known.id = ANY(%s::bigint[])
"""


#: The report stays with the history of the platform IDs.
KEEP = """
    INSERT INTO pghistory_context (id, metadata, created_at, updated_at) VALUES (%s, %s, now(), now())
        ON CONFLICT (id) DO UPDATE SET metadata = pghistory_context.metadata || excluded.metadata
"""


class Spelling:
    """One run; :attr:`report` has what it did, in sentences."""

    def __init__(self, connection):
        self.connection = connection
        self.report = []

    def run(self, sql, values=None):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def all(self):
        self.run(LOCK)
        with pghistory.context(actor=ACTOR) as context:
            self.campaign_references()
            self.unknown_references()
            self.totals()
        if self.report:
            self.run(KEEP, [context.id, json.dumps({"actor": ACTOR, "report": self.report})])
        self.run("SET CONSTRAINTS ALL IMMEDIATE")
        self.run("SET CONSTRAINTS ALL DEFERRED")

    def map(self, table, rows, columns):
        """A temporary table of what becomes of what."""
        given = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        self.run(
            f"CREATE TEMP TABLE {table} ON COMMIT DROP AS"
            f" SELECT * FROM unnest({given}) AS given ({', '.join(columns)})",
            [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * len(columns),
        )
        self.run(f"ANALYZE {table}")

    def groups(self, table, also):
        """The rows of a table by what they become: the id, the parts and what is asked of each."""
        found = self.run(
            f"SELECT id, platform, account, reference, {also} FROM {table} WHERE {PERHAPS}",
            {"pattern": PERHAPS_CHANGED},
        )
        groups = defaultdict(list)
        for pk, platform, account, reference, more in found:
            target = (platform, spelled(account, account=True), spelled(reference))
            if target[2] and target != (platform, account, reference):
                groups[target].append((pk, (platform, account, reference), more))
        if groups:
            self.map("spelling_wanted", list(groups), dict.fromkeys(["p", "a", "r"], "text"))
            for pk, *target, more in self.run(
                f"SELECT id, platform, account, reference, {also} FROM {table}"
                " JOIN spelling_wanted ON (platform, account, reference) = (p, a, r)"
            ):
                groups[tuple(target)].append((pk, tuple(target), more))
            self.run("DROP TABLE spelling_wanted")
        return groups

    def campaign_references(self):
        respelled, gone, held, apart = [], [], [], []
        joined = []
        for target, rows in self.groups("ads_campaignreference", "campaign_id").items():
            # The one that is spelled like that already, else the oldest.
            rows.sort(key=lambda row: (row[1] != target, row[0]))
            pk, written, _ = rows[0]
            if len({campaign for *_, campaign in rows}) > 1:
                apart.append((target, [pk for pk, *_ in rows]))
                if written == target:
                    held.append((pk, target[1], marked(target[2], [row[1][2] for row in rows])))
                continue
            if written != target:
                respelled.append((pk, *target[1:]))
            gone += [pk for pk, *_ in rows[1:]]
            if len(rows) > 1:
                joined.append(f"{in_words(target)}, in {len(rows)} ways")
        if respelled:
            self.report.append(f"Platform IDs of campaigns, spelled anew: {len(respelled):,}.")
        self.say(joined, "Platform IDs of one campaign, written in several ways and joined")
        self.name_apart(apart)
        if gone:
            self.run("DELETE FROM ads_campaignreference WHERE id = ANY(%s::bigint[])", [gone])
        if respelled or held:
            self.respell("ads_campaignreference", respelled + held)

    def respell(self, table, rows):
        kinds = {"id": "bigint", "account": "text", "reference": "text"}
        self.map("spelling_respelled", rows, kinds)
        self.run(
            f"UPDATE {table} AS known SET account = map.account, reference = map.reference,"
            " updated_at = now() FROM spelling_respelled AS map WHERE map.id = known.id"
        )
        self.run("DROP TABLE spelling_respelled")

    def name_apart(self, apart):
        """Say which campaigns have one ID; spend under it waits until somebody has decided."""
        pks = [pk for _, of_one in apart[:SHOWN] for pk in of_one]
        named = {pk: rest for pk, *rest in self.run(NAMED, [pks])}
        listed = []
        for target, of_one in apart[:SHOWN]:
            whose = [
                f'{written} of campaign {campaign} ("{name}" of {brand})'
                for written, campaign, name, brand in (named[pk] for pk in of_one)
            ]
            listed.append(f"{in_words(target)}: {' and '.join(whose)}")
        self.say(
            listed + [""] * (len(apart) - len(listed)),
            "Platform IDs of several campaigns, left apart. Spend under them waits as unmatched "
            "until, under Platform IDs, you remove each from the campaigns that it is not of, and "
            "open and save the right one",
        )

    def unknown_references(self):
        """Unmatched references of one sender that become one: what waits under them is joined."""
        respelled, moved, names = [], [], []
        joined = []
        for target, rows in self.groups("ads_unknownreference", "ARRAY[name, only_brands::text]").items():
            senders = defaultdict(list)
            for pk, written, (name, only_brands) in rows:
                senders[only_brands].append((pk, written, name))
            for of_one in senders.values():
                of_one.sort(key=lambda row: (row[1] != target, row[0]))
                stays, written, _ = of_one[0]
                if written != target:
                    respelled.append((stays, *target[1:]))
                if len(of_one) > 1:
                    moved += [(pk, stays) for pk, *_ in of_one]
                    joined.append(f"{in_words(target)}, in {len(of_one)} ways")
                    names.append((stays, next((name for *_, name in of_one if name), "")))
        if moved:
            self.map("spelling_unknown", moved, {"id": "bigint", "stays": "bigint"})
            self.run(WAITING, {"actor": ACTOR, "limit": LIMIT})
            self.run(
                "UPDATE ads_waitingspend AS waits SET unknown_id = map.stays"
                "  FROM spelling_unknown AS map WHERE map.id = waits.unknown_id AND map.id <> map.stays"
            )
            self.run(
                "DELETE FROM ads_unknownreference AS known USING spelling_unknown AS map"
                " WHERE map.id = known.id AND map.id <> map.stays"
            )
            self.map("spelling_name", names, {"id": "bigint", "name": "text"})
            self.run(
                "UPDATE ads_unknownreference AS known SET name = map.name"
                "  FROM spelling_name AS map WHERE map.id = known.id"
            )
        if respelled:
            self.respell("ads_unknownreference", respelled)
            self.report.append(f"Unmatched campaigns, spelled anew: {len(respelled):,}.")
        self.say(joined, "Unmatched campaigns, written in several ways and joined")

    def totals(self):
        found = self.run(
            """
            SELECT known_as FROM (SELECT DISTINCT known_as FROM ads_reportedtotal) AS one
             WHERE split_part(known_as, %(between)s, 2) ~ %(pattern)s
                OR split_part(known_as, %(between)s, 3) ~ %(pattern)s
            """,
            {"between": BETWEEN, "pattern": PERHAPS_CHANGED},
        )
        changed = []
        for (known_as,) in found:
            platform, account, reference = known_as.split(BETWEEN)
            parts = (platform, spelled(account, account=True), spelled(reference))
            if parts[2] and parts != (platform, account, reference):
                changed.append((known_as, BETWEEN.join(parts)))
        if not changed:
            return
        self.map("spelling_known_as", changed, {"written": "text", "target": "text"})
        self.run(TOTALS)
        # Two totals of half the largest amount: no one has spent that.
        self.run(
            "DELETE FROM spelling_total WHERE amount >= %(limit)s OR previous >= %(limit)s",
            {"limit": LIMIT},
        )
        joined = self.run(
            """
            SELECT target, count(*), min(total.date), max(total.date)
              FROM spelling_total JOIN ads_reportedtotal AS total USING (id)
             WHERE number > 1 AND id = stays
             GROUP BY target ORDER BY target
            """
        )
        self.run("ANALYZE spelling_total")
        self.run(
            "DELETE FROM ads_reportedtotal AS total USING spelling_total AS map"
            " WHERE map.id = total.id AND map.id <> map.stays"
        )
        count = self.run(
            """
            UPDATE ads_reportedtotal AS total
               SET known_as = map.target, amount = map.amount, previous = map.previous,
                   observed_at = map.observed_at, replaced_by = map.replaced_by, updated_at = now()
              FROM spelling_total AS map
             WHERE map.id = total.id AND map.id = map.stays
            """
        )
        self.report.append(f"Day totals, now under the new spelling: {count:,}.")
        self.say(
            [
                f"{in_words(target.split(BETWEEN))}: {days:,} days, {first} to {last}"
                for target, days, first, last in joined
            ],
            "Platform IDs with day totals in several spellings on one day. They count in sum, as "
            "before; import the report again if that is too much",
        )

    def say(self, listed, what):
        if listed:
            more = f", and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
            self.report.append(f"{what}: {len(listed):,} ({'; '.join(listed[:SHOWN])}{more}).")


def marked(reference, taken):
    """The ID in a spelling that no incoming spend has, so that nobody's spend is found by it."""
    ways = (f'="{reference}"', f"'{reference}", f"{reference} ", f" {reference}", f"  {reference}")
    for way in ways:
        if way not in taken and spelled(way) == reference and len(way) <= 200:
            return way
    return reference


def in_words(target):
    return " / ".join(part for part in target if part)


def respell(_apps, schema_editor):
    spelling = Spelling(schema_editor.connection)
    spelling.all()
    for line in spelling.report:
        sys.stdout.write(f"\n    {line}")


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0019_batches_index'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.AlterField(
            model_name='campaignreference',
            name='account',
            field=ads.models.fields.PlatformIdField(account=True, blank=True, db_default='', default='', help_text="The account on the platform. Empty: the platform's IDs are unique without it.", max_length=100),
        ),
        migrations.AlterField(
            model_name='campaignreference',
            name='reference',
            field=ads.models.fields.PlatformIdField(help_text='Spend under this ID is recorded for the campaign.', max_length=200, verbose_name='ID on the platform'),
        ),
        migrations.AlterField(
            model_name='campaignreferenceevent',
            name='account',
            field=ads.models.fields.PlatformIdField(account=True, blank=True, db_default='', default='', help_text="The account on the platform. Empty: the platform's IDs are unique without it.", max_length=100),
        ),
        migrations.AlterField(
            model_name='campaignreferenceevent',
            name='reference',
            field=ads.models.fields.PlatformIdField(help_text='Spend under this ID is recorded for the campaign.', max_length=200, verbose_name='ID on the platform'),
        ),
        migrations.AlterField(
            model_name='unknownreference',
            name='account',
            field=ads.models.fields.PlatformIdField(account=True, blank=True, db_default='', default='', help_text="The account on the platform. Empty: the platform's IDs are unique without it.", max_length=100),
        ),
        migrations.AlterField(
            model_name='unknownreference',
            name='reference',
            field=ads.models.fields.PlatformIdField(help_text='Spend under this ID is recorded for the campaign.', max_length=200, verbose_name='ID on the platform'),
        ),
        migrations.RunPython(respell, migrations.RunPython.noop, elidable=True),
    ]
