"""What waited before a batch reported it anew."""

from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0055_read_since'),
    ]

    operations = [
        migrations.AddField(
            model_name='waitingspend',
            name='before',
            field=models.JSONField(blank=True, editable=False, help_text='Of a day total: what another batch had reported, which waits again if this one is undone.', null=True),
        ),
    ]
