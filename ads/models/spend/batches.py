"""Batches: what was recorded together, and is undone together."""

from decimal import Decimal

from django.db import models
from django.db.models import Q


class BatchKind(models.TextChoices):
    IMPORT = "import", "Import"
    MATCH = "match", "Match"
    API = "api", "API request"
    WEBHOOK = "webhook", "Webhook"
    UNDO = "undo", "Undo"


class SpendBatch(models.Model):
    """Spend that was recorded together: of a file, a match, a request, a webhook; or an undo.

    Rows of the ledger, day totals and waiting spend name their batch. It is never deleted.
    """

    kind = models.CharField(max_length=10, choices=BatchKind.choices)
    title = models.CharField(
        max_length=255, blank=True, default="", help_text="The file, the key, the platform ID."
    )
    source = models.CharField(max_length=100, blank=True, default="")
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()
    rows = models.BigIntegerField(default=0, help_text="Entries, day totals and waiting rows.")
    amounts = models.JSONField(
        default=dict, help_text="By how much it moved the ledger, by currency, as text."
    )
    spend_import = models.ForeignKey(
        "ads.SpendImport", on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    api_key = models.ForeignKey(
        "ads.ApiKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    #: Of a match: the campaign's platform ID, as text, and the brands its sender was limited to.
    campaign = models.ForeignKey(
        "ads.Campaign", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    known_as = models.TextField(blank=True, default="")
    only_brands = models.JSONField(null=True, blank=True)
    #: Unique, so a batch is undone once.
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    reason = models.CharField(max_length=400, blank=True, default="")
    #: Kept by the triggers of the ledger.
    archived_entries = models.BigIntegerField(
        default=0, db_default=0, help_text="How many of its entries are archived."
    )
    #: False: it has been undone, and that was not undone again.
    counts = models.BooleanField(default=True)

    class Meta:
        verbose_name = "recorded batch"
        verbose_name_plural = "recorded batches"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=BatchKind.values), name="spend_batch_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind=BatchKind.UNDO, undoes__isnull=False) & ~Q(reason="")
                | ~Q(kind=BatchKind.UNDO) & Q(undoes__isnull=True),
                name="spend_batch_undoes_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "known_as"],
                condition=Q(kind=BatchKind.MATCH),
                name="spend_batch_by_match",
            )
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}"

    @property
    def sums(self) -> dict[str, Decimal]:
        """By how much it moved the ledger, by currency."""
        return {code: Decimal(amount) for code, amount in self.amounts.items()}


class MatchedSpend(models.Model):
    """Spend that had waited, as it was, until its match is undone: then it waits again."""

    match = models.ForeignKey(SpendBatch, on_delete=models.PROTECT, related_name="matched")
    batch = models.ForeignKey(
        SpendBatch,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="What it came with.",
    )
    row = models.JSONField()

    class Meta:
        verbose_name = "matched spend"
        verbose_name_plural = "matched spend"

    def __str__(self) -> str:
        return f"Matched spend {self.pk}"


class RecordedAgain(models.Model):
    """An entry whose match was undone, and which was recorded anew once it was matched again.

    The ledger is not changed, so its first entry keeps the external ID for good; what is sent under
    that is compared with the last one.
    """

    first = models.OneToOneField(
        "ads.Spend",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="+",
    )
    last = models.OneToOneField(
        "ads.Spend", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        verbose_name = "entry recorded again"
        verbose_name_plural = "entries recorded again"

    def __str__(self) -> str:
        return f"Entry {self.first_id}, now {self.last_id}"
