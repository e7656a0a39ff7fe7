"""The periodic task that tells the ad platforms which campaigns to run and to stop."""

from django.db import migrations

from ads.migrations import _beat

ROWS = [
    ("Tell platforms", "ads.tasks.tell_platforms", "*", 60,
     "Tells the ad platforms which campaigns to run and to stop, where that differs from what they "
     "do."),
]  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ("ads", "0023_keep_archived"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        )
    ]
