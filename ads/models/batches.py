"""Batches: what was recorded together, and is undone together."""

from django.db import models
from django.db.models import Q

from ads.models.fields import is_sum


class BatchKind(models.TextChoices):
    """How spend came in together."""

    IMPORT = "import", "Import"
    MATCH = "match", "Match"
    API = "api", "API request"
    WEBHOOK = "webhook", "Webhook"
    UNDO = "undo", "Undo"


class SpendBatch(models.Model):
    """Spend that was recorded together: of a file, a match, a request, a webhook; or an undo.

    Rows of the ledger, day totals and waiting spend name their batch. It is never deleted.
    """

    Kind = BatchKind

    kind = models.CharField(max_length=10, choices=BatchKind.choices)
    title = models.CharField(
        max_length=255, blank=True, default="", help_text="The file, the key, the platform ID."
    )
    source = models.CharField(max_length=100, blank=True, default="")
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField()
    rows = models.BigIntegerField(default=0, help_text="Entries, day totals and waiting rows.")
    amount = models.DecimalField(
        max_digits=21, decimal_places=6, default=0, help_text="By how much it moved the ledger."
    )
    spend_import = models.ForeignKey(
        "ads.SpendImport", on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    api_key = models.ForeignKey(
        "ads.ApiKey", on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    #: Of a match: the campaign's platform ID, as text; the batches whose spend had waited; and the
    #: brands that its sender was limited to.
    campaign = models.ForeignKey(
        "ads.Campaign", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    known_as = models.TextField(blank=True, default="")
    brought_by = models.JSONField(default=list)
    only_brands = models.JSONField(null=True, blank=True)
    #: Unique, so a batch is undone once.
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    reason = models.CharField(max_length=400, blank=True, default="")
    #: False: it has been undone, and that was not undone again.
    counts = models.BooleanField(default=True)

    class Meta:
        verbose_name = "recorded batch"
        verbose_name_plural = "recorded batches"
        ordering = ["-id"]
        constraints = [
            is_sum("amount", table="spend_batch", negative=True),
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
