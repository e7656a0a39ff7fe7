"""People: their brands, second factors and sign-ins, on record; limits of uploads and schedules."""

from functools import partial

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from ads.migrations import _at_once, _beat, _roles

ROWS = [
    ("Forget sign-ins", "ads.tasks.forget_sign_ins", "0", 3600, "Deletes old sign-ins."),
]
GRANTED = [
    "view_signin", "view_person", "add_person", "change_person", "delete_person",
    "view_personevent", "view_personbrandevent", "view_accountevent", "view_accountroleevent",
    "view_accountpermissionevent", "view_rolepermissionevent",
]  # fmt: skip


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0020_reference_spelling'),
        ('django_celery_beat', '0019_alter_periodictasks_options'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('pghistory', '0007_auto_20250421_0444'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RolePermission',
            fields=[
            ],
            options={
                'verbose_name': 'permission of a role',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.group_permissions',),
        ),
        migrations.CreateModel(
            name='AccountRole',
            fields=[
            ],
            options={
                'verbose_name': 'role of a user',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user_groups',),
        ),
        migrations.CreateModel(
            name='AccountPermission',
            fields=[
            ],
            options={
                'verbose_name': 'permission of a user',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user_user_permissions',),
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
            ],
            options={
                'verbose_name': 'user',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('auth.user',),
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.AddField(
            model_name='daypartingschedule',
            name='only_brands',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, editable=False, null=True, size=None),
        ),
        migrations.AddField(
            model_name='spendimport',
            name='only_brands',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, editable=False, null=True, size=None),
        ),
        migrations.CreateModel(
            name='AccountEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
            ],
            options={
                'verbose_name': 'change of a user',
                'verbose_name_plural': 'changes of users',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AccountPermissionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('permission', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.permission')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('user', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'permission of a user',
                'verbose_name_plural': 'permissions of users',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AccountRoleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('group', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.group')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('user', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'role of a user',
                'verbose_name_plural': 'roles of users',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('every_brand', models.BooleanField(db_default=True, default=True, help_text='Off: only the brands beside it are seen and changed, and nothing shared.')),
                ('brands', models.ManyToManyField(blank=True, help_text='The only brands that it may see and send spend for.', related_name='+', to='ads.brand')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='person', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'brands of a person',
                'verbose_name_plural': 'brands of people',
            },
        ),
        migrations.CreateModel(
            name='PersonBrandEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('brand', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand')),
                ('person', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.person')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
            ],
            options={
                'verbose_name': 'brand of a person',
                'verbose_name_plural': 'brands of people',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PersonEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('every_brand', models.BooleanField(db_default=True, default=True, help_text='Off: only the brands beside it are seen and changed, and nothing shared.')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='user_every_brand_events', to='ads.person')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': "change of a person's brands",
                'verbose_name_plural': "changes of people's brands",
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SecondFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('secret', models.TextField(editable=False)),
                ('confirmed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('last_period', models.BigIntegerField(default=0, editable=False)),
                ('recovery_hashes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False, size=None)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='second_factor', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('signed_in', 'Signed in'), ('failed', 'Failed'), ('locked_out', 'Refused: too many failures'), ('code_asked', 'Password right, code asked for'), ('signed_out', 'Signed out'), ('code_failed', 'Wrong code of the second factor'), ('recovery_code', 'Recovery code used'), ('factor_on', 'Second factor turned on'), ('factor_off', 'Second factor turned off'), ('factor_reset', 'Second factor reset'), ('unlocked', 'Unlocked')], max_length=20)),
                ('username', models.CharField(max_length=150)),
                ('address', models.GenericIPAddressField(blank=True, null=True, verbose_name='from')),
                ('by', models.CharField(blank=True, default='', help_text='Who did it for them.', max_length=150)),
                ('counts', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'sign-in',
                'ordering': ['-id'],
                'default_permissions': ('view',),
                'indexes': [models.Index(fields=['at'], name='sign_in_at'), models.Index(condition=models.Q(('counts', True)), fields=['username', 'at'], name='sign_in_by_user'), models.Index(condition=models.Q(('counts', True)), fields=['address', 'at'], name='sign_in_by_address')],
            },
        ),
        migrations.CreateModel(
            name='RolePermissionEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('group', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.group')),
                ('permission', models.ForeignKey(db_constraint=False, db_tablespace='', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='auth.permission')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='group_permission_events', to='ads.rolepermission')),
            ],
            options={
                'verbose_name': 'permission of a role',
                'verbose_name_plural': 'permissions of roles',
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolepermission',
            trigger=pgtrigger.compiler.Trigger(name='attached_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_rolepermissionevent" ("group_id", "permission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."group_id", NEW."permission_id", _pgh_attach_context(), NOW(), \'attached\', NEW."id"); RETURN NULL;', hash='cc81b27849e2fa1021006c47f4c389373ff22233', operation='INSERT', pgid='pgtrigger_attached_insert_5e957', table='auth_group_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolepermission',
            trigger=pgtrigger.compiler.Trigger(name='detached_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_rolepermissionevent" ("group_id", "permission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."group_id", OLD."permission_id", _pgh_attach_context(), NOW(), \'detached\', OLD."id"); RETURN NULL;', hash='8a46088657869f5217dedd2283b50051292e8503', operation='DELETE', pgid='pgtrigger_detached_delete_6dac6', table='auth_group_permissions', when='AFTER')),
        ),
        migrations.AddField(
            model_name='accountroleevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='user_group_events', to='ads.accountrole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountrole',
            trigger=pgtrigger.compiler.Trigger(name='attached_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_accountroleevent" ("group_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."group_id", _pgh_attach_context(), NOW(), \'attached\', NEW."id", NEW."user_id"); RETURN NULL;', hash='12b79cc10bb6f8b685ae3bcd0261f007211eee4a', operation='INSERT', pgid='pgtrigger_attached_insert_05a58', table='auth_user_groups', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountrole',
            trigger=pgtrigger.compiler.Trigger(name='detached_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_accountroleevent" ("group_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."group_id", _pgh_attach_context(), NOW(), \'detached\', OLD."id", OLD."user_id"); RETURN NULL;', hash='9cd88d6fb2eed7d2fd5db3725e7ae8c73ef9615d', operation='DELETE', pgid='pgtrigger_detached_delete_0b0e0', table='auth_user_groups', when='AFTER')),
        ),
        migrations.AddField(
            model_name='accountpermissionevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='user_permission_events', to='ads.accountpermission'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountpermission',
            trigger=pgtrigger.compiler.Trigger(name='attached_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_accountpermissionevent" ("permission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."permission_id", _pgh_attach_context(), NOW(), \'attached\', NEW."id", NEW."user_id"); RETURN NULL;', hash='b7e5626e8b7e7514a01f4035031f9d16edaaf8be', operation='INSERT', pgid='pgtrigger_attached_insert_6fcc1', table='auth_user_user_permissions', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountpermission',
            trigger=pgtrigger.compiler.Trigger(name='detached_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_accountpermissionevent" ("permission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."permission_id", _pgh_attach_context(), NOW(), \'detached\', OLD."id", OLD."user_id"); RETURN NULL;', hash='e70b76aaef21333b68207b44abe8a7aece39d215', operation='DELETE', pgid='pgtrigger_detached_delete_25645', table='auth_user_user_permissions', when='AFTER')),
        ),
        migrations.AddField(
            model_name='accountevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='username_is_active_is_staff_is_superuser_events', to='ads.account'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_accountevent" ("is_active", "is_staff", "is_superuser", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (NEW."is_active", NEW."is_staff", NEW."is_superuser", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."username"); RETURN NULL;', hash='5104432874687f20fb5ef8d259016009f4b6bc17', operation='INSERT', pgid='pgtrigger_insert_insert_4bc57', table='auth_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."username" IS DISTINCT FROM (NEW."username"))', func='INSERT INTO "ads_accountevent" ("is_active", "is_staff", "is_superuser", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (NEW."is_active", NEW."is_staff", NEW."is_superuser", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."username"); RETURN NULL;', hash='09548758f66824ca5af7bb438b4ec98e05536a5d', operation='UPDATE', pgid='pgtrigger_update_update_c09fb', table='auth_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_accountevent" ("is_active", "is_staff", "is_superuser", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "username") VALUES (OLD."is_active", OLD."is_staff", OLD."is_superuser", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."username"); RETURN NULL;', hash='571a95423b01569d6b701d70525a043bf95f7f63', operation='DELETE', pgid='pgtrigger_delete_delete_679cc', table='auth_user', when='AFTER')),
        ),
        migrations.CreateModel(
            name='PersonBrand',
            fields=[
            ],
            options={
                'verbose_name': 'brand of a person',
                'verbose_name_plural': 'brands of people',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('ads.person_brands',),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='person',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_personevent" ("every_brand", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."every_brand", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."user_id"); RETURN NULL;', hash='bb965cd67a030153d73074f1624da3fcd0e81dd9', operation='INSERT', pgid='pgtrigger_insert_insert_97dd1', table='ads_person', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='person',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."every_brand" IS DISTINCT FROM (NEW."every_brand") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))', func='INSERT INTO "ads_personevent" ("every_brand", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."every_brand", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."user_id"); RETURN NULL;', hash='16009f0ce5e21d6b2e367d99ca87ae53eb80b3a1', operation='UPDATE', pgid='pgtrigger_update_update_4a330', table='ads_person', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='person',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_personevent" ("every_brand", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."every_brand", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."user_id"); RETURN NULL;', hash='ec7139902a3304971e340896675f169fc7798bea', operation='DELETE', pgid='pgtrigger_delete_delete_99e46', table='ads_person', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='personevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='c80730ff91ce330559a6b27a48352737f2090f3c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_dad4b', table='ads_personevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rolepermissionevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='11b78a03e2f95486672265d693978e953e79d65a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1d9d5', table='ads_rolepermissionevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountroleevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='1e631b33fd53628f9a5cdae1664a50075ad57c33', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e8d54', table='ads_accountroleevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountpermissionevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='149d6f5bfc757e9d93c025358cf4e0658dbda6b0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e6084', table='ads_accountpermissionevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='5a7ca0888686e3f42697e912c583ce1b7b0ce023', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_47202', table='ads_accountevent', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='personbrandevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='person_brand_events', to='ads.personbrand'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='personbrand',
            trigger=pgtrigger.compiler.Trigger(name='attached_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_personbrandevent" ("brand_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."brand_id", NEW."person_id", _pgh_attach_context(), NOW(), \'attached\', NEW."id"); RETURN NULL;', hash='0c92cfff359f3ef417d6707e4dc7606cc986aa8f', operation='INSERT', pgid='pgtrigger_attached_insert_5f86e', table='ads_person_brands', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='personbrand',
            trigger=pgtrigger.compiler.Trigger(name='detached_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_personbrandevent" ("brand_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."brand_id", OLD."person_id", _pgh_attach_context(), NOW(), \'detached\', OLD."id"); RETURN NULL;', hash='a8f07e26e155f6daec1d92af58784a13bff4fb33', operation='DELETE', pgid='pgtrigger_detached_delete_6fe6a', table='ads_person_brands', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='personbrandevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='4ab290e8a08baaae8a0cccaab43f4b49151d0c10', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b734f', table='ads_personbrandevent', when='BEFORE')),
        ),
        *(
            migrations.RunPython(
                partial(_roles.grant, codename=codename, names=["Administrator"]),
                migrations.RunPython.noop,
                elidable=False,
            )
            for codename in GRANTED
        ),
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        ),
    ]
