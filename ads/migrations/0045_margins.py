"""Brands that stop early: the choice, campaigns' priorities, margins and learned lags."""

import ads.models.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0044_months_that_carry_over'),
    ]

    operations = [
        # In the order of those who record spend: in the other, PostgreSQL ends the migration each time.
        migrations.RunSQL(
            'LOCK TABLE ads_campaign, ads_brand IN ACCESS EXCLUSIVE MODE',
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='SpendMargin',
            fields=[
                ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='spend_margin', serialize=False, to='ads.campaign')),
                ('at', models.DateTimeField(help_text='When it was worked out.')),
                ('lag_seconds', models.PositiveIntegerField(help_text='From when money is spent to a stop.')),
                ('own', ads.models.fields.MoneyField(decimal_places=6, max_digits=18)),
                ('brand_daily', ads.models.fields.MoneyField(decimal_places=6, max_digits=18)),
                ('brand_monthly', ads.models.fields.MoneyField(decimal_places=6, max_digits=18)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='StopLag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seconds', models.PositiveIntegerField(help_text='Empty: too few pauses to tell.', null=True)),
                ('pauses', models.PositiveIntegerField(help_text='How many pauses were looked at.')),
                ('at', models.DateTimeField(help_text='When it was learned.')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='brand',
            name='moves_updated_at',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='brand',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='brand',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='brand',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='moves_updated_at',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='brand',
            name='stops_early',
            field=models.BooleanField(db_default=False, default=False, help_text="On: near a budget, campaigns stop by so much earlier as they still spend before a stop takes effect, learned from how earlier pauses turned out. Near the brand's own budgets, those with the lowest priority stop first. Off: they stop once a budget is used up.", verbose_name='stop early'),
        ),
        migrations.AddField(
            model_name='brandevent',
            name='stops_early',
            field=models.BooleanField(db_default=False, default=False, help_text="On: near a budget, campaigns stop by so much earlier as they still spend before a stop takes effect, learned from how earlier pauses turned out. Near the brand's own budgets, those with the lowest priority stop first. Off: they stop once a budget is used up.", verbose_name='stop early'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='priority',
            field=models.SmallIntegerField(db_default=0, default=0, help_text="If the brand stops early: near the brand's budgets, the lowest stops first and the highest runs longest. Campaigns with the same priority stop together."),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='priority',
            field=models.SmallIntegerField(db_default=0, default=0, help_text="If the brand stops early: near the brand's budgets, the lowest stops first and the highest runs longest. Campaigns with the same priority stop together."),
        ),
        migrations.AddField(
            model_name='deliverychange',
            name='on_its_way',
            field=ads.models.fields.MoneyField(decimal_places=6, help_text='What it still spent before the stop took effect, as expected then.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_timezone_currency_daily_budget_monthly_budget_is_active_stale_after_minutes_stops_when_stale_puts_switches_right_platform_caps_stops_early_account_manager_events', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_name_status_daily_budget_monthly_budget_total_budget_budget_group_start_date_end_date_is_dayparting_enabled_priority_events', to='ads.campaign'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."puts_switches_right" IS DISTINCT FROM (NEW."puts_switches_right") OR OLD."platform_caps" IS DISTINCT FROM (NEW."platform_caps") OR OLD."stops_early" IS DISTINCT FROM (NEW."stops_early") OR OLD."account_manager_id" IS DISTINCT FROM (NEW."account_manager_id")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='0961201ee4165c71e2d8459773b0fc3f80e04bc9', operation='UPDATE', pgid='pgtrigger_moves_updated_at_4b1ea', table='ads_brand', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("account_manager_id", "currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_early", "stops_when_stale", "timezone") VALUES (NEW."account_manager_id", NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."platform_caps", NEW."puts_switches_right", NEW."stale_after_minutes", NEW."stops_early", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='efa0c35d49bfc46ec5464cc07b3aefeb1626d393', operation='INSERT', pgid='pgtrigger_insert_insert_e4d8a', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_manager_id" IS DISTINCT FROM (NEW."account_manager_id") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."platform_caps" IS DISTINCT FROM (NEW."platform_caps") OR OLD."puts_switches_right" IS DISTINCT FROM (NEW."puts_switches_right") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_early" IS DISTINCT FROM (NEW."stops_early") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "ads_brandevent" ("account_manager_id", "currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_early", "stops_when_stale", "timezone") VALUES (NEW."account_manager_id", NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."platform_caps", NEW."puts_switches_right", NEW."stale_after_minutes", NEW."stops_early", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='f171451fb308614ce31f6036eae8abd6d0d56943', operation='UPDATE', pgid='pgtrigger_update_update_939cd', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("account_manager_id", "currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_early", "stops_when_stale", "timezone") VALUES (OLD."account_manager_id", OLD."currency", OLD."daily_budget", OLD."is_active", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."platform_caps", OLD."puts_switches_right", OLD."stale_after_minutes", OLD."stops_early", OLD."stops_when_stale", OLD."timezone"); RETURN NULL;', hash='9791f6e213c5faea770cc28160c8c755d5f43ba8', operation='DELETE', pgid='pgtrigger_delete_delete_db462', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."total_budget" IS DISTINCT FROM (NEW."total_budget") OR OLD."budget_group_id" IS DISTINCT FROM (NEW."budget_group_id") OR OLD."start_date" IS DISTINCT FROM (NEW."start_date") OR OLD."end_date" IS DISTINCT FROM (NEW."end_date") OR OLD."is_dayparting_enabled" IS DISTINCT FROM (NEW."is_dayparting_enabled") OR OLD."priority" IS DISTINCT FROM (NEW."priority")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='43fd8f2f1123c359c5b57cd6e6754dc81b1de8ed', operation='UPDATE', pgid='pgtrigger_moves_updated_at_a9303', table='ads_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_campaignevent" ("brand_id", "budget_group_id", "daily_budget", "end_date", "is_dayparting_enabled", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "start_date", "status", "total_budget") VALUES (NEW."brand_id", NEW."budget_group_id", NEW."daily_budget", NEW."end_date", NEW."is_dayparting_enabled", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."priority", NEW."start_date", NEW."status", NEW."total_budget"); RETURN NULL;', hash='3b2071a5e6ccdd581da14df78fcf67dea8e1b6a4', operation='INSERT', pgid='pgtrigger_insert_insert_c55d7', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."budget_group_id" IS DISTINCT FROM (NEW."budget_group_id") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."end_date" IS DISTINCT FROM (NEW."end_date") OR OLD."is_dayparting_enabled" IS DISTINCT FROM (NEW."is_dayparting_enabled") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."start_date" IS DISTINCT FROM (NEW."start_date") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."total_budget" IS DISTINCT FROM (NEW."total_budget"))', func='INSERT INTO "ads_campaignevent" ("brand_id", "budget_group_id", "daily_budget", "end_date", "is_dayparting_enabled", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "start_date", "status", "total_budget") VALUES (NEW."brand_id", NEW."budget_group_id", NEW."daily_budget", NEW."end_date", NEW."is_dayparting_enabled", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."priority", NEW."start_date", NEW."status", NEW."total_budget"); RETURN NULL;', hash='51b046158864f92e26f92e366891f117f06a37cd', operation='UPDATE', pgid='pgtrigger_update_update_ac81d', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_campaignevent" ("brand_id", "budget_group_id", "daily_budget", "end_date", "is_dayparting_enabled", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "start_date", "status", "total_budget") VALUES (OLD."brand_id", OLD."budget_group_id", OLD."daily_budget", OLD."end_date", OLD."is_dayparting_enabled", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."priority", OLD."start_date", OLD."status", OLD."total_budget"); RETURN NULL;', hash='df89554be1e0d66ccbd5d43e057cf79054c25204', operation='DELETE', pgid='pgtrigger_delete_delete_8e362', table='ads_campaign', when='AFTER')),
        ),
        migrations.AddField(
            model_name='stoplag',
            name='account',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stop_lag', to='ads.platformaccount'),
        ),
        migrations.AddField(
            model_name='stoplag',
            name='brand',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stop_lag', to='ads.brand'),
        ),
        migrations.AddConstraint(
            model_name='stoplag',
            constraint=models.CheckConstraint(condition=models.Q(('account__isnull', True), ('brand__isnull', True), _connector='XOR'), name='stop_lag_is_of_one'),
        ),
    ]
