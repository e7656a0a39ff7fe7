"""An account ages from when its reading was switched on.

And what is on record is as it is written since: undos by people are of no key, and a refused start
and a refused stop of one place are alerts of two owners. Open ones would be told once more.
"""

from django.db import migrations, models

from ads.migrations import _at_once

OF_PEOPLE = """
    UPDATE ads_spendbatch SET api_key_id = NULL
     WHERE kind = 'undo' AND api_key_id IS NOT NULL AND NOT starts_with(recorded_by, 'key: ')
"""

STARTS_AND_STOPS = """
    UPDATE ads_alert
       SET owner = left(CASE WHEN (figures ->> 'is_on')::boolean THEN 'start' ELSE 'stop' END
                        || substr(owner, 7), 200)
     WHERE kind = 'switch_refused' AND resolved_at IS NULL AND starts_with(owner, 'switch ')
"""


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0054_what_planned_budgets_follow'),
    ]

    operations = [
        migrations.AddField(
            model_name='platformaccount',
            name='read_since',
            field=models.DateTimeField(blank=True, help_text='When its reading was last switched on; empty: as added.', null=True),
        ),
        migrations.RunSQL(OF_PEOPLE, migrations.RunSQL.noop),
        migrations.RunSQL(STARTS_AND_STOPS, migrations.RunSQL.noop),
    ]
