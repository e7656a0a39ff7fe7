"""How old the last backup is, and whether it is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from ads.models import Backup

#: A backup takes its time, and cron is not exact.
GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BackupStatus:
    now: datetime
    #: The last complete one.
    last: Backup | None
    #: A later attempt that failed.
    failed: Backup | None
    #: How often one is expected; None: no schedule was set (BACKUP_EVERY_HOURS).
    every: timedelta | None

    @property
    def age(self) -> timedelta | None:
        return self.now - self.last.started_at if self.last else None

    @property
    def is_late(self) -> bool:
        if self.every is None:
            return False
        return self.age is None or self.age > self.every + GRACE


def status(now: datetime) -> BackupStatus:
    """The last backup and what is wrong with it; one query."""
    complete = Backup.objects.filter(error="").values("pk")[:1]
    latest = Backup.objects.values("pk")[:1]
    found = Backup.objects.filter(Q(pk__in=complete) | Q(pk__in=latest))
    last = next((each for each in found if not each.error), None)
    hours = settings.BACKUP_EVERY_HOURS
    return BackupStatus(
        now=now,
        last=last,
        failed=next((each for each in found if each.error), None),
        every=timedelta(hours=hours) if hours else None,
    )
