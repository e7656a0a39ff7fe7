"""Running sums without foreign keys, and with room in their pages for their next versions."""

import django.db.models.deletion
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0046_reports_that_wait'),
    ]

    operations = [
        # In the order of those who record spend: in the other, PostgreSQL ends the migration each time.
        migrations.RunSQL(
            'LOCK TABLE ads_campaign, ads_brand IN ACCESS EXCLUSIVE MODE',
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name='spendtotal',
            name='brand',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='totals', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='spendtotal',
            name='campaign',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='totals', to='ads.campaign'),
        ),
        # A sum is changed with each entry of its day. A version that fits into the same page needs no
        # new rows in three indexes.
        migrations.RunSQL(
            'ALTER TABLE ads_spendtotal SET (fillfactor = 70)',
            'ALTER TABLE ads_spendtotal RESET (fillfactor)',
        ),
        # On the way back: sums of zero of what was deleted by hand would not pass the constraints.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            """
            DELETE FROM ads_spendtotal AS total
             WHERE NOT EXISTS (SELECT FROM ads_brand WHERE id = total.brand_id)
                OR (campaign_id IS NOT NULL
                    AND NOT EXISTS (SELECT FROM ads_campaign WHERE id = total.campaign_id));
            SET CONSTRAINTS ALL IMMEDIATE
            """,
        ),
    ]
