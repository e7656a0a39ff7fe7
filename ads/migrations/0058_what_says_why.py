"""Orders that end without an answer are withdrawn, new corrections say why, keys' limits are audited.

Not the corrections on record: SQL may have written some, and the ledger is only ever added to. What
is on record of a key has its present limit, or its next change would seem to have given it.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from ads.migrations import _at_once

PRESENT_LIMITS = """
    ALTER TABLE ads_apikeyevent DISABLE TRIGGER USER;
    UPDATE ads_apikeyevent AS event SET requests_per_minute = key.requests_per_minute
      FROM ads_apikey AS key
     WHERE key.id = event.pgh_obj_id AND key.requests_per_minute IS NOT NULL;
    ALTER TABLE ads_apikeyevent ENABLE TRIGGER USER
"""


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0057_readable_instants'),
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
        pgtrigger.migrations.RemoveTrigger(
            model_name='apikey',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='apikey',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='apikey',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='apikeyevent',
            name='requests_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='More requests are refused until the next minute. Empty: the limit in the settings.', null=True),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_source_every_brand_scopes_requests_per_minute_expires_at_revoked_at_events', to='ads.apikey'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apikey',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_apikeyevent" ("every_brand", "expires_at", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "requests_per_minute", "revoked_at", "scopes", "source") VALUES (NEW."every_brand", NEW."expires_at", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."requests_per_minute", NEW."revoked_at", NEW."scopes", NEW."source"); RETURN NULL;', hash='93a32f191a8824c9db3003a959e7e33da60c0240', operation='INSERT', pgid='pgtrigger_insert_insert_24354', table='ads_apikey', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apikey',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."every_brand" IS DISTINCT FROM (NEW."every_brand") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."requests_per_minute" IS DISTINCT FROM (NEW."requests_per_minute") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."source" IS DISTINCT FROM (NEW."source"))', func='INSERT INTO "ads_apikeyevent" ("every_brand", "expires_at", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "requests_per_minute", "revoked_at", "scopes", "source") VALUES (NEW."every_brand", NEW."expires_at", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."requests_per_minute", NEW."revoked_at", NEW."scopes", NEW."source"); RETURN NULL;', hash='107cd10141ce0c724f92d4b3dba34aa9127297fd', operation='UPDATE', pgid='pgtrigger_update_update_80911', table='ads_apikey', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apikey',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_apikeyevent" ("every_brand", "expires_at", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "requests_per_minute", "revoked_at", "scopes", "source") VALUES (OLD."every_brand", OLD."expires_at", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."requests_per_minute", OLD."revoked_at", OLD."scopes", OLD."source"); RETURN NULL;', hash='197ae5fe489b9a8e2101eb7890025114179e37a3', operation='DELETE', pgid='pgtrigger_delete_delete_d92e3', table='ads_apikey', when='AFTER')),
        ),
        migrations.RunSQL(PRESENT_LIMITS, migrations.RunSQL.noop),
    ]
