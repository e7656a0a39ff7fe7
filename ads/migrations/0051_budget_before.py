"""The budget that a month of a plan carries over from is another thing than the one to put back."""

from django.db import migrations

import ads.models.fields
from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0050_sums_of_recent_months'),
    ]

    operations = [
        migrations.AddField(
            model_name='scheduledchange',
            name='budget_before',
            field=ads.models.fields.MoneyField(decimal_places=6, help_text='The month before: the budget that it had.', max_digits=18, null=True),
        ),
        migrations.RunSQL(
            'UPDATE ads_scheduledchange SET budget_before = before WHERE plan_id IS NOT NULL AND before IS NOT NULL',
            migrations.RunSQL.noop,
        ),
    ]
