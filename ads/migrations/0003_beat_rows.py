"""The periodic tasks that enforce. All of them tick at midnight UTC too."""

from django.db import migrations

from ads.migrations import _beat

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


class Migration(migrations.Migration):

    dependencies = [
        ("ads", "0002_tables"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        )
    ]
