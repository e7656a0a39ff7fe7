"""What is open, who has acknowledged it, and forgetting what is long over."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from ads.models import Alert, AlertMessage
from ads.services import visible

#: How long alerts and messages stay on record.
KEPT: Final = timedelta(days=400)


def waiting() -> QuerySet[Alert]:
    """The open alerts that nobody has acknowledged, of those that whoever asks may see."""
    return visible.rows(Alert.objects.filter(resolved_at=None, acknowledged_at=None))


def acknowledge(alerts: Collection[Alert] | QuerySet[Alert], *, by: str, now: datetime) -> int:
    """Note who has seen these; how many nobody had. What is over can be acknowledged too."""
    ids = [alert.pk for alert in alerts]
    return Alert.objects.filter(pk__in=ids, acknowledged_at=None).update(
        acknowledged_at=now, acknowledged_by=by
    )


def forget(now: datetime) -> int:
    """Delete alerts and messages that are long over; how many alerts."""
    AlertMessage.objects.filter(created_at__lt=now - KEPT).delete()
    return Alert.objects.filter(at__lt=now - KEPT, resolved_at__isnull=False).delete()[0]
