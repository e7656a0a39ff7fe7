"""Budgets ahead of time: dated changes, and plans by month."""

from functools import partial

import ads.models.fields
import datetime
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models

from ads.migrations import _at_once, _roles


VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0034_total_and_group_budgets'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='BudgetPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('carries', models.CharField(choices=[('nothing', 'Nothing'), ('unspent', 'What was left is added'), ('overspent', 'What was overspent is taken off'), ('both', 'Both: what was left is added, what was overspent is taken off')], db_default='nothing', default='nothing', help_text='What each month takes over from the month before.', max_length=10, verbose_name='carried forward')),
                ('brand', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='budget_plans', to='ads.brand')),
                ('campaign', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budget_plans', to='ads.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='BudgetPlanEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('carries', models.CharField(choices=[('nothing', 'Nothing'), ('unspent', 'What was left is added'), ('overspent', 'What was overspent is taken off'), ('both', 'Both: what was left is added, what was overspent is taken off')], db_default='nothing', default='nothing', help_text='What each month takes over from the month before.', max_length=10, verbose_name='carried forward')),
                ('brand', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand')),
                ('campaign', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.campaign')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_campaign_carries_events', to='ads.budgetplan')),
            ],
            options={
                'verbose_name': 'budget plan change',
                'verbose_name_plural': 'budget plan changes',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ScheduledChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('field', models.CharField(choices=[('daily_budget', 'Daily budget'), ('monthly_budget', 'Monthly budget'), ('total_budget', 'Total budget')], max_length=20, verbose_name='budget')),
                ('starts_on', models.DateField(help_text="The day it begins, in the brand's timezone.", verbose_name='from')),
                ('amount', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='The new budget; empty: no limit.', max_digits=18, null=True, verbose_name='becomes')),
                ('note', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('created_by', models.CharField(max_length=150, verbose_name='planned by')),
                ('cancelled_by', models.CharField(blank=True, db_default='', default='', max_length=150)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('before', ads.models.fields.MoneyField(decimal_places=6, help_text='The budget before it was applied.', max_digits=18, null=True, verbose_name='was')),
                ('after', ads.models.fields.MoneyField(decimal_places=6, help_text='What it became, with what was carried over.', max_digits=18, null=True, verbose_name='became')),
                ('spent_before', ads.models.fields.MoneyField(decimal_places=6, help_text='The month before: what had been spent by then.', max_digits=18, null=True)),
                ('says', models.CharField(blank=True, db_default='', default='', help_text='What was applied and why.', max_length=300)),
                ('brand', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='scheduled_changes', to='ads.brand')),
                ('campaign', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='scheduled_changes', to='ads.campaign')),
                ('plan', models.ForeignKey(blank=True, db_index=False, help_text='The plan by month that it belongs to.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='months', to='ads.budgetplan')),
            ],
            options={
                'ordering': ['starts_on', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ScheduledChangeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('field', models.CharField(choices=[('daily_budget', 'Daily budget'), ('monthly_budget', 'Monthly budget'), ('total_budget', 'Total budget')], max_length=20, verbose_name='budget')),
                ('starts_on', models.DateField(help_text="The day it begins, in the brand's timezone.", verbose_name='from')),
                ('amount', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='The new budget; empty: no limit.', max_digits=18, null=True, verbose_name='becomes')),
                ('note', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('before', ads.models.fields.MoneyField(decimal_places=6, help_text='The budget before it was applied.', max_digits=18, null=True, verbose_name='was')),
                ('after', ads.models.fields.MoneyField(decimal_places=6, help_text='What it became, with what was carried over.', max_digits=18, null=True, verbose_name='became')),
                ('says', models.CharField(blank=True, db_default='', default='', help_text='What was applied and why.', max_length=300)),
                ('brand', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand')),
                ('campaign', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.campaign')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_campaign_field_starts_on_amount_plan_note_cancelled_at_before_after_says_events', to='ads.scheduledchange')),
                ('plan', models.ForeignKey(blank=True, db_constraint=False, help_text='The plan by month that it belongs to.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.budgetplan')),
            ],
            options={
                'verbose_name': 'scheduled change on record',
                'verbose_name_plural': 'scheduled changes on record',
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='budgetplan',
            constraint=models.UniqueConstraint(fields=('brand', 'campaign'), name='budget_plan_is_one_per_owner', nulls_distinct=False, violation_error_message='It has a plan already: edit that one.'),
        ),
        migrations.AddConstraint(
            model_name='budgetplan',
            constraint=models.CheckConstraint(condition=models.Q(('carries__in', ['nothing', 'unspent', 'overspent', 'both'])), name='budget_plan_carries_is_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetplan',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_budgetplanevent" ("brand_id", "campaign_id", "carries", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."brand_id", NEW."campaign_id", NEW."carries", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='6c7707ac0b91dbc14ba6c5755a5bd92fc789bfdd', operation='INSERT', pgid='pgtrigger_insert_insert_6ca3b', table='ads_budgetplan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetplan',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."carries" IS DISTINCT FROM (NEW."carries"))', func='INSERT INTO "ads_budgetplanevent" ("brand_id", "campaign_id", "carries", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."brand_id", NEW."campaign_id", NEW."carries", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='4ba06317342272d1de504d737b5ed6b222f8d34a', operation='UPDATE', pgid='pgtrigger_update_update_ffcd7', table='ads_budgetplan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetplan',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_budgetplanevent" ("brand_id", "campaign_id", "carries", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."brand_id", OLD."campaign_id", OLD."carries", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='96e1ae9b32fc8b7e0e1337805255c24e7f8a57e2', operation='DELETE', pgid='pgtrigger_delete_delete_2142d', table='ads_budgetplan', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetplanevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='672f43f197d760571d9661732cabbd0a216b538d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4b5d4', table='ads_budgetplanevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='scheduledchange',
            index=models.Index(condition=models.Q(('applied_at', None), ('cancelled_at', None)), fields=['starts_on'], name='scheduled_change_due'),
        ),
        migrations.AddIndex(
            model_name='scheduledchange',
            index=models.Index(condition=models.Q(('plan__isnull', False)), fields=['plan', 'starts_on'], name='scheduled_change_by_plan'),
        ),
        migrations.AddConstraint(
            model_name='scheduledchange',
            constraint=models.UniqueConstraint(condition=models.Q(('cancelled_at', None)), fields=('brand', 'campaign', 'field', 'starts_on'), name='scheduled_change_is_one_per_day', nulls_distinct=False, violation_error_message='Another change of this budget begins on that day.'),
        ),
        migrations.AddConstraint(
            model_name='scheduledchange',
            constraint=models.CheckConstraint(condition=models.Q(('field__in', ['daily_budget', 'monthly_budget', 'total_budget'])), name='scheduled_change_field_is_known'),
        ),
        migrations.AddConstraint(
            model_name='scheduledchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('field', 'total_budget'), _negated=True), ('campaign__isnull', False), _connector='OR'), name='scheduled_change_total_is_of_a_campaign', violation_error_message='field: a brand has no total budget.'),
        ),
        migrations.AddConstraint(
            model_name='scheduledchange',
            constraint=models.CheckConstraint(condition=models.Q(('plan', None), models.Q(('field', 'monthly_budget'), ('starts_on__day', 1)), _connector='OR'), name='scheduled_change_of_a_plan_is_a_month'),
        ),
        migrations.AddConstraint(
            model_name='scheduledchange',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('amount__lt', Decimal('1000000000000')), ('amount', django.db.models.functions.math.Round(models.F('amount'), precision=6))), name='scheduled_change_amount_is_money', violation_error_message='amount: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='scheduledchange',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on__gte', datetime.date(1, 1, 1)), ('starts_on__lte', datetime.date(9999, 12, 31))), name='scheduled_change_starts_on_is_readable', violation_error_message='starts_on: use a date from 0001-01-01 to 9999-12-31.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledchange',
            trigger=pgtrigger.compiler.Trigger(name='not_moved', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."field" IS DISTINCT FROM (NEW."field") OR OLD."starts_on" IS DISTINCT FROM (NEW."starts_on") OR OLD."plan_id" IS DISTINCT FROM (NEW."plan_id"))', func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': A scheduled change cannot be moved: cancel it and schedule another.';", hash='479db854b9f66d06aaf3e28321690c93add7d9b8', operation='UPDATE', pgid='pgtrigger_not_moved_05136', table='ads_scheduledchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledchange',
            trigger=pgtrigger.compiler.Trigger(name='planned_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_scheduledchangeevent" ("after", "amount", "before", "brand_id", "campaign_id", "cancelled_at", "field", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "says", "starts_on") VALUES (NEW."after", NEW."amount", NEW."before", NEW."brand_id", NEW."campaign_id", NEW."cancelled_at", NEW."field", NEW."note", _pgh_attach_context(), NOW(), \'planned\', NEW."id", NEW."plan_id", NEW."says", NEW."starts_on"); RETURN NULL;', hash='cb4c5e90a382f5c99c3c3795621cb7991bec391d', operation='INSERT', pgid='pgtrigger_planned_insert_d0e30', table='ads_scheduledchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledchange',
            trigger=pgtrigger.compiler.Trigger(name='changed_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount" IS DISTINCT FROM (NEW."amount") OR OLD."cancelled_at" IS DISTINCT FROM (NEW."cancelled_at"))', func='INSERT INTO "ads_scheduledchangeevent" ("after", "amount", "before", "brand_id", "campaign_id", "cancelled_at", "field", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "says", "starts_on") VALUES (NEW."after", NEW."amount", NEW."before", NEW."brand_id", NEW."campaign_id", NEW."cancelled_at", NEW."field", NEW."note", _pgh_attach_context(), NOW(), \'changed\', NEW."id", NEW."plan_id", NEW."says", NEW."starts_on"); RETURN NULL;', hash='be7ee851c6e03234153198f77ed0c2e63a56a439', operation='UPDATE', pgid='pgtrigger_changed_update_0f700', table='ads_scheduledchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledchange',
            trigger=pgtrigger.compiler.Trigger(name='applied_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."after" IS DISTINCT FROM (NEW."after") OR OLD."says" IS DISTINCT FROM (NEW."says"))', func='INSERT INTO "ads_scheduledchangeevent" ("after", "amount", "before", "brand_id", "campaign_id", "cancelled_at", "field", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "says", "starts_on") VALUES (NEW."after", NEW."amount", NEW."before", NEW."brand_id", NEW."campaign_id", NEW."cancelled_at", NEW."field", NEW."note", _pgh_attach_context(), NOW(), \'applied\', NEW."id", NEW."plan_id", NEW."says", NEW."starts_on"); RETURN NULL;', hash='bfdc714efd82b3539aa61da497a6e133f27d55c8', operation='UPDATE', pgid='pgtrigger_applied_update_303d3', table='ads_scheduledchange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledchangeevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='b58b2468e1e81a20d31257908f65d4fff767b204', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_fe304', table='ads_scheduledchangeevent', when='BEFORE')),
        ),
        *(
            migrations.RunPython(
                partial(_roles.grant, codename=f"view_{model}", names=VIEWERS),
                migrations.RunPython.noop,
                elidable=False,
            )
            for model in (
                "scheduledchange", "scheduledchangeevent", "budgetplan", "budgetplanevent",
            )
        ),
    ]
