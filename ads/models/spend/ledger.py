"""The ledger, its running totals, and the totals that sources report."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ads.models.base import TimestampedModel
from ads.models.campaigns import Brand, Campaign
from ads.models.fields import MoneyField, is_money, is_readable_date, is_readable_instant, is_sum
from ads.models.spend.archive import BEFORE_IT_COUNTS, keep_archived
from ads.models.spend.batches import SpendBatch
from ads.models.triggers import OwnersTrigger, marks_all, on_record, refuse
from ads.rules.money import format_money


def sums_of(entries: str) -> str:
    """SQL for what the sums of ``entries`` (a relation like the ledger) are.

    Four for each campaign and date: its own and its brand's, of the day and of the month.
    """
    return f"""
        SELECT campaign.brand_id, owner.campaign_id, span.period, span.start,
               sum(entry.amount) AS amount
          FROM (
                SELECT campaign_id, date, sum(amount) AS amount
                  FROM {entries}
                 GROUP BY campaign_id, date
               ) AS entry
          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
         CROSS JOIN LATERAL (VALUES (NULL), (campaign.id)) AS owner (campaign_id)
         CROSS JOIN LATERAL (
                VALUES ('day', entry.date),
                       -- by way of a timestamp that no timezone of a session shifts
                       ('month', date_trunc('month', entry.date::timestamp)::date)
               ) AS span (period, start)
         GROUP BY campaign.brand_id, owner.campaign_id, span.period, span.start
    """  # noqa: S608  (``entries`` is one of our own relations)


#: Every entry that was ever recorded, or what those of a campaign's day come to: a relation.
EVER_RECORDED = """(
    SELECT campaign_id, date, amount FROM ads_spend
     UNION ALL SELECT campaign_id, date, amount FROM ads_archivedspend) AS recorded
"""


#: Adds the rows of one INSERT to the totals, in key order, so that two writers cannot deadlock. It
#: runs inside the inserting statement, so totals cannot drift, and with its owner's rights, because
#: who inserts needs no other permission.
KEEP_TOTALS = f"""
    {BEFORE_IT_COUNTS}
    INSERT INTO ads_spendtotal AS total (brand_id, campaign_id, period, start, amount)
    {sums_of("new_rows")}
     ORDER BY brand_id, campaign_id NULLS FIRST, period, start
        ON CONFLICT (campaign_id, period, start, brand_id)
        DO UPDATE SET amount = total.amount + excluded.amount, updated_at = now();
    -- Checks do not look at the sums of months long ago.
    IF EXISTS (SELECT FROM ads_lastcheck AS last JOIN new_rows ON date < last.sums_from) THEN
        INSERT INTO ads_changedbrand (brand_id)
        SELECT DISTINCT campaign.brand_id
          FROM new_rows AS entry
          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id;
    END IF;
    RETURN NULL;
