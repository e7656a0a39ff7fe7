"""Orders that end without an answer are withdrawn, and new corrections say why.

Not those on record: there may be some that SQL wrote, and the ledger is only ever added to.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0055_read_since'),
    ]

    operations = [
        AddConstraintNotValid(
            model_name='spend',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'correction'), _negated=True), ('description__regex', '\\S'), _connector='OR'), name='spend_correction_says_why', violation_error_message='description: say why the spend is corrected.'),
        ),
        migrations.AlterField(
            model_name='budgetcap',
            name='state',
            field=models.CharField(choices=[('pending', 'To be told'), ('unknown', 'Told, not confirmed yet'), ('confirmed', 'Confirmed'), ('refused', 'Refused by the platform'), ('superseded', 'Withdrawn')], default='pending', max_length=12),
        ),
        migrations.AlterField(
            model_name='switchorder',
            name='answer',
            field=models.TextField(blank=True, default='', help_text="In the platform's words, or why it was withdrawn."),
        ),
        migrations.AlterField(
            model_name='switchorder',
            name='settled_at',
            field=models.DateTimeField(help_text='When it was confirmed, refused or withdrawn.', null=True),
        ),
        migrations.AlterField(
            model_name='switchorder',
            name='state',
            field=models.CharField(choices=[('pending', 'To be told'), ('unknown', 'Told, not confirmed yet'), ('confirmed', 'Confirmed'), ('refused', 'Refused by the platform'), ('superseded', 'Withdrawn')], default='pending', max_length=12),
        ),
    ]
