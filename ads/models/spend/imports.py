"""Uploaded files with spend: their previews and outcomes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ads.models.base import TimestampedModel


class ImportStatus(models.TextChoices):
    UNMAPPED = "unmapped", "Columns to be mapped"
    UPLOADED = "uploaded", "Waiting to be checked"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "To be confirmed"
    CONFIRMED = "confirmed", "Waiting to be recorded"
    RECORDING = "recording", "Being recorded"
    RECORDED = "recorded", "Recorded"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"


class SpendImport(TimestampedModel):
    """One uploaded file: who uploaded it, how to read it, its preview and its outcome.

    The content is in :class:`SpendImportPart` until it is recorded, so that web and workers need no
    shared disk.
    """

    Status = ImportStatus

    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64, db_index=True)
    uploaded_by = models.CharField(max_length=150)
    confirmed_by = models.CharField(max_length=150, blank=True, default="")
    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.UPLOADED
    )
    format = models.CharField(max_length=20)
    plan = models.JSONField(default=dict, help_text="How it is to be read.")
    #: How often it has been checked. A confirmation names the check it is based on, because
    #: someone else may have changed the reading options since.
    checks = models.PositiveIntegerField(default=0)
    #: Bad rows that the confirmation agreed to leave out; with more, nothing is recorded.
    leaves_out = models.BigIntegerField(default=0)
    #: How often the current step was begun: a file that kills its worker is given up in the end.
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Progress of the running step.
    bytes_read = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    preview = models.JSONField(null=True, blank=True)
    outcome = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: Who uploaded it is limited to these brands (ids, ascending); NULL: to none.
    only_brands = ArrayField(models.BigIntegerField(), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "import"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class ImportPart(models.TextChoices):
    FILE = "file", "The file"
    REFUSED = "refused", "Refused rows"


class SpendImportPart(models.Model):
    """A piece of an uploaded file, or of the CSV of its refused rows; ``position`` from 0."""

    Kind = ImportPart

    spend_import = models.ForeignKey(
        SpendImport, on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    kind = models.CharField(max_length=10, choices=ImportPart.choices)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["spend_import", "kind", "position"], name="import_part_is_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.position}"


class ColumnMapping(TimestampedModel):
    name = models.CharField(max_length=100, help_text="How people recognise it in the list.")
    header = ArrayField(models.TextField(), editable=False)
    #: Unique instead of the header, which may be too long for an index.
    header_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    plan = models.JSONField(editable=False, help_text="How such a file is read.")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
