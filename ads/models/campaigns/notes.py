"""Notes that people leave in the history of a brand or campaign."""

from typing import Final

import pgtrigger
from django.db import models
from django.db.models import Q

from ads.models.campaigns.brand import Brand
from ads.models.campaigns.campaign import Campaign
from ads.models.triggers import refuse

LONGEST_NOTE: Final = 2_000


class Note(models.Model):
    """What somebody wrote about a brand, or about one campaign. It stays as it was written."""

    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, null=True, blank=True, related_name="notes", db_index=False
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notes",
        db_index=False,
    )
    text = models.TextField("note", max_length=LONGEST_NOTE)
    author = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ("add", "view")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(brand__isnull=True) ^ Q(campaign__isnull=True),
                name="note_is_of_a_brand_or_a_campaign",
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="note_says_something",
                violation_error_message="text: write the note.",
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "at", "id"], name="note_of_brand"),
            models.Index(fields=["campaign", "at", "id"], name="note_of_campaign"),
        ]
        triggers = [
            refuse(
                "append_only",
                operation=pgtrigger.Update,
                message="A note stays as it was written: write another one.",
            )
        ]

    def __str__(self) -> str:
        return self.text
