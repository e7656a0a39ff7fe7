"""Making the rows of periodic tasks, once; from then on they are operations staff's to edit.

django-celery-beat rewrites entries named in the settings at every start of beat, which would undo
an edit. A migration runs once, and an existing row of the same name is left as it is.

A row: name; task; minutes of the hour, of any hour; seconds after which a tick that was not run is
dropped: when the next is due, so that a queue never piles up; description.
"""

from django.utils import timezone


def create(apps, rows):
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, task, minute, expire_seconds, description in rows:
        if tasks.filter(name=name).exists():
            continue
        every = {
            "minute": minute, "hour": "*", "day_of_week": "*", "day_of_month": "*",
            "month_of_year": "*", "timezone": "UTC",
        }  # fmt: skip
        # Nothing forbids two equal crontabs, so get_or_create could find two.
        crontab = crontabs.filter(**every).first() or crontabs.create(**every)
        tasks.create(
            name=name, task=task, crontab=crontab, expire_seconds=expire_seconds,
            description=description,
        )  # fmt: skip
    _tell_beat(apps)


def remove(apps, rows):
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, task, *_ in rows:
        PeriodicTask.objects.filter(name=name, task=task).delete()
    # Deleting a crontab deletes the tasks that use it, so those that are used stay.
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    for minute in {minute for _, _, minute, *_ in rows}:
        crontabs.filter(
            minute=minute, hour="*", day_of_week="*", day_of_month="*", month_of_year="*",
            timezone="UTC", periodictask=None,
        ).delete()  # fmt: skip
    _tell_beat(apps)


def _tell_beat(apps):
    """A beat that is running reads the rows again when this instant moves."""
    apps.get_model("django_celery_beat", "PeriodicTasks").objects.update_or_create(
        ident=1, defaults={"last_update": timezone.now()}
    )
