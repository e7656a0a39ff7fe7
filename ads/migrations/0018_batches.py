"""Batches, and which rows are of which; nothing is rewritten."""

from functools import partial

import django.db.models.deletion
from django.db import migrations, models

from ads.migrations import _at_once, _roles

VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0017_currency'),
    ]

    operations = [
        migrations.AddField(
            model_name='spend',
            name='reported_total',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='The day total that it is a difference of.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='spend', to='ads.reportedtotal'),
        ),
        migrations.CreateModel(
            name='RecordedAgain',
            fields=[
                ('first', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='ads.spend')),
                ('last', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='ads.spend')),
            ],
            options={
                'verbose_name': 'entry recorded again',
                'verbose_name_plural': 'entries recorded again',
            },
        ),
        migrations.CreateModel(
            name='SpendBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('import', 'Import'), ('match', 'Match'), ('api', 'API request'), ('webhook', 'Webhook'), ('undo', 'Undo')], max_length=10)),
                ('title', models.CharField(blank=True, default='', help_text='The file, the key, the platform ID.', max_length=255)),
                ('source', models.CharField(blank=True, default='', max_length=100)),
                ('recorded_by', models.CharField(max_length=150)),
                ('recorded_at', models.DateTimeField()),
                ('rows', models.BigIntegerField(default=0, help_text='Entries, day totals and waiting rows.')),
                ('amounts', models.JSONField(default=dict, help_text='By how much it moved the ledger, by currency, as text.')),
                ('known_as', models.TextField(blank=True, default='')),
                ('only_brands', models.JSONField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, default='', max_length=400)),
                ('counts', models.BooleanField(default=True)),
                ('api_key', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='batches', to='ads.apikey')),
                ('campaign', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ads.campaign')),
                ('spend_import', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='batches', to='ads.spendimport')),
                ('undoes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='ads.spendbatch')),
            ],
            options={
                'verbose_name': 'recorded batch',
                'verbose_name_plural': 'recorded batches',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('kind', 'match')), fields=['campaign', 'known_as'], name='spend_batch_by_match')],
            },
        ),
        migrations.CreateModel(
            name='MatchedSpend',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.JSONField()),
                ('batch', models.ForeignKey(help_text='What it came with.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ads.spendbatch')),
                ('match', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matched', to='ads.spendbatch')),
            ],
            options={
                'verbose_name': 'matched spend',
                'verbose_name_plural': 'matched spend',
            },
        ),
        migrations.AddField(
            model_name='reportedtotal',
            name='batch',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='The batch that reported or changed it last.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='reported_totals', to='ads.spendbatch'),
        ),
        migrations.AddField(
            model_name='spend',
            name='batch',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, help_text='What it was recorded with, and can be undone with.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='spend', to='ads.spendbatch'),
        ),
        migrations.AddField(
            model_name='waitingspend',
            name='batch',
            field=models.ForeignKey(blank=True, help_text='What it came with.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waiting', to='ads.spendbatch'),
        ),
        migrations.AddConstraint(
            model_name='spendbatch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['import', 'match', 'api', 'webhook', 'undo'])), name='spend_batch_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='spendbatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'undo'), ('undoes__isnull', False), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('kind', 'undo'), _negated=True), ('undoes__isnull', True)), _connector='OR'), name='spend_batch_undoes_with_a_reason'),
        ),
        migrations.RunPython(
            partial(_roles.grant, codename="view_spendbatch", names=VIEWERS),
            migrations.RunPython.noop,
            elidable=False,
        ),
    ]
