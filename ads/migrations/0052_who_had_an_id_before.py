"""Platform IDs that another campaign had before are marked; the audit knows which."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from ads.migrations import _at_once

MARK = """
    UPDATE ads_campaignreference AS held SET has_moved = true
     WHERE EXISTS (SELECT FROM ads_campaignreferenceevent AS event
                    WHERE event.reference = held.reference AND event.platform = held.platform
                      AND event.campaign_id <> held.campaign_id)
"""


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0051_budget_before'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaignreference',
            name='has_moved',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Another campaign had the ID before.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignreference',
            trigger=pgtrigger.compiler.Trigger(name='notes_moves', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                    NEW.has_moved = EXISTS (\n                        SELECT FROM ads_campaignreferenceevent AS event\n                         WHERE event.reference = NEW.reference AND event.platform = NEW.platform\n                           AND event.campaign_id <> NEW.campaign_id);\n                    RETURN NEW;\n                ', hash='65a94304274097b60f941bd8c3bb444ffcd4ac49', operation='INSERT OR UPDATE OF "campaign_id", "platform", "account", "reference"', pgid='pgtrigger_notes_moves_b85e3', table='ads_campaignreference', when='BEFORE')),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
