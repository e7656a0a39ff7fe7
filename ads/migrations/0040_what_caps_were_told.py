"""What daily caps were told, when a budget was seen, and what strict caps promise."""

import ads.models.fields
import django.contrib.postgres.fields
from django.db import migrations, models

from ads.migrations import _at_once

#: What may be there, of caps from before.
TOLD = """
    UPDATE ads_budgetcap
       SET told_amounts = array_remove(ARRAY[
               CASE WHEN state IN ('pending', 'unknown') AND told_at IS NOT NULL
                     AND amount IS DISTINCT FROM original THEN amount END,
               set_amount], NULL)
"""


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0039_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='budgetcap',
            name='told_amounts',
            field=django.contrib.postgres.fields.ArrayField(base_field=ads.models.fields.MoneyField(decimal_places=6, max_digits=18), blank=True, db_default=[], default=list, help_text='The last of ours that were told, confirmed or not: one of them may be there.', size=None),
        ),
        migrations.AddField(
            model_name='platformcampaign',
            name='budget_seen_at',
            field=models.DateTimeField(help_text="The budget is the platform's as of then; looks from before say nothing of it.", null=True),
        ),
        migrations.RunSQL(TOLD, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='brand',
            name='platform_caps',
            field=models.CharField(choices=[('none', 'Leave daily budgets there alone'), ('limit', "The day's limit"), ('strict', "Strict: no campaign can go over the day's limit")], db_default='none', default='none', help_text="Lowers campaigns' daily budgets on Google Ads, Meta and Microsoft to what may be spent that day, never raises them, and restores them when the cap ends. On one day a platform may spend twice a daily budget (Meta 1.75 times); strict caps allow for that, and on most days less of the budget is spent. A brand's own limit counts for each of its campaigns, so several of them can go over it together.", max_length=6, verbose_name='daily caps on ad platforms'),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='platform_caps',
            field=models.CharField(choices=[('none', 'Leave daily budgets there alone'), ('limit', "The day's limit"), ('strict', "Strict: no campaign can go over the day's limit")], db_default='none', default='none', help_text="Lowers campaigns' daily budgets on Google Ads, Meta and Microsoft to what may be spent that day, never raises them, and restores them when the cap ends. On one day a platform may spend twice a daily budget (Meta 1.75 times); strict caps allow for that, and on most days less of the budget is spent. A brand's own limit counts for each of its campaigns, so several of them can go over it together.", max_length=6, verbose_name='daily caps on ad platforms'),
        ),
    ]
