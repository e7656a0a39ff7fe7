"""Notes when each account was last read, and when each task last ran."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ads', '0004_waivers_on_record'),
    ]

    operations = [
        migrations.AddField(
            model_name='heartbeat',
            name='last_run_at',
            field=models.DateTimeField(blank=True, help_text='When it last ran, with errors or without.', null=True),
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='last_success_at',
            field=models.DateTimeField(blank=True, help_text='When it last ran and nothing in it failed.', null=True),
        ),
        migrations.CreateModel(
            name='AskedAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=100)),
                ('last_success_at', models.DateTimeField()),
                ('brand', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='asked_accounts', to='ads.brand')),
            ],
            options={
                'verbose_name': 'account of a platform',
                'verbose_name_plural': 'accounts of platforms',
                'ordering': ['source', 'brand'],
                'constraints': [models.UniqueConstraint(fields=('brand', 'source'), name='asked_account_is_one_per_brand_and_source')],
            },
        ),
    ]
