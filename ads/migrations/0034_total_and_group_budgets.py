"""Total budgets, and groups of campaigns that share a budget."""

from functools import partial

import ads.models.fields
import datetime
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models

from ads.migrations import _at_once, _roles


VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]
MANAGERS = ["Budget manager", "Administrator"]


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0033_pacing'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='BudgetGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('name', models.CharField(help_text='Its name on screens and in files. Must be unique within the brand.', max_length=200)),
                ('daily_budget', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per day for its campaigns together. When it is used up, they stop until midnight in the brand's timezone. Empty: no limit. 0: nothing runs.", max_digits=18, null=True)),
                ('monthly_budget', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='Per month for its campaigns together. When it is used up, they stop until the 1st. Empty: no limit. 0: nothing runs.', max_digits=18, null=True)),
                ('total_budget', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='For its campaigns together, from the first day on. When it is used up, they stop for good. Empty: no limit. 0: nothing runs.', max_digits=18, null=True)),
                ('start_date', models.DateField(blank=True, help_text="The total budget counts spend from this day on, in the brand's timezone. Empty: all spend of its campaigns.", null=True, verbose_name='first day')),
            ],
            options={
                'ordering': ['brand__name', 'name'],
            },
        ),
        migrations.CreateModel(
            name='BudgetGroupEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('name', models.CharField(help_text='Its name on screens and in files. Must be unique within the brand.', max_length=200)),
                ('daily_budget', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per day for its campaigns together. When it is used up, they stop until midnight in the brand's timezone. Empty: no limit. 0: nothing runs.", max_digits=18, null=True)),
                ('monthly_budget', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='Per month for its campaigns together. When it is used up, they stop until the 1st. Empty: no limit. 0: nothing runs.', max_digits=18, null=True)),
                ('total_budget', ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='For its campaigns together, from the first day on. When it is used up, they stop for good. Empty: no limit. 0: nothing runs.', max_digits=18, null=True)),
                ('start_date', models.DateField(blank=True, help_text="The total budget counts spend from this day on, in the brand's timezone. Empty: all spend of its campaigns.", null=True, verbose_name='first day')),
            ],
            options={
                'verbose_name': 'budget group change',
                'verbose_name_plural': 'budget group changes',
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='moves_updated_at',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='campaign',
            name='total_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="For the whole flight, in the brand's currency: spend from the first day on, or ever. When it is used up, the campaign stops for good. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='total_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="For the whole flight, in the brand's currency: spend from the first day on, or ever. When it is used up, the campaign stops for good. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='deliverychange',
            name='group_budget',
            field=ads.models.fields.MoneyField(decimal_places=6, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='deliverychange',
            name='group_period',
            field=models.CharField(blank=True, db_default='', default='', help_text='day, month or total.', max_length=5),
        ),
        migrations.AddField(
            model_name='deliverychange',
            name='group_spend',
            field=ads.models.fields.MoneyField(db_default=0, decimal_places=6, default=0, max_digits=18),
        ),
        migrations.AddField(
            model_name='deliverychange',
            name='total_budget',
            field=ads.models.fields.MoneyField(decimal_places=6, max_digits=18, null=True),
        ),
        migrations.AddField(
            model_name='deliverychange',
            name='total_spend',
            field=ads.models.fields.MoneyField(db_default=0, decimal_places=6, default=0, max_digits=18),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_name_status_daily_budget_monthly_budget_total_budget_budget_group_start_date_end_date_is_dayparting_enabled_events', to='ads.campaign'),
        ),
        migrations.AddField(
            model_name='budgetgroup',
            name='brand',
            field=models.ForeignKey(db_index=False, help_text='Only its campaigns can be in the group. A group keeps its brand for life.', on_delete=django.db.models.deletion.CASCADE, related_name='budget_groups', to='ads.brand'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='budget_group',
            field=models.ForeignKey(blank=True, db_index=False, help_text="It shares the budgets of this group with the group's other campaigns. Empty: in no group.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='ads.budgetgroup'),
        ),
        migrations.AddField(
            model_name='campaignevent',
            name='budget_group',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text="It shares the budgets of this group with the group's other campaigns. Empty: in no group.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.budgetgroup'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('total_budget__gte', 0), ('total_budget__lt', Decimal('1000000000000')), ('total_budget', django.db.models.functions.math.Round(models.F('total_budget'), precision=6))), name='campaign_total_budget_is_money', violation_error_message='total_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddField(
            model_name='budgetgroupevent',
            name='brand',
            field=models.ForeignKey(db_constraint=False, help_text='Only its campaigns can be in the group. A group keeps its brand for life.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand'),
        ),
        migrations.AddField(
            model_name='budgetgroupevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='budgetgroupevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='brand_name_daily_budget_monthly_budget_total_budget_start_date_events', to='ads.budgetgroup'),
        ),
        migrations.AddConstraint(
            model_name='budgetgroup',
            constraint=models.UniqueConstraint(fields=('brand', 'name'), name='budget_group_name_is_unique_in_its_brand', violation_error_message='name: the brand already has a budget group of this name.'),
        ),
        migrations.AddConstraint(
            model_name='budgetgroup',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='budget_group_name_is_given', violation_error_message='name: give the budget group a name.'),
        ),
        migrations.AddConstraint(
            model_name='budgetgroup',
            constraint=models.CheckConstraint(condition=models.Q(('daily_budget__gte', 0), ('daily_budget__lt', Decimal('1000000000000')), ('daily_budget', django.db.models.functions.math.Round(models.F('daily_budget'), precision=6))), name='budget_group_daily_budget_is_money', violation_error_message='daily_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='budgetgroup',
            constraint=models.CheckConstraint(condition=models.Q(('monthly_budget__gte', 0), ('monthly_budget__lt', Decimal('1000000000000')), ('monthly_budget', django.db.models.functions.math.Round(models.F('monthly_budget'), precision=6))), name='budget_group_monthly_budget_is_money', violation_error_message='monthly_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='budgetgroup',
            constraint=models.CheckConstraint(condition=models.Q(('total_budget__gte', 0), ('total_budget__lt', Decimal('1000000000000')), ('total_budget', django.db.models.functions.math.Round(models.F('total_budget'), precision=6))), name='budget_group_total_budget_is_money', violation_error_message='total_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AddConstraint(
            model_name='budgetgroup',
            constraint=models.CheckConstraint(condition=models.Q(('start_date__gte', datetime.date(1, 1, 1)), ('start_date__lte', datetime.date(9999, 12, 31))), name='budget_group_start_date_is_readable', violation_error_message='start_date: use a date from 0001-01-01 to 9999-12-31.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='brand_for_life', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id"))', func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': A budget group belongs to one brand for life: make a new group in the other brand.';", hash='d643c1bc76ed9ed5a9ec629133d2ad8b49305da8', operation='UPDATE', pgid='pgtrigger_brand_for_life_a8df7', table='ads_budgetgroup', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."total_budget" IS DISTINCT FROM (NEW."total_budget") OR OLD."start_date" IS DISTINCT FROM (NEW."start_date")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='5f13eed58d09be767fbb7fbe17d7b6cab4d3459d', operation='UPDATE', pgid='pgtrigger_moves_updated_at_4f807', table='ads_budgetgroup', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_budgetgroupevent" ("brand_id", "daily_budget", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start_date", "total_budget") VALUES (NEW."brand_id", NEW."daily_budget", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start_date", NEW."total_budget"); RETURN NULL;', hash='0cbde204ad81299a85c92045bfdca956bbae88e4', operation='INSERT', pgid='pgtrigger_insert_insert_7d880', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."start_date" IS DISTINCT FROM (NEW."start_date") OR OLD."total_budget" IS DISTINCT FROM (NEW."total_budget"))', func='INSERT INTO "ads_budgetgroupevent" ("brand_id", "daily_budget", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start_date", "total_budget") VALUES (NEW."brand_id", NEW."daily_budget", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start_date", NEW."total_budget"); RETURN NULL;', hash='3e99657d87934332c4e14f336594cc675e6ffbaf', operation='UPDATE', pgid='pgtrigger_update_update_3c39c', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroup',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_budgetgroupevent" ("brand_id", "daily_budget", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start_date", "total_budget") VALUES (OLD."brand_id", OLD."daily_budget", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start_date", OLD."total_budget"); RETURN NULL;', hash='1aea122d54d1b7c60b17121b0c1fd76aa4eb7ced', operation='DELETE', pgid='pgtrigger_delete_delete_29aed', table='ads_budgetgroup', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='budgetgroupevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The audit cannot be edited: to correct something, change it again.';", hash='e3d3d6df6a4896ff7483ebf55ea37780b7c6b4d9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bcb72', table='ads_budgetgroupevent', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='group_of_its_brand', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."budget_group_id" IS NOT NULL)', func="\n        IF NOT EXISTS (SELECT FROM ads_budgetgroup\n                        WHERE id = NEW.budget_group_id AND brand_id = NEW.brand_id)\n        THEN\n            RAISE EXCEPTION USING\n                ERRCODE = 'check_violation',\n                MESSAGE = 'budget_group: campaigns of one brand share a budget; '\n                    || 'choose a group of the brand of ' || NEW.name || '.';\n        END IF;\n        RETURN NEW;\n    ", hash='d27e2b3b09b9c1d82c09ce49b6bb948861e758e0', operation='INSERT OR UPDATE OF "budget_group_id"', pgid='pgtrigger_group_of_its_brand_21408', table='ads_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."total_budget" IS DISTINCT FROM (NEW."total_budget") OR OLD."budget_group_id" IS DISTINCT FROM (NEW."budget_group_id") OR OLD."start_date" IS DISTINCT FROM (NEW."start_date") OR OLD."end_date" IS DISTINCT FROM (NEW."end_date") OR OLD."is_dayparting_enabled" IS DISTINCT FROM (NEW."is_dayparting_enabled")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='d6830d6022c842b39aea76bae99d1a9a0d2d6c41', operation='UPDATE', pgid='pgtrigger_moves_updated_at_a9303', table='ads_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_campaignevent" ("brand_id", "budget_group_id", "daily_budget", "end_date", "is_dayparting_enabled", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start_date", "status", "total_budget") VALUES (NEW."brand_id", NEW."budget_group_id", NEW."daily_budget", NEW."end_date", NEW."is_dayparting_enabled", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."start_date", NEW."status", NEW."total_budget"); RETURN NULL;', hash='064ac7f156fff8bc25280704c71ae399edccd0ce', operation='INSERT', pgid='pgtrigger_insert_insert_c55d7', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."brand_id" IS DISTINCT FROM (NEW."brand_id") OR OLD."budget_group_id" IS DISTINCT FROM (NEW."budget_group_id") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."end_date" IS DISTINCT FROM (NEW."end_date") OR OLD."is_dayparting_enabled" IS DISTINCT FROM (NEW."is_dayparting_enabled") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."start_date" IS DISTINCT FROM (NEW."start_date") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."total_budget" IS DISTINCT FROM (NEW."total_budget"))', func='INSERT INTO "ads_campaignevent" ("brand_id", "budget_group_id", "daily_budget", "end_date", "is_dayparting_enabled", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start_date", "status", "total_budget") VALUES (NEW."brand_id", NEW."budget_group_id", NEW."daily_budget", NEW."end_date", NEW."is_dayparting_enabled", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."start_date", NEW."status", NEW."total_budget"); RETURN NULL;', hash='1c154ee0eac6815b05196739b859291787ce5686', operation='UPDATE', pgid='pgtrigger_update_update_ac81d', table='ads_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_campaignevent" ("brand_id", "budget_group_id", "daily_budget", "end_date", "is_dayparting_enabled", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "start_date", "status", "total_budget") VALUES (OLD."brand_id", OLD."budget_group_id", OLD."daily_budget", OLD."end_date", OLD."is_dayparting_enabled", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."start_date", OLD."status", OLD."total_budget"); RETURN NULL;', hash='f03110d6e8660d085697e68a4f193de96ad6e297', operation='DELETE', pgid='pgtrigger_delete_delete_8e362', table='ads_campaign', when='AFTER')),
        ),
        *(
            migrations.RunPython(
                partial(_roles.grant, codename=codename, names=names),
                migrations.RunPython.noop,
                elidable=False,
            )
            for codename, names in {
                "view_budgetgroup": VIEWERS,
                "view_budgetgroupevent": VIEWERS,
                "add_budgetgroup": MANAGERS,
                "change_budgetgroup": MANAGERS,
                "delete_budgetgroup": MANAGERS,
            }.items()
        ),
    ]
