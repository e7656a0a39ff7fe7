"""Alerts on total budgets and budget groups, and channels of one account manager."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from ads.migrations import _at_once


RULES = [
    {"name": "Monthly budget of a budget group", "kind": "budget_used", "owners": "group",
     "period": "month", "thresholds": [80, 100]},
    {"name": "Total budget of a campaign or budget group", "kind": "budget_used",
     "period": "total", "thresholds": [80, 100]},
]  # fmt: skip


def make_rules(apps, schema_editor):
    """Useful on the first day, as those before; without channels."""
    rules = apps.get_model("ads", "AlertRule").objects
    for rule in RULES:
        if not rules.filter(name=rule["name"]).exists():
            rules.create(**rule)


def remove_rules(apps, schema_editor):
    """The version before knows neither groups nor total budgets."""
    names = [rule["name"] for rule in RULES]
    apps.get_model("ads", "AlertRule").objects.filter(name__in=names).delete()
    # The table is changed next, which may not wait for the deletion's foreign keys.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0041_indexes_of_budgets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='channel',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='channel',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='channel',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='alertrule',
            name='alert_rule_kind_is_known',
        ),
        migrations.AddField(
            model_name='channel',
            name='account_manager',
            field=models.ForeignKey(blank=True, help_text='It is told only of brands that this account manager looks after and may see. Empty: of everything.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='channels', to=settings.AUTH_USER_MODEL, verbose_name='only the brands of'),
        ),
        migrations.AddField(
            model_name='channelevent',
            name='account_manager',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='It is told only of brands that this account manager looks after and may see. Empty: of everything.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='only the brands of'),
        ),
        migrations.AlterField(
            model_name='alertrule',
            name='owners',
            field=models.CharField(blank=True, choices=[('brand', 'Brands'), ('campaign', 'Campaigns'), ('group', 'Budget groups'), ('', 'All')], default='', help_text='Whose budgets, where the rule watches budgets.', max_length=10, verbose_name='whose'),
        ),
        migrations.AlterField(
            model_name='alertrule',
            name='period',
            field=models.CharField(blank=True, choices=[('day', 'Day'), ('month', 'Month'), ('total', 'Total'), ('', 'All')], default='', help_text='Where the rule watches budgets used; projections are of the month. Campaigns and budget groups have total budgets.', max_length=5, verbose_name='which budgets'),
        ),
        migrations.AlterField(
            model_name='alertruleevent',
            name='owners',
            field=models.CharField(blank=True, choices=[('brand', 'Brands'), ('campaign', 'Campaigns'), ('group', 'Budget groups'), ('', 'All')], default='', help_text='Whose budgets, where the rule watches budgets.', max_length=10, verbose_name='whose'),
        ),
        migrations.AlterField(
            model_name='alertruleevent',
            name='period',
            field=models.CharField(blank=True, choices=[('day', 'Day'), ('month', 'Month'), ('total', 'Total'), ('', 'All')], default='', help_text='Where the rule watches budgets used; projections are of the month. Campaigns and budget groups have total budgets.', max_length=5, verbose_name='which budgets'),
        ),
        migrations.AlterField(
            model_name='channelevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_way_is_active_frequency_digest_at_timezone_shown_account_manager_events', to='ads.channel'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='channel',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_channelevent" ("account_manager_id", "digest_at", "frequency", "is_active", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shown", "timezone", "way") VALUES (NEW."account_manager_id", NEW."digest_at", NEW."frequency", NEW."is_active", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."shown", NEW."timezone", NEW."way"); RETURN NULL;', hash='1ac8ddcb8b8a1bd6c62997cdacbe927bf557e3ae', operation='INSERT', pgid='pgtrigger_insert_insert_43933', table='ads_channel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='channel',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_manager_id" IS DISTINCT FROM (NEW."account_manager_id") OR OLD."digest_at" IS DISTINCT FROM (NEW."digest_at") OR OLD."frequency" IS DISTINCT FROM (NEW."frequency") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."shown" IS DISTINCT FROM (NEW."shown") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."way" IS DISTINCT FROM (NEW."way"))', func='INSERT INTO "ads_channelevent" ("account_manager_id", "digest_at", "frequency", "is_active", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shown", "timezone", "way") VALUES (NEW."account_manager_id", NEW."digest_at", NEW."frequency", NEW."is_active", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."shown", NEW."timezone", NEW."way"); RETURN NULL;', hash='aa911e73aa0adc82dfd895c5f097ea7d2d9ffe14', operation='UPDATE', pgid='pgtrigger_update_update_93cd3', table='ads_channel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='channel',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_channelevent" ("account_manager_id", "digest_at", "frequency", "is_active", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "shown", "timezone", "way") VALUES (OLD."account_manager_id", OLD."digest_at", OLD."frequency", OLD."is_active", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."shown", OLD."timezone", OLD."way"); RETURN NULL;', hash='41577638353e4a58b64fb901884572a30509bcf9', operation='DELETE', pgid='pgtrigger_delete_delete_0ac77', table='ads_channel', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['budget_used', 'projected', 'paused', 'resumed', 'spend_late', 'unmatched', 'unusual_spend', 'switch_refused', 'task_late', 'channel_failing']), ('owners__in', ['brand', 'campaign', 'group', '']), ('period__in', ['day', 'month', 'total', ''])), name='alert_rule_kind_is_known'),
        ),
        migrations.RunPython(make_rules, remove_rules),
    ]
