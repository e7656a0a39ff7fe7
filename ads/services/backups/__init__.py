"""Backups of the database, restoring one, and how old the last one is."""

from ads.services.backups.dump import Taken, prune, take
from ads.services.backups.manifest import BackupError, Manifest
from ads.services.backups.restore import Restored, restore
from ads.services.backups.status import BackupStatus, status
