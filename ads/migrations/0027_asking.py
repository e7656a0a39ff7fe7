"""Accounts are asked one by one; spend that is too old; where sums differ from the platform's."""

import ads.models.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from functools import partial

from django.db import migrations, models

from ads.migrations import _at_once, _roles

VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]


def take_over(apps, schema_editor):
    """When the simulated platform last answered, so that no day is missed after the upgrade.

    Its accounts were the brands; now they are timezones and currencies.
    """
    answered = apps.get_model("ads", "AskedAccount").objects.filter(source="simulated")
    accounts = answered.values_list("brand__timezone", "brand__currency")
    oldest = accounts.annotate(at=models.Min("last_success_at")).order_by()
    if not oldest:
        return
    connection, _ = apps.get_model("ads", "Connection").objects.get_or_create(
        platform="simulated", source="simulated", defaults={"name": "Simulated platform"}
    )
    for timezone, currency, at in oldest:
        apps.get_model("ads", "PlatformAccount").objects.get_or_create(
            connection=connection,
            platform="simulated",
            remote_id=f"{timezone} {currency}",
            defaults={
                "source": "simulated", "name": f"{timezone}, {currency}", "timezone": timezone,
                "currency": currency, "answered_at": at,
            },
        )  # fmt: skip


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0026_platforms'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountDifference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('span', models.CharField(choices=[('day', 'Day'), ('month', 'Month')], max_length=5)),
                ('start', models.DateField(help_text='The day, or the first of the month.')),
                ('platform_amount', ads.models.fields.MoneyField(decimal_places=6, help_text='What the platform says the whole account has cost.', max_digits=18)),
                ('campaigns_amount', ads.models.fields.MoneyField(decimal_places=6, help_text='The sum of its campaigns, by the platform.', max_digits=18)),
                ('ledger_amount', ads.models.fields.MoneyField(decimal_places=6, help_text='What was recorded of it, and what waits until its campaigns are matched.', max_digits=18)),
                ('found_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'difference of an account',
                'verbose_name_plural': 'differences of accounts',
                'ordering': ['-start', 'account'],
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
            name='stale_after_minutes',
            field=models.PositiveIntegerField(blank=True, help_text="In minutes. If an ad platform has not reported a campaign's spend for longer, there is a warning with what has probably been spent since. Empty: no limit.", null=True, verbose_name='spend may be this old'),
        ),
        migrations.AddField(
            model_name='brand',
            name='stops_when_stale',
            field=models.BooleanField(db_default=False, default=False, help_text='On: campaigns whose spend is older stop until their ad platform reports again.', verbose_name='stop when spend is older'),
        ),
        migrations.AddField(
            model_name='brandevent',
            name='stale_after_minutes',
            field=models.PositiveIntegerField(blank=True, help_text="In minutes. If an ad platform has not reported a campaign's spend for longer, there is a warning with what has probably been spent since. Empty: no limit.", null=True, verbose_name='spend may be this old'),
        ),
        migrations.AddField(
            model_name='brandevent',
            name='stops_when_stale',
            field=models.BooleanField(db_default=False, default=False, help_text='On: campaigns whose spend is older stop until their ad platform reports again.', verbose_name='stop when spend is older'),
        ),
        migrations.AddField(
            model_name='connection',
            name='operations',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Requests made on the day below.'),
        ),
        migrations.AddField(
            model_name='connection',
            name='operations_on',
            field=models.DateField(blank=True, help_text='In UTC.', null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='operations_per_day',
            field=models.PositiveIntegerField(blank=True, help_text='Requests that the platform allows a day, if it says so.', null=True),
        ),
        migrations.AddField(
            model_name='platformaccount',
            name='claimed_until',
            field=models.DateTimeField(blank=True, editable=False, help_text='Until then a task is asking it, and no other does.', null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_timezone_currency_daily_budget_monthly_budget_is_active_stale_after_minutes_stops_when_stale_events', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='platformaccount',
            name='retry_at',
            field=models.DateTimeField(blank=True, help_text='Not asked before: its quota was used up, or it failed.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='2ec4a432b4e64cc6179a9f65c2f25af4f1b4bde4', operation='UPDATE', pgid='pgtrigger_moves_updated_at_4b1ea', table='ads_brand', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."stale_after_minutes", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='7aa0160bd08467d84555832bc0c6d238bfd10d60', operation='INSERT', pgid='pgtrigger_insert_insert_e4d8a', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."stale_after_minutes", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='26a85c87164741585bf19a431ba910d6b80346d4', operation='UPDATE', pgid='pgtrigger_update_update_939cd', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (OLD."currency", OLD."daily_budget", OLD."is_active", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."stale_after_minutes", OLD."stops_when_stale", OLD."timezone"); RETURN NULL;', hash='0b43f59b2a22156df23f0ea05bee4922649e8252', operation='DELETE', pgid='pgtrigger_delete_delete_db462', table='ads_brand', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.CheckConstraint(condition=models.Q(('stale_after_minutes__gte', 5)), name='brand_stale_after_is_not_too_short', violation_error_message='stale_after_minutes: use 5 or more; ad platforms are asked every 5 minutes.'),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.CheckConstraint(condition=models.Q(('stops_when_stale', False), ('stale_after_minutes__isnull', False), _connector='OR'), name='brand_stops_when_stale_after_some_time', violation_error_message='stale_after_minutes: say after how many minutes its campaigns are to stop.'),
        ),
        migrations.AddField(
            model_name='accountdifference',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='differences', to='ads.platformaccount'),
        ),
        migrations.AddConstraint(
            model_name='accountdifference',
            constraint=models.UniqueConstraint(fields=('account', 'span', 'start'), name='account_difference_is_one'),
        ),
        migrations.AddConstraint(
            model_name='accountdifference',
            constraint=models.CheckConstraint(condition=models.Q(('platform_amount__gt', Decimal('-1000000000000000')), ('platform_amount__lt', Decimal('1000000000000000'))), name='account_difference_platform_amount_is_in_range', violation_error_message='platform_amount: must be below 1,000,000,000,000,000 in size.'),
        ),
        migrations.AddConstraint(
            model_name='accountdifference',
            constraint=models.CheckConstraint(condition=models.Q(('campaigns_amount__gt', Decimal('-1000000000000000')), ('campaigns_amount__lt', Decimal('1000000000000000'))), name='account_difference_campaigns_amount_is_in_range', violation_error_message='campaigns_amount: must be below 1,000,000,000,000,000 in size.'),
        ),
        migrations.AddConstraint(
            model_name='accountdifference',
            constraint=models.CheckConstraint(condition=models.Q(('ledger_amount__gt', Decimal('-1000000000000000')), ('ledger_amount__lt', Decimal('1000000000000000'))), name='account_difference_ledger_amount_is_in_range', violation_error_message='ledger_amount: must be below 1,000,000,000,000,000 in size.'),
        ),
        migrations.AddConstraint(
            model_name='accountdifference',
            constraint=models.CheckConstraint(condition=models.Q(('resolved_at__isnull', False), models.Q(('platform_amount', models.F('campaigns_amount')), _negated=True), models.Q(('platform_amount', models.F('ledger_amount')), _negated=True), _connector='OR'), name='account_difference_differs'),
        ),
        migrations.AddField(
            model_name='platformaccount',
            name='reconciled_at',
            field=models.DateTimeField(blank=True, help_text="When its sums were last compared with the platform's and the ledger's.", null=True),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.DeleteModel(
            name='AskedAccount',
        ),
        migrations.RunPython(
            partial(_roles.grant, codename="view_accountdifference", names=VIEWERS),
            migrations.RunPython.noop,
            elidable=False,
        ),
    ]
