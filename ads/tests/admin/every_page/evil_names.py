"""A world in which everything that people and senders name has a name that would be markup."""

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django_celery_beat.models import PeriodicTask

from ads.models import (
    ApiKey,
    Brand,
    Campaign,
    CampaignReference,
    ColumnMapping,
    DaypartingSchedule,
    Heartbeat,
    SeasonalityAdjustment,
    UnknownReference,
    WebhookEndpoint,
)
from ads.tests.browser import world

#: Runs in a page that takes it for markup, in an attribute, or in a script.
EVIL: Final = "\"'><img src=x onerror=alert(1)></script>"
IN_PAGES: Final = ("<img src=x", "alert(1)></script>")
AS_TEXT: Final = "&lt;img src=x"

NAMES: Final[list[tuple[Any, str]]] = [
    (Brand, "name"),
    (Campaign, "name"),
    (DaypartingSchedule, "name"),
    (ApiKey, "name"),
    (WebhookEndpoint, "name"),
    (ColumnMapping, "name"),
    (SeasonalityAdjustment, "name"),
    (UnknownReference, "name"),
    (UnknownReference, "reference"),
    (CampaignReference, "reference"),
    (PeriodicTask, "name"),
    (PeriodicTask, "description"),
    (Heartbeat, "last_error"),
    (Group, "name"),
    (User, "last_name"),
    (User, "first_name"),
]


def make(now: datetime) -> User:
    """Make the world and somebody who may do everything in it."""
    user = world.make(now)
    for model, field in NAMES:
        for row in model._default_manager.order_by("pk"):
            model._default_manager.filter(pk=row.pk).update(**{field: f"{EVIL}{row.pk}"})
    for one in User.objects.all():
        User.objects.filter(pk=one.pk).update(username=f"{one.username}{EVIL}")
    return user
