"""Entries of the ledger that were moved into files, month by month; their sums stay.

The database keeps what the files hold: what is deleted from the ledger while a month is being moved
is added to :class:`ArchivedSpend`, what is put back is taken from it. So the sums are those of the
ledger and of what is archived, whatever moves it.
"""

from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ads.models.campaigns import Campaign
from ads.models.fields import MoneyField, is_sum


class ArchivedMonth(models.Model):
    """A calendar month whose entries were moved into a file; kept when they are brought back."""

    month = models.DateField(help_text="Its first day.")
    file = models.CharField(max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the file.")
    size = models.BigIntegerField(help_text="Of the file, in bytes.")
    entries = models.BigIntegerField()
    amounts = models.JSONField(default=dict, help_text="Their sums, by currency, as text.")
    #: Of those among them that have external IDs.
    sources = ArrayField(models.CharField(max_length=100), default=list)
    archived_at = models.DateTimeField()
    archived_by = models.CharField(max_length=150)
    restored_at = models.DateTimeField(null=True, blank=True)
    restored_by = models.CharField(max_length=150, blank=True, default="")
    #: Only inside the transaction that moves its entries: see the triggers of the ledger.
    is_moving = models.BooleanField(default=False)

    class Meta:
        ordering = ["-month", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(restored_at__isnull=True),
                name="archived_month_is_one",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="archived_month_is_a_first"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="not_left_moving",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (SELECT FROM ads_archivedmonth WHERE id = NEW.id AND is_moving) THEN
                        RAISE EXCEPTION USING ERRCODE = 'check_violation',
                            MESSAGE = 'is_moving: a month is moved within one transaction.';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def sums(self) -> dict[str, Decimal]:
        """What they come to, by currency."""
        return {code: Decimal(amount) for code, amount in self.amounts.items()}


class ArchivedSpend(models.Model):
    """What a campaign's archived entries of a day come to; kept by the ledger's triggers."""

    pk = models.CompositePrimaryKey("campaign_id", "date")
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="archived_spend",
        db_index=False,  # the primary key begins with it
    )
    date = models.DateField()
    amount = MoneyField()
    entries = models.IntegerField()

    class Meta:
        verbose_name = "archived spend"
        verbose_name_plural = "archived spend"
        constraints = [is_sum("amount", table="archived_spend", negative=True)]

    def __str__(self) -> str:
        return f"Archived spend of {self.date}"


class ArchivedId(models.Model):
    """An external ID that an archived entry has: the same entry sent again must not count twice."""

    #: MD5 of the source and the ID: a tenth of what the entry took.
    key = models.UUIDField(primary_key=True)
    month = models.DateField(db_index=True)

    class Meta:
        verbose_name = "archived ID"

    def __str__(self) -> str:
        return str(self.key)


def key_of(source: str, external_id: str) -> str:
    """SQL for the key of a source and an external ID, both SQL."""
    return f"md5(length({source}) || ':' || {source} || {external_id})::uuid"


#: Of an entry.
_KEY = key_of("entry.source", "entry.external_id")


def _month(entry: str) -> str:
    """SQL for the month of an entry, by way of a timestamp that no timezone of a session shifts."""
    return f"date_trunc('month', {entry}.date::timestamp)::date"


def _refuse_others(rows: str, message: str) -> str:
    """PL/pgSQL that refuses rows of any month but the one that is being moved."""
    return f"""
        IF EXISTS (SELECT FROM {rows} AS entry
                    WHERE {_month("entry")} NOT IN
                          (SELECT month FROM ads_archivedmonth WHERE is_moving)) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation',
                MESSAGE = TG_TABLE_NAME || ': {message}';
        END IF;
    """  # noqa: S608  (our own names)


#: Before an entry counts: its month is not archived, and nor is its ID. Or it is brought back: then
#: its sums count already. Needs a variable ``refused``. A transaction that sees one instant
#: throughout would not see what was archived since.
BEFORE_IT_COUNTS = f"""
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME
            || ': insert under READ COMMITTED; a transaction of another isolation level does not '
            || 'see which months are archived meanwhile.';
    END IF;
    IF EXISTS (SELECT FROM ads_archivedmonth WHERE is_moving) THEN
        {_refuse_others("new_rows", "an archived month is being brought back.")}
        UPDATE ads_archivedspend AS archived
           SET amount = archived.amount - back.amount, entries = archived.entries - back.entries
          FROM (SELECT campaign_id, date, sum(amount) AS amount, count(*) AS entries
                  FROM new_rows GROUP BY campaign_id, date) AS back
         WHERE archived.campaign_id = back.campaign_id AND archived.date = back.date;
        DELETE FROM ads_archivedspend AS archived USING ads_archivedmonth AS month
         WHERE month.is_moving AND archived.entries = 0 AND {_month("archived")} = month.month;
        DELETE FROM ads_archivedid
         WHERE month IN (SELECT month FROM ads_archivedmonth WHERE is_moving);
        UPDATE ads_spendbatch AS batch SET archived_entries = archived_entries - back.entries
          FROM (SELECT batch_id, count(*) AS entries FROM new_rows
                 WHERE batch_id IS NOT NULL GROUP BY batch_id) AS back
         WHERE batch.id = back.batch_id;
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM ads_archivedmonth WHERE restored_at IS NULL) THEN
        SELECT entry.date, to_char(entry.date, 'YYYY-MM') AS month INTO refused
          FROM new_rows AS entry JOIN ads_archivedmonth AS archived
            ON archived.restored_at IS NULL AND archived.month = {_month("entry")}
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =
                'date: ' || refused.date || ' is in a month whose entries are archived; record it '
                || 'on a later day, or bring ' || refused.month || ' back with restore_archive.';
        END IF;
        SELECT entry.source, entry.external_id, to_char(archived.month, 'YYYY-MM') AS month
          INTO refused
          FROM new_rows AS entry JOIN ads_archivedid AS archived ON archived.key = {_KEY}
         WHERE entry.external_id IS NOT NULL
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =
                'external_id: ' || refused.external_id || ' of ' || refused.source
                || ' was recorded in ' || refused.month || ', whose entries are archived; leave it '
                || 'out, or bring that month back with restore_archive.';
        END IF;
    END IF;
"""  # noqa: S608


def keep_archived(refusal: str) -> str:
    """PL/pgSQL for what is deleted from the ledger: it is kept as sums and IDs.

    Nothing is deleted but the month that is being moved; ``refusal`` says so.
    """
    return f"""
    {_refuse_others("old_rows", refusal)}
    INSERT INTO ads_archivedspend AS archived (campaign_id, date, amount, entries)
    SELECT campaign_id, date, sum(amount), count(*) FROM old_rows
     GROUP BY campaign_id, date ORDER BY campaign_id, date
        ON CONFLICT (campaign_id, date)
        DO UPDATE SET amount = archived.amount + excluded.amount,
                      entries = archived.entries + excluded.entries;
    INSERT INTO ads_archivedid (key, month)
    SELECT {_KEY}, {_month("entry")}
      FROM old_rows AS entry WHERE entry.external_id IS NOT NULL ORDER BY 1;
    UPDATE ads_spendbatch AS batch SET archived_entries = archived_entries + gone.entries
      FROM (SELECT batch_id, count(*) AS entries FROM old_rows
             WHERE batch_id IS NOT NULL GROUP BY batch_id) AS gone
     WHERE batch.id = gone.batch_id;
    RETURN NULL;
    """  # noqa: S608  (our own names)
