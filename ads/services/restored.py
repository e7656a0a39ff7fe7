"""After a restore: nothing is started until an operator has looked, and resumes.

What the database knows is as old as the backup. Spend since then is missing, so a campaign that is
over its budget may look as if it were not; stopping one is safe, starting one is not.
"""

from datetime import datetime

from ads.models import Restore
from ads.services.actor import current_actor


def is_held() -> bool:
    """Was the database restored, and has nobody resumed since? One query."""
    return Restore.objects.filter(resumed_at=None).exists()


def when_it_starts() -> str:
    """When a campaign starts that nothing stops."""
    if is_held():
        return "once an operator resumes: the database was restored from a backup"
    return "at the next check"


def held() -> Restore | None:
    """The latest restore that nobody has resumed from."""
    return Restore.objects.filter(resumed_at=None).first()


def hold(as_of: datetime, now: datetime) -> Restore:
    """Note that the database is as it was at ``as_of``; from now on nothing is started."""
    return Restore.objects.create(as_of=as_of, restored_at=now, restored_by=current_actor())


def resume(now: datetime) -> int:
    """Let campaigns be started again, from the next check on; how many restores this ends."""
    return Restore.objects.filter(resumed_at=None).update(
        resumed_at=now, resumed_by=current_actor()
    )
