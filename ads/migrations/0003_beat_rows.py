"""The periodic tasks, made once; from then on they are operations staff's to edit.

django-celery-beat rewrites entries named in the settings at every start of beat, which would undo
an edit. A migration runs once, and an existing row of the same name is left as it is.
"""

from django.db import migrations
from django.utils import timezone

#: Name, task, minutes of the hour, seconds after which a tick that was not run is dropped: when
#: the next is due, so that a queue never piles up. All of them tick at midnight UTC too.
ROWS = [
    ("Update spend", "ads.tasks.update_spend", "*/5", 300,
     "Pulls what the ad platforms say was spent, and stops what is over its budget."),
    ("Check campaign budgets", "ads.tasks.check_campaign_budgets", "*/5", 300,
     "Looks at every campaign and switches what has to be switched."),
    ("Enforce dayparting", "ads.tasks.enforce_dayparting", "*", 60,
     "Starts and stops the campaigns that run in the hours of their schedules."),
    ("Reset daily budgets", "ads.tasks.reset_daily_budgets", "*/15", 900,
     "Begins the new day of the brands whose local midnight has passed; completes ended flights."),
    ("Reset monthly budgets", "ads.tasks.reset_monthly_budgets", "*/15", 900,
     "Begins the new month of the brands whose local midnight on the 1st has passed."),
]  # fmt: skip


def create(apps, schema_editor):
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, task, minute, expire_seconds, description in ROWS:
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


def remove(apps, schema_editor):
    PeriodicTask = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, task, *_ in ROWS:
        PeriodicTask.objects.filter(name=name, task=task).delete()
    # Deleting a crontab deletes the tasks that use it, so those that are used stay.
    crontabs = apps.get_model("django_celery_beat", "CrontabSchedule").objects
    for minute in {minute for _, _, minute, *_ in ROWS}:
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


class Migration(migrations.Migration):

    dependencies = [
        ("ads", "0002_tables"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(create, remove)]
