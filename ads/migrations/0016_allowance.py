"""Allowances in place of waivers; what was waived is carried over, and stays as it was."""

from decimal import Decimal
from functools import partial

import ads.models.fields
import ads.models.triggers
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from ads.migrations import _at_once, _roles
from django.db import migrations, models

#: One for each sum of which something was waived, by whoever waived last. Before the triggers, which
#: would add it to the sum again, and to the history, where the waivers themselves stand.
CARRY_OVER = """
    SET CONSTRAINTS ALL IMMEDIATE;
    INSERT INTO ads_allowance (brand_id, campaign_id, period, start, amount, reason, created_by,
                               created_at)
    SELECT total.brand_id, total.campaign_id, total.period, total.start, total.waived,
           'carried over', left(coalesce(last.actor, 'system'), 150),
           coalesce(last.at, total.updated_at)
      FROM ads_spendtotal AS total
      LEFT JOIN LATERAL (
            SELECT context.metadata ->> 'actor' AS actor, event.pgh_created_at AS at
              FROM ads_spendtotalevent AS event
              LEFT JOIN pghistory_context AS context ON context.id = event.pgh_context_id
             WHERE event.pgh_obj_id = total.id
             ORDER BY event.pgh_id DESC
             LIMIT 1
           ) AS last ON TRUE
     WHERE total.waived > 0;
    SET CONSTRAINTS ALL DEFERRED;
"""

