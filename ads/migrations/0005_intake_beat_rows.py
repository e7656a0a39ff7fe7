"""The periodic tasks that look after what has come in."""

from django.db import migrations

from ads.migrations import _beat

ROWS = [
    ("Continue imports", "ads.tasks.continue_imports", "*", 60,
     "Picks up uploaded files that wait although a worker could take them; drops those that nobody "
     "confirmed for a week."),
    ("Record waiting spend", "ads.tasks.record_waiting_spend", "*/5", 300,
     "Records what had come in for campaigns before they were given the reference that it names."),
    ("Forget webhooks", "ads.tasks.forget_webhooks", "0", 3600,
     "Forgets which webhooks were taken in more than 30 days ago."),
]  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ("ads", "0004_intake"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        )
    ]
