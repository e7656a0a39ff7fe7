"""The attempts to take a backup, and the months that are archived; both read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.backups.text import backup_alarms, last_backup
from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import NOTHING, actor_name, badge, column, span
from ads.models import ArchivedMonth, Backup
from ads.rules.calendar import format_instant
from ads.rules.money import format_sums
from ads.services import backups, restored


class ShowsDigest:
    """A SHA-256 that breaks where the page is narrow."""

    @admin.display(description="SHA-256")
    def digest(self, row: Backup | ArchivedMonth) -> SafeString:
        return format_html('<span class="ads-code">{}</span>', row.sha256 or NOTHING)


class BackupList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        status = backups.status(timezone.now())
        self.alarms = list(backup_alarms(status, restored.held()))
        self.last_backup = last_backup(status)


@admin.register(Backup)
class BackupAdmin(ShowsDigest, ReadOnlyAdmin[Backup]):
    about = "Backups are taken by the command, which a timer runs; see docs/backup.md."
    list_before_template = "ads/admin/backups.html"
    list_display = ["at", "outcome", "bytes", "duration", "place", "by"]
    fields = ["at", "outcome", "error", "bytes", "duration", "place", "host", "digest", "by"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BackupList

    at = column("taken at", lambda backup: format_instant(backup.started_at))

    @admin.display(description="outcome")
    def outcome(self, backup: Backup) -> SafeString:
        return badge("Failed", "alarm") if backup.error else badge("Complete")

    bytes = column("size", lambda backup: filesizeformat(backup.size) if backup.size else NOTHING)
    duration = column("took", lambda backup: span(backup.took))
    by = column("taken by", lambda backup: actor_name(backup.taken_by) or NOTHING)


@admin.register(ArchivedMonth)
class ArchivedMonthAdmin(ShowsDigest, ReadOnlyAdmin[ArchivedMonth]):
    about = (
        "Months whose entries were moved from the ledger into files, and those that were brought "
        "back. Their sums count as before; nothing more can be recorded in them. "
        "./manage.py restore_archive FILE brings a month back."
    )
    list_display = ["named", "state", "count", "amount", "file", "bytes", "at", "by"]
    fields = [
        "named", "state", "count", "amount", "file", "bytes", "digest", "at", "by", "back_at",
        "back_by",
    ]  # fmt: skip

    named = column("month", lambda archived: f"{archived.month:%B %Y}")

    @admin.display(description="state")
    def state(self, archived: ArchivedMonth) -> SafeString:
        return badge("Archived") if archived.restored_at is None else badge("Brought back")

    count = column("entries", lambda archived: f"{archived.entries:,}")
    amount = column("sum", lambda archived: format_sums(archived.sums))
    bytes = column("size", lambda archived: filesizeformat(archived.size))
    at = column("archived at", lambda archived: format_instant(archived.archived_at))
    by = column("archived by", lambda archived: actor_name(archived.archived_by) or NOTHING)

    @admin.display(description="brought back at")
    def back_at(self, archived: ArchivedMonth) -> str:
        return format_instant(archived.restored_at) if archived.restored_at else NOTHING

    @admin.display(description="brought back by")
    def back_by(self, archived: ArchivedMonth) -> str:
        return actor_name(archived.restored_by) or NOTHING
