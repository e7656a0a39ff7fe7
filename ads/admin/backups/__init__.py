"""Backups, restores and archived months in the admin."""

from ads.admin.backups.admin import ArchivedMonthAdmin, BackupAdmin
from ads.admin.backups.text import archived_sentence, backup_alarms