SEEN_BY = ["Viewer", "Operator", "Budget manager", "Administrator"]


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0015_timezone'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('brand', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='allowances', to='ads.brand')),
                ('campaign', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='allowances', to='ads.campaign')),
                ('period', models.CharField(choices=[('day', 'Day'), ('month', 'Month')], max_length=5)),
                ('start', models.DateField(help_text='The day, or the first of the month.')),
                ('amount', ads.models.fields.MoneyField(decimal_places=6, help_text='How much may be spent beyond the budget.', max_digits=18)),
                ('until', models.DateTimeField(blank=True, help_text='When it ends; empty: with its day or month.', null=True)),
                ('reason', models.CharField(max_length=500)),
                ('external_id', models.CharField(blank=True, help_text='Whoever gave it calls it this.', max_length=200, null=True)),
                ('created_by', models.CharField(help_text='Who gave it.', max_length=150, verbose_name='allowed by')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='allowed at')),
                ('undone_by', models.CharField(blank=True, db_default='', default='', max_length=150)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text='When the system noticed that its time had passed.', null=True)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['campaign', 'period', 'start', 'brand'], name='allowance_by_owner'),
                    models.Index(condition=models.Q(('ended_at', None), ('undone_at', None), ('until__isnull', False)), fields=['until'], name='allowance_to_end'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AllowanceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('period', models.CharField(choices=[('day', 'Day'), ('month', 'Month')], max_length=5)),
                ('start', models.DateField(help_text='The day, or the first of the month.')),
                ('amount', ads.models.fields.MoneyField(decimal_places=6, help_text='How much may be spent beyond the budget.', max_digits=18)),
                ('until', models.DateTimeField(blank=True, help_text='When it ends; empty: with its day or month.', null=True)),
                ('reason', models.CharField(max_length=500)),
            ],
            options={
                'verbose_name': 'allowance given, undone or ended',
                'verbose_name_plural': 'allowances given, undone or ended',
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='spendtotal',
            name='waived_update',
        ),
        migrations.AlterField(
            model_name='spendtotal',
            name='waived',
            field=ads.models.fields.MoneyField(db_default=0, decimal_places=6, default=0, help_text='What is allowed beyond the budget.', max_digits=18),
        ),
        migrations.AlterField(
            model_name='spendtotalevent',
            name='waived',
            field=ads.models.fields.MoneyField(db_default=0, decimal_places=6, default=0, help_text='What is allowed beyond the budget.', max_digits=18),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spendtotal',
            trigger=pgtrigger.compiler.Trigger(name='waived_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.waived IS DISTINCT FROM NEW.waived AND pg_trigger_depth() = 0)', func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'waived: it is the sum of the allowances; give one, or undo one.';", hash='a6e330509bf327bb86735a5e6e2ef254060807b9', operation='UPDATE OF "waived"', pgid='pgtrigger_waived_is_kept_43455', table='ads_spendtotal', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='allowanceevent',
            name='brand',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand'),
        ),
        migrations.AddField(
            model_name='allowanceevent',
            name='campaign',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.campaign'),
        ),
        migrations.AddField(
            model_name='allowanceevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='allowanceevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_campaign_period_start_amount_until_reason_events', to='ads.allowance'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(('amount', django.db.models.functions.math.Round(models.F('amount'), precision=6)), ('amount__gt', 0), ('amount__lt', Decimal('1000000000000000'))), name='allowance_amount_is_money', violation_error_message='amount: use more than zero and at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(('period__in', ['day', 'month'])), name='allowance_period_is_known'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(('period', 'day'), ('start__day', 1), _connector='OR'), name='allowance_month_starts_on_the_1st'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='allowance_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id__isnull', False)), fields=('created_by', 'external_id'), name='allowance_external_id_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gt', models.F('created_at')), _connector='OR'), name='allowance_ends_after_it_is_given'),
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop, elidable=True),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='keep_waived', sql=ads.models.triggers.OwnersTriggerSql(declare='DECLARE more numeric := 0; one ads_allowance%ROWTYPE;', func="\n    IF TG_OP <> 'DELETE' AND NEW.undone_at IS NULL AND NEW.ended_at IS NULL THEN\n        more := NEW.amount;\n    END IF;\n    IF TG_OP <> 'INSERT' AND OLD.undone_at IS NULL AND OLD.ended_at IS NULL THEN\n        more := more - OLD.amount;\n    END IF;\n    IF TG_OP = 'DELETE' THEN one := OLD; ELSE one := NEW; END IF;\n    IF more > 0 THEN\n        INSERT INTO ads_spendtotal AS total (brand_id, campaign_id, period, start, waived)\n        VALUES (one.brand_id, one.campaign_id, one.period, one.start, more)\n            ON CONFLICT (campaign_id, period, start, brand_id)\n            DO UPDATE SET waived = total.waived + excluded.waived, updated_at = now();\n    ELSIF more < 0 AND one.campaign_id IS NULL THEN\n        UPDATE ads_spendtotal SET waived = waived + more, updated_at = now()\n         WHERE campaign_id IS NULL AND brand_id = one.brand_id\n           AND period = one.period AND start = one.start;\n    ELSIF more < 0 THEN\n        UPDATE ads_spendtotal SET waived = waived + more, updated_at = now()\n         WHERE campaign_id = one.campaign_id AND brand_id = one.brand_id\n           AND period = one.period AND start = one.start;\n    END IF;\n    RETURN NULL;\n", hash='30e11f1e43628a8975c02feb5dd7b5da3dffa1c5', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_keep_waived_a2653', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='not_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."period" IS DISTINCT FROM (NEW."period") OR OLD."start" IS DISTINCT FROM (NEW."start") OR OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."until" IS DISTINCT FROM (NEW."until") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."created_by" IS DISTINCT FROM (NEW."created_by"))', func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': An allowance cannot be edited: undo it and give another.';", hash='773229a3313267850e900c64c25f0919a515226e', operation='UPDATE', pgid='pgtrigger_not_edited_eff36', table='ads_allowance', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='allowed_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_allowanceevent" ("amount", "brand_id", "campaign_id", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "start", "until") VALUES (NEW."amount", NEW."brand_id", NEW."campaign_id", NEW."period", _pgh_attach_context(), NOW(), \'allowed\', NEW."id", NEW."reason", NEW."start", NEW."until"); RETURN NULL;', hash='c6e0e54f4ca017b3117b1cea21a7280393114669', operation='INSERT', pgid='pgtrigger_allowed_insert_b03ff', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='undone_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."undone_at" IS DISTINCT FROM (NEW."undone_at"))', func='INSERT INTO "ads_allowanceevent" ("amount", "brand_id", "campaign_id", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "start", "until") VALUES (NEW."amount", NEW."brand_id", NEW."campaign_id", NEW."period", _pgh_attach_context(), NOW(), \'undone\', NEW."id", NEW."reason", NEW."start", NEW."until"); RETURN NULL;', hash='40ac72c343a1ebab4a0b9589109bfdb51a91a3b2', operation='UPDATE', pgid='pgtrigger_undone_update_57c4e', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='ended_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."ended_at" IS DISTINCT FROM (NEW."ended_at"))', func='INSERT INTO "ads_allowanceevent" ("amount", "brand_id", "campaign_id", "period", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "start", "until") VALUES (NEW."amount", NEW."brand_id", NEW."campaign_id", NEW."period", _pgh_attach_context(), NOW(), \'ended\', NEW."id", NEW."reason", NEW."start", NEW."until"); RETURN NULL;', hash='d1d4db789b65e582bab357bf68438bbe31fffdeb', operation='UPDATE', pgid='pgtrigger_ended_update_bb6b0', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowanceevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='d6d2d78f223aa5d746233cccf0a5d6e1f79baf88', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7a8f7', table='ads_allowanceevent', when='BEFORE')),
        ),
        migrations.RunPython(
            partial(_roles.grant, codename="view_allowanceevent", names=SEEN_BY),
            migrations.RunPython.noop,
            elidable=False,
        ),
    ]
