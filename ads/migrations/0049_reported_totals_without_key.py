"""Reported totals without a foreign key: the entries of the ledger that they made have theirs."""

import django.db.models.deletion
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0048_last_check'),
    ]

    operations = [
        # In the order of those who record spend: in the other, PostgreSQL ends the migration each time.
        migrations.RunSQL(
            'LOCK TABLE ads_campaign IN ACCESS EXCLUSIVE MODE',
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='reportedtotal',
            name='campaign',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reported_totals', to='ads.campaign'),
        ),
        # On the way back: totals of zero of what was deleted by hand would not pass the constraint.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            """
            DELETE FROM ads_reportedtotal AS total
             WHERE NOT EXISTS (SELECT FROM ads_campaign WHERE id = total.campaign_id);
            SET CONSTRAINTS ALL IMMEDIATE
            """,
        ),
    ]
