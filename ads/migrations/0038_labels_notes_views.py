"""Labels, account managers, notes and saved views; who may use them."""

from functools import partial

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from ads.migrations import _at_once, _roles

VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]
OPERATORS = VIEWERS[1:]
BUDGET_MANAGERS = VIEWERS[2:]

GRANTED = {
    **dict.fromkeys(
        (
            "view_label",
            "view_labelevent",
            "view_brandlabelevent",
            "view_campaignlabelevent",
            "view_note",
        ),
        VIEWERS,
    ),
    **dict.fromkeys(("add_note", "share_savedview"), OPERATORS),
    **dict.fromkeys(("add_label", "change_label", "delete_label"), BUDGET_MANAGERS),
}


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0037_alert_rules'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # In the order of those who record spend: in the other, PostgreSQL ends the migration each time.
        migrations.RunSQL(
            'LOCK TABLE ads_campaign, ads_brand IN ACCESS EXCLUSIVE MODE',
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='BrandLabelEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
            ],
            options={
                'verbose_name': 'label of a brand added or removed',
                'verbose_name_plural': 'labels of brands',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CampaignLabelEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
            ],
            options={
                'verbose_name': 'label of a campaign added or removed',
                'verbose_name_plural': 'labels of campaigns',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DefaultView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('list_name', models.CharField(max_length=100)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('name', models.CharField(help_text='As it is shown on brands and campaigns and written in files. Must be unique, whatever its capitals.', max_length=50)),
                ('color', models.CharField(choices=[('gray', 'Gray'), ('blue', 'Blue'), ('green', 'Green'), ('yellow', 'Yellow'), ('red', 'Red'), ('purple', 'Purple')], default='gray', max_length=10)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='LabelEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('name', models.CharField(help_text='As it is shown on brands and campaigns and written in files. Must be unique, whatever its capitals.', max_length=50)),
                ('color', models.CharField(choices=[('gray', 'Gray'), ('blue', 'Blue'), ('green', 'Green'), ('yellow', 'Yellow'), ('red', 'Red'), ('purple', 'Purple')], default='gray', max_length=10)),
            ],
            options={
                'verbose_name': 'label change',
                'verbose_name_plural': 'label changes',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=2000, verbose_name='note')),
                ('author', models.CharField(max_length=150)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-at', '-id'],
                'default_permissions': ('add', 'view'),
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('list_name', models.CharField(max_length=100)),
                ('name', models.CharField(max_length=60)),
                ('query', models.TextField(blank=True, default='')),
                ('order', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), blank=True, default=list, size=None)),
            ],
            options={
                'ordering': ['name'],
                'permissions': [('share_savedview', 'Can share saved views and change shared ones')],
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
        migrations.AddField(
            model_name='brand',
            name='account_manager',
            field=models.ForeignKey(blank=True, help_text='Who looks after the client. Lists can be filtered by it; permissions do not depend on it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='managed_brands', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='brandevent',
            name='account_manager',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='Who looks after the client. Lists can be filtered by it; permissions do not depend on it.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_timezone_currency_daily_budget_monthly_budget_is_active_stale_after_minutes_stops_when_stale_puts_switches_right_platform_caps_account_manager_events', to='ads.brand'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."puts_switches_right" IS DISTINCT FROM (NEW."puts_switches_right") OR OLD."platform_caps" IS DISTINCT FROM (NEW."platform_caps") OR OLD."account_manager_id" IS DISTINCT FROM (NEW."account_manager_id")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='235909aa6e8099bc3126f5f03866fa3c86f4c14b', operation='UPDATE', pgid='pgtrigger_moves_updated_at_4b1ea', table='ads_brand', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("account_manager_id", "currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (NEW."account_manager_id", NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."platform_caps", NEW."puts_switches_right", NEW."stale_after_minutes", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='bff1ec4a2503c103138558480a0d0b299e749e28', operation='INSERT', pgid='pgtrigger_insert_insert_e4d8a', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."account_manager_id" IS DISTINCT FROM (NEW."account_manager_id") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."platform_caps" IS DISTINCT FROM (NEW."platform_caps") OR OLD."puts_switches_right" IS DISTINCT FROM (NEW."puts_switches_right") OR OLD."stale_after_minutes" IS DISTINCT FROM (NEW."stale_after_minutes") OR OLD."stops_when_stale" IS DISTINCT FROM (NEW."stops_when_stale") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "ads_brandevent" ("account_manager_id", "currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (NEW."account_manager_id", NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."platform_caps", NEW."puts_switches_right", NEW."stale_after_minutes", NEW."stops_when_stale", NEW."timezone"); RETURN NULL;', hash='4cd499303b06284f9d093c476d2821a66c5be5a1', operation='UPDATE', pgid='pgtrigger_update_update_939cd', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("account_manager_id", "currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_caps", "puts_switches_right", "stale_after_minutes", "stops_when_stale", "timezone") VALUES (OLD."account_manager_id", OLD."currency", OLD."daily_budget", OLD."is_active", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."platform_caps", OLD."puts_switches_right", OLD."stale_after_minutes", OLD."stops_when_stale", OLD."timezone"); RETURN NULL;', hash='b94177b70a34c163415c12c07b6587aebebd4ad4', operation='DELETE', pgid='pgtrigger_delete_delete_db462', table='ads_brand', when='AFTER')),
        ),
        migrations.AddField(
            model_name='brandlabelevent',
            name='brand',
            field=models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand'),
        ),
        migrations.AddField(
            model_name='brandlabelevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='campaignlabelevent',
            name='campaign',
            field=models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.campaign'),
        ),
        migrations.AddField(
            model_name='campaignlabelevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='defaultview',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='default_views', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='label',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='label_name_is_unique', violation_error_message='name: there is a label of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='label',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='label_name_is_given', violation_error_message='name: give the label a name.'),
        ),
        migrations.AddConstraint(
            model_name='label',
            constraint=models.CheckConstraint(condition=models.Q(('color__in', ['gray', 'blue', 'green', 'yellow', 'red', 'purple'])), name='label_color_is_known', violation_error_message='color: use one of gray, blue, green, yellow, red, purple.'),
        ),
        migrations.AddField(
            model_name='campaignlabelevent',
            name='label',
            field=models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.label'),
        ),
        migrations.AddField(
            model_name='brandlabelevent',
            name='label',
            field=models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.label'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_labelevent" ("color", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."color", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='ed1067a7827f37f0826e2d5fc12d4aa5f8d9a8ac', operation='INSERT', pgid='pgtrigger_insert_insert_8d75d', table='ads_label', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."color" IS DISTINCT FROM (NEW."color") OR OLD."name" IS DISTINCT FROM (NEW."name"))', func='INSERT INTO "ads_labelevent" ("color", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."color", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='2e7102f2febce42e971748814fab1c5a1640e1c4', operation='UPDATE', pgid='pgtrigger_update_update_2c217', table='ads_label', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='label',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_labelevent" ("color", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."color", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='ae0f35a4ec8783260104376aa4428c5ba49873a9', operation='DELETE', pgid='pgtrigger_delete_delete_75d86', table='ads_label', when='AFTER')),
        ),
        migrations.AddField(
            model_name='brand',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='brands', to='ads.label'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='labels',
            field=models.ManyToManyField(blank=True, related_name='campaigns', to='ads.label'),
        ),
        migrations.AddField(
            model_name='labelevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='labelevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_color_events', to='ads.label'),
        ),
        migrations.AddField(
            model_name='note',
            name='brand',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='ads.brand'),
        ),
        migrations.AddField(
            model_name='note',
            name='campaign',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='ads.campaign'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=models.ForeignKey(blank=True, help_text='None: it is shared with everybody.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='defaultview',
            name='view',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='defaults', to='ads.savedview'),
        ),
        migrations.CreateModel(
            name='BrandLabel',
            fields=[
            ],
            options={
                'verbose_name': 'label of a brand',
                'verbose_name_plural': 'labels of brands',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('ads.brand_labels',),
        ),
        migrations.CreateModel(
            name='CampaignLabel',
            fields=[
            ],
            options={
                'verbose_name': 'label of a campaign',
                'verbose_name_plural': 'labels of campaigns',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('ads.campaign_labels',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='labelevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='5d6404aca331341ee47c75742a27f977f043ed88', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4e53e', table='ads_labelevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='note',
            index=models.Index(fields=['brand', 'at', 'id'], name='note_of_brand'),
        ),
        migrations.AddIndex(
            model_name='note',
            index=models.Index(fields=['campaign', 'at', 'id'], name='note_of_campaign'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('brand__isnull', True), ('campaign__isnull', True), _connector='XOR'), name='note_is_of_a_brand_or_a_campaign'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='note_says_something', violation_error_message='text: write the note.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': A note stays as it was written: write another one.';", hash='2f01343daf065453c0b219ae67e046bc381390f0', operation='UPDATE', pgid='pgtrigger_append_only_1e6c4', table='ads_note', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(models.F('list_name'), models.F('owner'), django.db.models.functions.text.Lower('name'), name='saved_view_name_is_unique_of_its_owner'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(models.F('list_name'), django.db.models.functions.text.Lower('name'), condition=models.Q(('owner__isnull', True)), name='shared_view_name_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='saved_view_name_is_given'),
        ),
        migrations.AddConstraint(
            model_name='defaultview',
            constraint=models.UniqueConstraint(fields=('user', 'list_name'), name='one_default_view_of_a_list'),
        ),
        migrations.AddField(
            model_name='brandlabelevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_label_events', to='ads.brandlabel'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brandlabel',
            trigger=pgtrigger.compiler.Trigger(name='attached_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandlabelevent" ("brand_id", "label_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."brand_id", NEW."label_id", _pgh_attach_context(), NOW(), \'attached\', NEW."id"); RETURN NULL;', hash='7d74d74a8996669a289c896b2ee47f0fd5b6e305', operation='INSERT', pgid='pgtrigger_attached_insert_9817c', table='ads_brand_labels', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brandlabel',
            trigger=pgtrigger.compiler.Trigger(name='detached_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandlabelevent" ("brand_id", "label_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."brand_id", OLD."label_id", _pgh_attach_context(), NOW(), \'detached\', OLD."id"); RETURN NULL;', hash='3176c14f6cf6793ee5f2f17c71172a2f543a7bee', operation='DELETE', pgid='pgtrigger_detached_delete_319ed', table='ads_brand_labels', when='AFTER')),
        ),
        migrations.AddField(
            model_name='campaignlabelevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='campaign_label_events', to='ads.campaignlabel'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignlabel',
            trigger=pgtrigger.compiler.Trigger(name='attached_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_campaignlabelevent" ("campaign_id", "label_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."campaign_id", NEW."label_id", _pgh_attach_context(), NOW(), \'attached\', NEW."id"); RETURN NULL;', hash='89c1ff9dfd7a323b27cda832d3f9d7df4b83800a', operation='INSERT', pgid='pgtrigger_attached_insert_37a5f', table='ads_campaign_labels', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignlabel',
            trigger=pgtrigger.compiler.Trigger(name='detached_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_campaignlabelevent" ("campaign_id", "label_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."campaign_id", OLD."label_id", _pgh_attach_context(), NOW(), \'detached\', OLD."id"); RETURN NULL;', hash='a76fd032c2eb2cc07a38e4ab76baaaffa58d74c6', operation='DELETE', pgid='pgtrigger_detached_delete_867c6', table='ads_campaign_labels', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brandlabelevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='852123968f529040acf3754f23b636646db71783', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ca138', table='ads_brandlabelevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignlabelevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='af1fb5d16a1563590cde07d1cda1630287f0133d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_5ff9f', table='ads_campaignlabelevent', when='BEFORE')),
        ),
        *(
            migrations.RunPython(
                partial(_roles.grant, codename=codename, names=names),
                migrations.RunPython.noop,
                elidable=False,
            )
            for codename, names in GRANTED.items()
        ),
    ]
