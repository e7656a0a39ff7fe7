"""An account ages from when its reading was switched on; undos by people are of no key."""

from django.db import migrations, models

from ads.migrations import _at_once

OF_PEOPLE = """
    UPDATE ads_spendbatch SET api_key_id = NULL
     WHERE kind = 'undo' AND api_key_id IS NOT NULL AND NOT starts_with(recorded_by, 'key: ')
"""


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0053_indexes_of_moved_ids'),
    ]

    operations = [
        migrations.AddField(
            model_name='platformaccount',
            name='read_since',
            field=models.DateTimeField(blank=True, help_text='When its reading was last switched on; empty: as added.', null=True),
        ),
        migrations.RunSQL(OF_PEOPLE, migrations.RunSQL.noop),
    ]
