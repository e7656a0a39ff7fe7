"""What a check has seen, so that the next decides on what has changed since; triggers that mark it."""

import ads.models.triggers
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0047_sums_opened_faster'),
    ]

    operations = [
        # In the order of those who record spend: in the other, PostgreSQL ends the migration each time.
        migrations.RunSQL(
            'LOCK TABLE ads_campaign, ads_brand IN ACCESS EXCLUSIVE MODE',
            migrations.RunSQL.noop,
        ),
        migrations.CreateModel(
            name='ChangedBrand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('brand_id', models.BigIntegerField(help_text='Empty: in any.', null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='LastCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(default=0, help_text='Each check stores the next.')),
                ('everything_at', models.DateTimeField(help_text='When everything was decided on last.')),
                ('oldest_writer', models.BigIntegerField(default=0, help_text='Number of the oldest transaction whose changes it has perhaps not seen.')),
                ('seen', models.JSONField(default=dict)),
                ('database', models.TextField(default='', help_text='Which one: each numbers its transactions itself.')),
                ('rule', models.CharField(default='', help_text='Hash of the code; empty: decide on everything next.', max_length=64)),
                ('dates', models.JSONField(default=dict)),
                ('ranks', models.JSONField(default=dict)),
                ('is_any_old', models.BooleanField(default=False, help_text="Was any account's spend older than a brand allows?")),
            ],
            options={
                'default_permissions': (),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_inserted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='a3c4e74c062934f69da8aaf9b8cae94dc48a928b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_marks_brands_inserted_24b93', referencing='REFERENCING NEW TABLE AS changed ', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_updated', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='78ec9512fe340212c827134aa5e2b439eb5e6ba2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_marks_brands_updated_fa57b', referencing='REFERENCING NEW TABLE AS changed ', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_deleted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='ac5624f783a26202a07b383255e581d2cc0fbc3c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_marks_brands_deleted_3be32', referencing='REFERENCING OLD TABLE AS changed ', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='allowance',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='c9f504eacb779a10820a6686f2fe77f5fda73c05', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marks_all_deb2a', table='ads_allowance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_inserted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT id FROM changed; RETURN NULL;', hash='bc12da928af554ac31a01383291a52587c1b469d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_marks_brands_inserted_e50ae', referencing='REFERENCING NEW TABLE AS changed ', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_updated', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT id FROM changed; RETURN NULL;', hash='dee6b4bf8ee71e589db8e3a3e0cb0b8864b758c7', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_marks_brands_updated_83e7e', referencing='REFERENCING NEW TABLE AS changed ', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_deleted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT id FROM changed; RETURN NULL;', hash='4f002e84699310ce20186c3cf97f47cfee786810', level='STATEMENT', operation='DELETE', pgid='pgtrigger_marks_brands_deleted_8bd9c', referencing='REFERENCING OLD TABLE AS changed ', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='31c46099e38171f661cfd98c7e0dbe96e8037f2b', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marks_all_b95f7', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_inserted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='58d96568e0791b17931865c863a7cf3b746c96e2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_marks_brands_inserted_ca517', referencing='REFERENCING NEW TABLE AS changed ', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_updated', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='d63e6d73452f80f2a4b7b37805c95bde9d649d74', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_marks_brands_updated_b7360', referencing='REFERENCING NEW TABLE AS changed ', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_deleted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='df4a511446cb371ad6c20107c8a84417fb16b13e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_marks_brands_deleted_f38ee', referencing='REFERENCING OLD TABLE AS changed ', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='333a90047168ab6f0dac6548b42f4fa1f6edd433', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marks_all_155d8', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_inserted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='e0623bdc2aae216249479b3c117c6c3caf8c1782', level='STATEMENT', operation='INSERT', pgid='pgtrigger_marks_brands_inserted_c667b', referencing='REFERENCING NEW TABLE AS changed ', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_updated', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='a7d66f3f7c4f57e4ad5eedcac1e7f97076492381', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_marks_brands_updated_2566d', referencing='REFERENCING NEW TABLE AS changed ', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_deleted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT brand_id FROM changed; RETURN NULL;', hash='05b666e9a7761053f67f753f5cb1212a2777555e', level='STATEMENT', operation='DELETE', pgid='pgtrigger_marks_brands_deleted_9c777', referencing='REFERENCING OLD TABLE AS changed ', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='30376c5cb6627c9c7f370d3ba5521b88d144d876', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marks_all_0f225', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignschedule',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_inserted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT campaign.brand_id FROM changed JOIN ads_campaign AS campaign ON campaign.id = changed.campaign_id; RETURN NULL;', hash='c079c9c735a0954c65314ab934c27e64c3ef19a5', level='STATEMENT', operation='INSERT', pgid='pgtrigger_marks_brands_inserted_974ec', referencing='REFERENCING NEW TABLE AS changed ', table='ads_campaignschedule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignschedule',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_updated', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT campaign.brand_id FROM changed JOIN ads_campaign AS campaign ON campaign.id = changed.campaign_id; RETURN NULL;', hash='a9705810eaf038227ce10ada49bda3128035cffd', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_marks_brands_updated_7ffe3', referencing='REFERENCING NEW TABLE AS changed ', table='ads_campaignschedule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignschedule',
            trigger=pgtrigger.compiler.Trigger(name='marks_brands_deleted', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) SELECT DISTINCT campaign.brand_id FROM changed JOIN ads_campaign AS campaign ON campaign.id = changed.campaign_id; RETURN NULL;', hash='fad5d200c291781ea8fc7be8d4a37021665925a0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_marks_brands_deleted_9f266', referencing='REFERENCING OLD TABLE AS changed ', table='ads_campaignschedule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaignschedule',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='d5925c7b287e97ed3b6114cd97d62fc4d014f1bc', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marks_all_49aff', table='ads_campaignschedule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='restore',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='af39a9fdf9ecc8870c57a58d2ee90da15be6fbf3', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_all_3ca23', table='ads_restore', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spendtotal',
            trigger=pgtrigger.compiler.Trigger(name='marks_brand', sql=ads.models.triggers.OwnersTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', func='\n                    INSERT INTO ads_changedbrand (brand_id)\n                    SELECT id FROM unnest(ARRAY[OLD.brand_id, NEW.brand_id]) AS brand (id)\n                     WHERE id IS NOT NULL;\n                    RETURN NULL;\n                ', hash='f010637020710b8e7ebb1cc59259cdd70e670207', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_brand_2e8cb', table='ads_spendtotal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spendtotal',
            trigger=pgtrigger.compiler.Trigger(name='marks_all', sql=ads.models.triggers.OwnersTriggerSql(func='INSERT INTO ads_changedbrand (brand_id) VALUES (NULL); RETURN NULL;', hash='62e50a78aeb28eea44fe099b266cc1f84ff57d38', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_marks_all_de92e', table='ads_spendtotal', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='lastcheck',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='last_check_is_one'),
        ),
    ]
