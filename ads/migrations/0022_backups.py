"""Backups and restores, the months of the ledger that are archived, and clearing sessions."""

from functools import partial

import ads.models.fields
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models

from ads.migrations import _at_once, _beat, _roles

VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]

ROWS = [
    ("Clear sessions", "ads.tasks.clear_sessions", "0", 3600,
     "Deletes sessions that have expired."),
]  # fmt: skip


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0021_people'),
        ('django_celery_beat', '0019_alter_periodictasks_options'),
    ]

    # In the order in which recording locks these: first the batch, then the campaign.
    operations = [
        migrations.AddField(
            model_name='spendbatch',
            name='archived_entries',
            field=models.BigIntegerField(db_default=0, default=0, help_text='How many of its entries are archived.'),
        ),
        migrations.CreateModel(
            name='ArchivedId',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('month', models.DateField(db_index=True)),
            ],
            options={
                'verbose_name': 'archived ID',
            },
        ),
        migrations.CreateModel(
            name='ArchivedMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='Its first day.')),
                ('file', models.CharField(max_length=255)),
                ('sha256', models.CharField(help_text='Of the file.', max_length=64, verbose_name='SHA-256')),
                ('size', models.BigIntegerField(help_text='Of the file, in bytes.')),
                ('entries', models.BigIntegerField()),
                ('amounts', models.JSONField(default=dict, help_text='Their sums, by currency, as text.')),
                ('sources', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), default=list, size=None)),
                ('archived_at', models.DateTimeField()),
                ('archived_by', models.CharField(max_length=150)),
                ('restored_at', models.DateTimeField(blank=True, null=True)),
                ('restored_by', models.CharField(blank=True, default='', max_length=150)),
                ('is_moving', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['-month', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ArchivedSpend',
            fields=[
                ('pk', models.CompositePrimaryKey('campaign_id', 'date', blank=True, editable=False, primary_key=True, serialize=False)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='archived_spend', to='ads.campaign')),
                ('date', models.DateField()),
                ('amount', ads.models.fields.MoneyField(decimal_places=6, max_digits=18)),
                ('entries', models.IntegerField()),
            ],
            options={
                'verbose_name': 'archived spend',
                'verbose_name_plural': 'archived spend',
            },
        ),
        migrations.CreateModel(
            name='Backup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('took', models.DurationField()),
                ('place', models.CharField(help_text='The directory, on the machine it ran on.', max_length=1000)),
                ('host', models.CharField(blank=True, default='', max_length=255)),
                ('size', models.BigIntegerField(default=0, help_text='Bytes.')),
                ('sha256', models.CharField(blank=True, default='', help_text='Of the dump.', max_length=64, verbose_name='SHA-256')),
                ('taken_by', models.CharField(max_length=150)),
                ('error', models.TextField(blank=True, default='', help_text='Why it failed; empty: it did not.')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Restore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateTimeField(help_text='When the backup was taken.')),
                ('restored_at', models.DateTimeField()),
                ('restored_by', models.CharField(max_length=150)),
                ('resumed_at', models.DateTimeField(blank=True, null=True)),
                ('resumed_by', models.CharField(blank=True, default='', max_length=150)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddConstraint(
            model_name='archivedmonth',
            constraint=models.UniqueConstraint(condition=models.Q(('restored_at__isnull', True)), fields=('month',), name='archived_month_is_one'),
        ),
        migrations.AddConstraint(
            model_name='archivedmonth',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='archived_month_is_a_first'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='archivedmonth',
            trigger=pgtrigger.compiler.Trigger(name='not_left_moving', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n                    IF EXISTS (SELECT FROM ads_archivedmonth WHERE id = NEW.id AND is_moving) THEN\n                        RAISE EXCEPTION USING ERRCODE = 'check_violation',\n                            MESSAGE = 'is_moving: a month is moved within one transaction.';\n                    END IF;\n                    RETURN NULL;\n                ", hash='0f5e2e0513b90655b2aef55fada6c3a9217ee15a', operation='INSERT OR UPDATE', pgid='pgtrigger_not_left_moving_1af9f', table='ads_archivedmonth', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='archivedspend',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', Decimal('-1000000000000000')), ('amount__lt', Decimal('1000000000000000'))), name='archived_spend_amount_is_in_range', violation_error_message='amount: must be below 1,000,000,000,000,000 in size.'),
        ),
        *(
            migrations.RunPython(
                partial(_roles.grant, codename=f"view_{model}", names=VIEWERS),
                migrations.RunPython.noop,
                elidable=False,
            )
            for model in ("backup", "archivedmonth")
        ),
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        ),
    ]
