"""Platform IDs of campaigns, and spend under IDs that no campaign has yet."""

from typing import Final

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.campaigns import Campaign
from ads.models.fields import (
    CurrencyField,
    MoneyField,
    PlatformIdField,
    is_currency,
    is_money,
    is_readable_date,
)
from ads.models.spend.batches import SpendBatch
from ads.models.spend.ledger import Kind
from ads.models.triggers import tracked
from ads.rules.money import format_money

#: Separates the parts of a reference in one text. It is in no platform's ids, so two references
#: never make the same text.
BETWEEN: Final = "\x1f"


def known_as(platform: str, account: str, reference: str) -> str:
    """A reference as one text, which is never empty; day totals are kept by it."""
    return BETWEEN.join((platform, account, reference))


def parts(known_as: str) -> tuple[str, str, str]:
    platform, account, reference = known_as.split(BETWEEN)
    return platform, account, reference


def shown(known_as: str) -> str:
    """That text for people; "" where no reference was given."""
    return " / ".join(part for part in known_as.split(BETWEEN) if part)


class Referring(models.Model):
    """The three parts of a platform's reference to a campaign."""

    platform = models.CharField(
        max_length=50,
        help_text="The ad platform as incoming spend names it, such as google_ads.",
    )
    account = PlatformIdField(
        account=True,
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="The account on the platform. Empty: the platform's IDs are unique without it.",
    )
    reference = PlatformIdField(
        "ID on the platform",
        max_length=200,
        help_text="Spend under this ID is recorded for the campaign.",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return shown(self.known_as)

    @property
    def known_as(self) -> str:
        """See :attr:`ReportedTotal.known_as`."""
        return known_as(self.platform, self.account, self.reference)


_REFERENCE_FIELDS = ["campaign", "platform", "account", "reference"]


#: On record, because a reference decides whose budget money counts against.
@tracked(
    "platform ID change",
    "platform ID changes",
    _REFERENCE_FIELDS,
    # For day totals: which campaigns had an ID before.
    indexes=[models.Index(fields=["reference", "platform"], name="reference_change_by_id")],
)
class CampaignReference(Referring, TimestampedModel):
    """A platform's ID of a campaign; spend under it is the campaign's."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="references",
        help_text="Spend under the ID counts against this campaign's budgets. Spend that waits "
        "for it is recorded within minutes.",
    )
    has_moved = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Another campaign had the ID before.",
    )

    class Meta:
        verbose_name = "platform ID"
        ordering = ["platform", "account", "reference"]
        # Few among many: their days may be on record for whoever had them.
        indexes = [
            models.Index(
                fields=["campaign"], condition=Q(has_moved=True), name="reference_that_moved"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="notes_moves",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("campaign_id", "platform", "account", "reference"),  # type: ignore[no-untyped-call]
                func="""
                    NEW.has_moved = EXISTS (
                        SELECT FROM ads_campaignreferenceevent AS event
                         WHERE event.reference = NEW.reference AND event.platform = NEW.platform
                           AND event.campaign_id <> NEW.campaign_id);
                    RETURN NEW;
                """,
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "account", "reference"],
                name="campaign_reference_is_unique",
                violation_error_message=(
                    "reference: another campaign is known by this platform, account and id."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(platform="") & ~Q(reference=""), name="campaign_reference_is_not_empty"
            ),
        ]


class UnknownReference(Referring, TimestampedModel):
    """A reference of incoming spend that no campaign has (yet).

    ``only_brands``: the sender may write to these brands only (ids, ascending), so it must be a
    campaign of theirs; NULL: any.
    """

    name = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="The platform's name for it, if given.",
    )
    only_brands = ArrayField(models.BigIntegerField(), null=True, blank=True)

    class Meta:
        verbose_name = "unmatched campaign"
        ordering = ["platform", "account", "reference"]
        constraints = [
            # A hash of the brands, of which there may be more than fit into an index entry.
            models.UniqueConstraint(
                "platform",
                "account",
                "reference",
                models.Func(
                    "only_brands",
                    models.Value(0),
                    function="hash_array_extended",
                    output_field=models.BigIntegerField(),
                ),
                name="unknown_reference_is_one_per_sender",
                nulls_distinct=False,
            )
        ]


class WaitingSpend(models.Model):
    """Spend under an unmatched reference, recorded as soon as that is matched.

    It is not in the ledger and in no total. Recorded rows are deleted; discarded ones stay, with
    who discarded them and why.
    """

    unknown = models.ForeignKey(
        UnknownReference,
        on_delete=models.CASCADE,
        related_name="waiting",
        db_index=False,  # the index below begins with it
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = MoneyField()
    currency = CurrencyField(
        blank=True,
        default="",
        db_default="",
        help_text="As its sender named it. Empty: that of the brand it is matched to.",
    )
    date = models.DateField(
        null=True, blank=True, help_text="Empty: the brand's local date at that time."
    )
    timezone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The timezone whose day the date is. Empty: the brand's.",
    )
    occurred_at = models.DateTimeField(
        null=True, blank=True, help_text="When it occurred. Empty: when it was received."
    )
    observed_at = models.DateTimeField(
        null=True, blank=True, help_text="Of a day total: when the source observed it."
    )
    description = models.CharField(max_length=500, blank=True, default="")
    source = models.CharField(max_length=100)
    external_id = models.CharField(max_length=200, null=True, blank=True)
    received_at = models.DateTimeField()
    batch = models.ForeignKey(
        SpendBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="waiting",
        help_text="What it came with.",
    )
    before = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Of a day total: what another batch had reported, which waits again if this one "
        "is undone.",
    )
    refusal = models.TextField(
        blank=True, default="", help_text="Why it could not be recorded once it was matched."
    )
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.CharField(max_length=150, blank=True, default="")
    discarded_because = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name = "waiting spend"
        verbose_name_plural = "waiting spend"
        ordering = ["id"]
        # In the order in which it is recorded, batch by batch.
        indexes = [models.Index(fields=["unknown", "id"], name="waiting_spend_by_reference")]
        constraints = [
            is_money("amount", table="waiting_spend", negative=True),
            is_currency("currency", table="waiting_spend", blank=True),
            is_readable_date("date", table="waiting_spend"),
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(external_id__isnull=False, discarded_at__isnull=True),
                name="waiting_spend_external_id_is_unique_in_its_source",
            ),
            models.UniqueConstraint(
                fields=["unknown", "date", "source"],
                condition=Q(kind=Kind.DAY_TOTAL, discarded_at__isnull=True),
                name="waiting_day_total_is_one_per_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.amount, self.currency)} of {self.source}"
