"""Backups that were taken, and restores from one."""

import pgtrigger
from django.db import models

from ads.models.triggers import marks_all
from ads.rules.calendar import format_instant


class Backup(models.Model):
    """One attempt to take a backup; the backup itself is a directory of files."""

    started_at = models.DateTimeField()
    took = models.DurationField()
    place = models.CharField(max_length=1000, help_text="The directory, on the machine it ran on.")
    host = models.CharField(max_length=255, blank=True, default="")
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(
        "SHA-256", max_length=64, blank=True, default="", help_text="Of the dump."
    )
    taken_by = models.CharField(max_length=150)
    error = models.TextField(blank=True, default="", help_text="Why it failed; empty: it did not.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Backup of {format_instant(self.started_at)}"


class Restore(models.Model):
    """The database was restored from a backup: spend, budgets and switches are as of then.

    Until it is resumed nothing is started, neither here nor on the platforms.
    """

    as_of = models.DateTimeField(help_text="When the backup was taken.")
    restored_at = models.DateTimeField()
    restored_by = models.CharField(max_length=150)
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        triggers = [marks_all(pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Restored as of {format_instant(self.as_of)}"
