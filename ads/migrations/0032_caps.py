"""Daily caps on ad platforms: a brand's choice, what is set there, and the task that sees to it."""

from functools import partial

import ads.models.fields
import django.db.models.deletion
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models

from ads.migrations import _at_once, _beat, _roles

ROWS = [
    ("Cap platforms", "ads.tasks.cap_platforms", "*", 60,
     "Sets daily budgets on the ad platforms to what may be spent that day, for brands that want "
     "daily caps, and restores them."),
]  # fmt: skip
VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0031_archived_meanwhile'),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.CreateModel(
            name='BudgetCap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('original', ads.models.fields.MoneyField(decimal_places=6, help_text='The daily budget that people set there, which is restored when the cap ends.', max_digits=18, null=True)),
                ('amount', ads.models.fields.MoneyField(decimal_places=6, help_text='The daily budget that it is to have.', max_digits=18, null=True)),
                ('set_amount', ads.models.fields.MoneyField(decimal_places=6, help_text='The last that the platform confirmed; empty: none of ours.', max_digits=18, null=True)),
                ('state', models.CharField(choices=[('pending', 'To be told'), ('unknown', 'Told, not confirmed yet'), ('confirmed', 'Confirmed'), ('refused', 'Refused by the platform'), ('superseded', 'Superseded by a later decision')], default='pending', max_length=12)),
                ('written_at', models.DateTimeField(help_text='When the amount was decided.')),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField(help_text='Told, or looked at, again from then on.', null=True)),
                ('told_at', models.DateTimeField(help_text='When the platform was last told.', null=True)),
                ('settled_at', models.DateTimeField(help_text='When it was confirmed or refused.', null=True)),
                ('code', models.CharField(blank=True, default='', max_length=100)),
                ('answer', models.TextField(blank=True, default='', help_text="In the platform's words.")),
            ],
            options={
                'verbose_name': 'daily cap',
                'ordering': ['-written_at', '-id'],
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
        migrations.AddField(
            model_name='brand',
            name='platform_caps',
            field=models.CharField(choices=[('none', 'Leave daily budgets there alone'), ('limit', "The day's limit"), ('strict', 'Strict: no day may go over the limit')], db_default='none', default='none', help_text="Lowers campaigns' daily budgets on Google Ads, Meta and Microsoft to what may be spent that day, never raises them, and restores them when the cap ends. On one day a platform may spend twice a daily budget (Meta 1.75 times); strict caps allow for that, and on most days less of the budget is spent.", max_length=6, verbose_name='daily caps on ad platforms'),
        ),
        migrations.AddField(
            model_name='brandevent',
            name='platform_caps',
            field=models.CharField(choices=[('none', 'Leave daily budgets there alone'), ('limit', "The day's limit"), ('strict', 'Strict: no day may go over the limit')], db_default='none', default='none', help_text="Lowers campaigns' daily budgets on Google Ads, Meta and Microsoft to what may be spent that day, never raises them, and restores them when the cap ends. On one day a platform may spend twice a daily budget (Meta 1.75 times); strict caps allow for that, and on most days less of the budget is spent.", max_length=6, verbose_name='daily caps on ad platforms'),
        ),
        migrations.AddField(
            model_name='platformaccount',
            name='capping_until',
            field=models.DateTimeField(blank=True, editable=False, help_text='The same for daily caps, which are told beside switches and never before them.', null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_timezone_currency_daily_budget_monthly_budget_is_active_stale_after_minutes_stops_when_stale_puts_switches_right_platform_caps_events', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='brand',
            name='puts_switches_right',
            field=models.BooleanField(db_default=True, default=True, help_text='On: a campaign that somebody switches on or off on its ad platform is switched back, mostly within ten minutes. Off: its page only says so, until its next start or stop.', verbose_name='switch back on ad platforms'),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='puts_switches_right',
            field=models.BooleanField(db_default=True, default=True, help_text='On: a campaign that somebody switches on or off on its ad platform is switched back, mostly within ten minutes. Off: its page only says so, until its next start or stop.', verbose_name='switch back on ad platforms'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."puts_switches_right" IS DISTINCT FROM (NEW."puts_switches_right") OR OLD."platform_caps" IS DISTINCT FROM (NEW."platform_caps")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='c4f1c43be13afd2ffe870b6f428bda1235e073a1', operation='UPDATE', pgid='pgtrigger_moves_updated_at_4b1ea', table='ads_brand', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."platform_caps", NEW."puts_switches_right", NEW."stale_after_minutes", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='a634473b732cc9102afd139b29bd2800b02303f8', operation='INSERT', pgid='pgtrigger_insert_insert_e4d8a', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."platform_caps" IS DISTINCT FROM (NEW."platform_caps") OR OLD."puts_switches_right" IS DISTINCT FROM (NEW."puts_switches_right") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."platform_caps", NEW."puts_switches_right", NEW."stale_after_minutes", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='62dfba91ebd9afaf715caf10a8e33ed3b9b67807', operation='UPDATE', pgid='pgtrigger_update_update_939cd', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (OLD."currency", OLD."daily_budget", OLD."is_active", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."platform_caps", OLD."puts_switches_right", OLD."stale_after_minutes", OLD."stops_when_stale", OLD."timezone"); RETURN NULL;', hash='0c6c0495912bd01a3add76e387a1cb0e2313bc08', operation='DELETE', pgid='pgtrigger_delete_delete_db462', table='ads_brand', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.CheckConstraint(condition=models.Q(('platform_caps__in', ['none', 'limit', 'strict'])), name='brand_platform_caps_is_known', violation_error_message='platform_caps: choose none, limit or strict.'),
        ),
        migrations.AddField(
            model_name='budgetcap',
            name='campaign',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='budget_caps', to='ads.campaign'),
        ),
        migrations.AddField(
            model_name='budgetcap',
            name='place',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='cap', to='ads.platformcampaign', verbose_name='on platform'),
        ),
        migrations.AddIndex(
            model_name='budgetcap',
            index=models.Index(condition=models.Q(('state__in', ['pending', 'unknown'])), fields=['next_at'], name='budget_cap_open'),
        ),
        migrations.AddConstraint(
            model_name='budgetcap',
            constraint=models.CheckConstraint(condition=models.Q(('original__gte', 0), ('original__lt', Decimal('1000000000000')), ('original', django.db.models.functions.math.Round(models.F('original'), precision=6))), name='budget_cap_original_is_money', violation_error_message='original: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='budgetcap',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('amount__lt', Decimal('1000000000000')), ('amount', django.db.models.functions.math.Round(models.F('amount'), precision=6))), name='budget_cap_amount_is_money', violation_error_message='amount: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='budgetcap',
            constraint=models.CheckConstraint(condition=models.Q(('set_amount__gte', 0), ('set_amount__lt', Decimal('1000000000000')), ('set_amount', django.db.models.functions.math.Round(models.F('set_amount'), precision=6))), name='budget_cap_set_amount_is_money', violation_error_message='set_amount: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.RunPython(
            partial(_roles.grant, codename="view_budgetcap", names=VIEWERS),
            migrations.RunPython.noop,
        ),
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        ),
    ]
