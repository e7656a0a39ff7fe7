"""Reports for clients: the links under which one can be opened without logging in."""

from typing import Final

from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.brand import Brand
from ads.models.triggers import tracked

#: Not how often it was opened, which is no change.
_LINK_FIELDS: Final = ["brand", "month", "created_by", "expires_at", "revoked_at"]


@tracked("share link change", "share link changes", _LINK_FIELDS)
class ReportLink(TimestampedModel):
    """A link to the report of one brand and month. Only the hash of its token is kept."""

    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        related_name="report_links",
        help_text="Whose report it shows; nothing else can be reached from it.",
    )
    month = models.DateField(help_text="The month it shows, by its first day.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.CharField("shared by", max_length=150, blank=True, editable=False)
    expires_at = models.DateTimeField("expires", help_text="It opens nothing from this time on.")
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)
    last_opened_at = models.DateTimeField("last opened", null=True, blank=True, editable=False)
    times_opened = models.PositiveIntegerField("opened", default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = "share link"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="report_link_month_is_a_month",
                violation_error_message="month: use the first day of a month.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand}, {self.month:%B %Y}"