"""  # noqa: S608  (our own names)


class Kind(models.TextChoices):
    """How an entry came to be; only a correction may be negative."""

    ENTRY = "entry", "Entry"
    DAY_TOTAL = "day_total", "Day total"
    CORRECTION = "correction", "Correction"


class OnOverlap(models.TextChoices):
    """What becomes of a day total where another source has reported the same campaign and day."""

    ADD = "add", "Add: it is other money, and both count"
    REPLACE = "replace", "Replace: the other source's totals are taken back"
    SKIP = "skip", "Skip: what is on record stays, and this is not recorded"


#: The database's answer to anything but an INSERT.
ONLY_ADDED_TO = "The ledger is only ever added to: record a correction instead."


class TomorrowAnywhere(models.Func):
    """The date that is tomorrow, at an instant, in the timezone whose clocks are furthest ahead."""

    template = "((%(expressions)s AT TIME ZONE 'UTC') + interval '38 hours')::date"  # UTC+14, a day
    arity = 1
    output_field = models.DateField()


class Spend(models.Model):
    """One entry of the ledger, which is only ever added to."""

    Kind = Kind

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="spend",
        db_index=False,  # the index below begins with it
    )
    amount = MoneyField()
    date = models.DateField(
        help_text="The day whose budget it counts against, in the brand's timezone."
    )
    occurred_at = models.DateTimeField(db_default=Now(), help_text="When the money was spent.")
    description = models.CharField(max_length=500, blank=True, default="", db_default="")
    source = models.CharField(max_length=100, default="manual", db_default="manual")
    external_id = models.CharField(
        max_length=200, null=True, blank=True, help_text="The source's own ID of the entry."
    )
    kind = models.CharField(
        max_length=10, choices=Kind.choices, default=Kind.ENTRY, db_default=Kind.ENTRY
    )
    recorded_by = models.CharField(
        max_length=150,
        blank=True,
        default="",
        db_default="",
        help_text="Who recorded a correction; other entries come from their source.",
    )
    # Without constraints, which would be checked for each of a million rows; neither is deleted.
    batch = models.ForeignKey(
        SpendBatch,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="spend",
        db_constraint=False,
        db_index=False,
        help_text="What it was recorded with, and can be undone with.",
    )
    reported_total = models.ForeignKey(
        "ads.ReportedTotal",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="spend",
        db_constraint=False,
        db_index=False,
        help_text="The day total that it is a difference of.",
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        permissions = [("correct_spend", "Can correct spend")]
        verbose_name = "spend entry"
        verbose_name_plural = "spend entries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["campaign", "date"], name="spend_by_campaign_and_date"),
            # For lists of the ledger, the latest day first: of some days, and of a source.
            models.Index(fields=["date", "id"], name="spend_by_day"),
            models.Index(fields=["source", "date", "id"], name="spend_by_source_and_day"),
            # Few among many: a campaign's history shows corrections only.
            models.Index(
                fields=["campaign", "-created_at", "-id"],
                condition=Q(kind=Kind.CORRECTION),
                name="spend_corrections_by_campaign",
            ),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="spend_by_batch"),
        ]
        constraints = [
            is_money("amount", table="spend", negative=True),
            is_readable_date("date", table="spend"),
            is_readable_instant("occurred_at", table="spend"),
            # The services know the brand's own date; this keeps out typing errors, such as day and
            # month swapped.
            models.CheckConstraint(
                condition=Q(date__lte=TomorrowAnywhere("created_at")),
                name="spend_date_is_not_in_the_future",
                violation_error_message="date: spend that has not happened cannot be recorded.",
            ),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(external_id__isnull=False),
                name="spend_external_id_is_unique_in_its_source",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="spend_kind_is_known"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) | Q(kind=Kind.CORRECTION),
                name="spend_is_negative_only_as_a_correction",
                violation_error_message="amount: only a correction may be negative.",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.CORRECTION) | Q(description__regex=r"\S"),
                name="spend_correction_says_why",
                violation_error_message="description: say why the spend is corrected.",
            ),
            models.CheckConstraint(
                condition=~Q(external_id=""),
                name="spend_external_id_is_given_or_null",
                violation_error_message="external_id: leave it out or give the source's id.",
            ),
        ]
        triggers = [
            OwnersTrigger(
                name="keep_totals",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
                declare=[("refused", "record")],
                func=KEEP_TOTALS,
            ),
            refuse("append_only", operation=pgtrigger.Update, message=ONLY_ADDED_TO),
            OwnersTrigger(
                name="keep_archived",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                referencing=pgtrigger.Referencing(old="old_rows"),  # type: ignore[no-untyped-call]
                func=keep_archived(ONLY_ADDED_TO),
            ),
            # TRUNCATE starts no trigger of rows.
            refuse(
                "not_emptied",
                level=pgtrigger.Statement,
                operation=pgtrigger.Truncate,
                message=ONLY_ADDED_TO,
            ),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.amount, self.campaign.brand.currency)} on {self.date}"


class Period(models.TextChoices):
    """The spans that budgets are for."""

    DAY = "day", "Day"
    MONTH = "month", "Month"

    @property
    def word(self) -> str:
        """As in "daily budget"."""
        return "daily" if self is Period.DAY else "monthly"

    @property
    def budget(self) -> str:
        """The field of a brand and of a campaign with their budget for it."""
        return f"{self.word}_budget"


#: The history of what was waived before there were allowances; nothing is added to it.
@pghistory.track(
    pghistory.ManualEvent("waived"),  # type: ignore[no-untyped-call]
    fields=["brand", "campaign", "period", "start", "amount", "waived"],
    meta=on_record("waiver", "waivers"),
    model_name="SpendTotalEvent",
)
class SpendTotal(TimestampedModel):
    """The running sum of one owner in one period, and what is allowed beyond its budget in it.

    ``campaign`` NULL is the brand's own row. The database keeps both: ``amount`` is the sum of the
    ledger, ``waived`` that of the allowances in force. An allowance that ends before its period is
    in ``waived`` until the clock takes it out; see :mod:`ads.holds.allowed`.
    """

    Period = Period

    # Cascades: the ledger protects owners with spend from deletion; a sum of zero (made to be
    # locked) is no reason to. Without constraints, which would be checked for the four sums that
    # a row may open: the row's own constraint holds already.
    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        related_name="totals",
        db_constraint=False,
        db_index=False,
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="totals",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,  # the unique constraint begins with it
    )
    period = models.CharField(max_length=5, choices=Period.choices)
    start = models.DateField(help_text="The day, or the first of the month.")
    amount = MoneyField(default=0, db_default=0)
    waived = MoneyField(default=0, db_default=0, help_text="What is allowed beyond the budget.")

    class Meta:
        ordering = ["-start", "period"]
        constraints = [
            # The order of the columns serves both look-ups, a campaign's and a brand's
            # (campaign IS NULL), from this one index.
            models.UniqueConstraint(
                fields=["campaign", "period", "start", "brand"],
                name="spend_total_is_one_per_owner_and_period",
                nulls_distinct=False,
            ),
            is_sum("amount", table="spend_total", negative=True),
            is_sum("waived", table="spend_total"),
            models.CheckConstraint(
                condition=Q(period__in=Period.values), name="spend_total_period_is_known"
            ),
            models.CheckConstraint(
                condition=Q(period=Period.DAY) | Q(start__day=1),
                name="spend_total_month_starts_on_the_1st",
            ),
        ]
        indexes = [
            # For the sweep and the lists, which want today's and this month's among years of
            # others. Not BRIN: sums move when they change, and new ones fill the gaps.
            models.Index(fields=["start", "period"], name="spend_total_by_period")
        ]
        triggers = [
            # From the trigger of the allowances alone.
            pgtrigger.Trigger(
                name="waived_is_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("waived"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Condition(
                    "OLD.waived IS DISTINCT FROM NEW.waived AND pg_trigger_depth() = 0"
                ),
                func=(
                    "RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = "
                    "'waived: it is the sum of the allowances; give one, or undo one.';"
                ),
            ),
            # What the ledger's own trigger writes is seen by the brand's sum of the month, which
            # every entry moves, and the allowances mark their brands: so recording costs no more.
            OwnersTrigger(
                name="marks_brand",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
                func="""
                    INSERT INTO ads_changedbrand (brand_id)
                    SELECT id FROM unnest(ARRAY[OLD.brand_id, NEW.brand_id]) AS brand (id)
                     WHERE id IS NOT NULL;
                    RETURN NULL;
                """,
            ),
            marks_all(pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        amount = format_money(self.amount, self.brand.currency)
        return f"{self.period} of {self.start}: {amount}"


class ReportedTotal(TimestampedModel):
    """The last total that a source reported of a campaign's day, and when it observed it.

    A source reports each of a campaign's references on its own; together they are its day.
    """

    source = models.CharField(max_length=100)
    # Without a constraint, which would be checked for each of a million rows: the entry with its
    # difference has one. A total that was always zero has none, and says nothing.
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="reported_totals",
        db_constraint=False,
        db_index=False,  # the unique constraint begins with it
    )
    date = models.DateField()
    known_as = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="The reference that the source reported; empty: the campaign itself.",
    )
    amount = MoneyField()
    previous = MoneyField(
        default=0,
        db_default=0,
        help_text="The total reported before; the ledger got the difference.",
    )
    observed_at = models.DateTimeField()
    replaced_by = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="The source that took this total back; it counts again once its own says so.",
    )
    batch = models.ForeignKey(
        SpendBatch,
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="reported_totals",
        db_constraint=False,
        db_index=False,
        help_text="The batch that reported or changed it last.",
    )

    class Meta:
        verbose_name = "reported day total"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "date", "source", "known_as"],
                name="reported_total_is_one_per_source",
            ),
            is_money("amount", table="reported_total"),
            is_money("previous", table="reported_total"),
        ]

    def __str__(self) -> str:
        amount = format_money(self.amount, self.campaign.brand.currency)
        return f"{self.source}: {amount} on {self.date}"
