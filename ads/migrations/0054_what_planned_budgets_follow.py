"""Whether a planned budget was applied before or after another change, where one waited for the other."""

from django.db import migrations, models

from ads.migrations import _at_once

#: As before: by when the transactions began.
_FOLLOWS = """
    UPDATE ads_scheduledchange AS change
       SET follows = (SELECT max(event.pgh_id) FROM {events} AS event
                       WHERE event.pgh_obj_id = change.{owner}
                         AND event.pgh_created_at <= (
                             SELECT max(applied.pgh_created_at) FROM ads_scheduledchangeevent AS applied
                              WHERE applied.pgh_obj_id = change.id AND applied.pgh_label = 'applied'))
     WHERE change.applied_at IS NOT NULL AND {whose}
"""


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0053_indexes_of_moved_ids'),
    ]

    operations = [
        migrations.AddField(
            model_name='scheduledchange',
            name='follows',
            field=models.BigIntegerField(editable=False, help_text='The last change of its owner on record when it was applied.', null=True),
        ),
        migrations.RunSQL(
            [
                _FOLLOWS.format(events='ads_brandevent', owner='brand_id', whose='change.campaign_id IS NULL'),
                _FOLLOWS.format(events='ads_campaignevent', owner='campaign_id', whose='change.campaign_id IS NOT NULL'),
            ],
            migrations.RunSQL.noop,
        ),
    ]
