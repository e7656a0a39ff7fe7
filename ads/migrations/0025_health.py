"""Counters of what was recorded and switched, and of the runs of tasks, for monitoring."""

import datetime
import django.contrib.postgres.fields
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0024_tell_platforms'),
    ]

    operations = [
        migrations.CreateModel(
            name='CountedTable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=63, unique=True)),
                ('last_id', models.BigIntegerField()),
                ('pending_id', models.BigIntegerField()),
                ('pending_writers', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
            ],
            options={
                'ordering': ['table'],
            },
        ),
        migrations.AddField(
            model_name='heartbeat',
            name='failures',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Runs with errors.'),
        ),
        migrations.AddField(
            model_name='heartbeat',
            name='runs',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Runs, with or without errors.'),
        ),
        migrations.AddField(
            model_name='heartbeat',
            name='total_duration',
            field=models.DurationField(db_default=datetime.timedelta(0), default=datetime.timedelta(0), help_text='Duration of all runs together.'),
        ),
        migrations.CreateModel(
            name='MetricCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('labels', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('value', models.DecimalField(decimal_places=6, default=0, max_digits=40)),
            ],
            options={
                'ordering': ['name', 'labels'],
                'constraints': [models.UniqueConstraint(fields=('name', 'labels'), name='metric_counter_is_one')],
            },
        ),
    ]
