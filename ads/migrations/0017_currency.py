"""Brands have a currency, which is US dollars for those that exist."""

import ads.models.fields
import django.db.models.deletion
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0016_allowance'),
    ]

    operations = [
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
            name='currency',
            field=ads.models.fields.CurrencyField(db_default='USD', default='USD', help_text='All its budgets and spend, and those of its campaigns, are in this currency. It cannot be changed once spend has been recorded.', max_length=3),
        ),
        migrations.AddField(
            model_name='brandevent',
            name='currency',
            field=ads.models.fields.CurrencyField(db_default='USD', default='USD', help_text='All its budgets and spend, and those of its campaigns, are in this currency. It cannot be changed once spend has been recorded.', max_length=3),
        ),
        migrations.AddField(
            model_name='waitingspend',
            name='currency',
            field=ads.models.fields.CurrencyField(blank=True, db_default='', default='', help_text='As its sender named it. Empty: that of the brand it is matched to.', max_length=3),
        ),
        migrations.AlterField(
            model_name='brand',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per day for all its campaigns together. When it is used up, they stop until midnight in the brand's timezone. Empty: no limit. 0: nothing runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brand',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='Per month for all its campaigns together. When it is used up, they stop until the 1st. Empty: no limit. 0: nothing runs.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per day for all its campaigns together. When it is used up, they stop until midnight in the brand's timezone. Empty: no limit. 0: nothing runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='Per month for all its campaigns together. When it is used up, they stop until the 1st. Empty: no limit. 0: nothing runs.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='name_timezone_currency_daily_budget_monthly_budget_is_active_events', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='brand',
            field=models.ForeignKey(db_index=False, help_text='Its timezone, currency and budgets apply. A campaign keeps its brand for life.', on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per day, in the brand's currency. When it is used up, the campaign stops until midnight in the brand's timezone. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per month, in the brand's currency. When it is used up, the campaign stops until the 1st. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='brand',
            field=models.ForeignKey(db_constraint=False, help_text='Its timezone, currency and budgets apply. A campaign keeps its brand for life.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per day, in the brand's currency. When it is used up, the campaign stops until midnight in the brand's timezone. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="Per month, in the brand's currency. When it is used up, the campaign stops until the 1st. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='simulatedswitch',
            name='pace',
            field=ads.models.fields.MoneyField(decimal_places=6, default=0, help_text='What it then spends a day. Stored, because later edits of the budget must not change what has been spent.', max_digits=18),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='fixed_currency', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."currency" IS DISTINCT FROM (NEW."currency"))', func="\n        IF EXISTS (\n                SELECT FROM ads_campaign AS campaign JOIN ads_spend AS spend\n                    ON spend.campaign_id = campaign.id\n                 WHERE campaign.brand_id = NEW.id\n            ) OR EXISTS (\n                SELECT FROM ads_campaign AS campaign JOIN ads_reportedtotal AS reported\n                    ON reported.campaign_id = campaign.id\n                 WHERE campaign.brand_id = NEW.id\n            )\n        THEN\n            RAISE EXCEPTION USING\n                ERRCODE = 'check_violation',\n                MESSAGE = 'currency: spend of ' || NEW.name || ' has been recorded in '\n                    || OLD.currency || ', so its currency is fixed; make another brand for '\n                    || NEW.currency || '.';\n        END IF;\n        RETURN NEW;\n    ", hash='dea45059ebbe717734b8f23325763a4e5cee1b4a', operation='UPDATE', pgid='pgtrigger_fixed_currency_22291', table='ads_brand', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='moves_updated_at', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active")) AND OLD."updated_at" = (NEW."updated_at"))', func='NEW.updated_at = statement_timestamp(); RETURN NEW;', hash='3edebc5040296f7c005c2503a09b85ccdfa375cd', operation='UPDATE', pgid='pgtrigger_moves_updated_at_4b1ea', table='ads_brand', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."timezone"); RETURN NULL;', hash='fc0e6e83e524e94d0914f2cbda280ab960984951', operation='INSERT', pgid='pgtrigger_insert_insert_e4d8a', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."daily_budget" IS DISTINCT FROM (NEW."daily_budget") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."monthly_budget" IS DISTINCT FROM (NEW."monthly_budget") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone"))', func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (NEW."currency", NEW."daily_budget", NEW."is_active", NEW."monthly_budget", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."timezone"); RETURN NULL;', hash='11c4ca6ce03774a7f5d0260970515eff9a9152b1', operation='UPDATE', pgid='pgtrigger_update_update_939cd', table='ads_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "ads_brandevent" ("currency", "daily_budget", "is_active", "monthly_budget", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "timezone") VALUES (OLD."currency", OLD."daily_budget", OLD."is_active", OLD."monthly_budget", OLD."name", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."timezone"); RETURN NULL;', hash='a2e757bbe1e91cd812fdee19a5459c90fb03327a', operation='DELETE', pgid='pgtrigger_delete_delete_db462', table='ads_brand', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='brand',
            constraint=models.CheckConstraint(condition=models.Q(('currency__in', ['AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAD', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG'])), name='brand_currency_is_known', violation_error_message='currency: use the three letters of a currency in ISO 4217, such as USD or EUR.'),
        ),
        migrations.AddConstraint(
            model_name='waitingspend',
            constraint=models.CheckConstraint(condition=models.Q(('currency__in', ['', 'AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAD', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG'])), name='waiting_spend_currency_is_known', violation_error_message='currency: use the three letters of a currency in ISO 4217, such as USD or EUR.'),
        ),
        migrations.AlterConstraint(
            model_name='brand',
            name='brand_daily_budget_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('daily_budget__gte', 0), ('daily_budget__lt', Decimal('1000000000000')), ('daily_budget', django.db.models.functions.math.Round(models.F('daily_budget'), precision=6))), name='brand_daily_budget_is_money', violation_error_message='daily_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='brand',
            name='brand_monthly_budget_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('monthly_budget__gte', 0), ('monthly_budget__lt', Decimal('1000000000000')), ('monthly_budget', django.db.models.functions.math.Round(models.F('monthly_budget'), precision=6))), name='brand_monthly_budget_is_money', violation_error_message='monthly_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='campaign',
            name='campaign_daily_budget_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('daily_budget__gte', 0), ('daily_budget__lt', Decimal('1000000000000')), ('daily_budget', django.db.models.functions.math.Round(models.F('daily_budget'), precision=6))), name='campaign_daily_budget_is_money', violation_error_message='daily_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='campaign',
            name='campaign_monthly_budget_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('monthly_budget__gte', 0), ('monthly_budget__lt', Decimal('1000000000000')), ('monthly_budget', django.db.models.functions.math.Round(models.F('monthly_budget'), precision=6))), name='campaign_monthly_budget_is_money', violation_error_message='monthly_budget: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='reportedtotal',
            name='reported_total_amount_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0), ('amount__lt', Decimal('1000000000000')), ('amount', django.db.models.functions.math.Round(models.F('amount'), precision=6))), name='reported_total_amount_is_money', violation_error_message='amount: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='reportedtotal',
            name='reported_total_previous_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('previous__gte', 0), ('previous__lt', Decimal('1000000000000')), ('previous', django.db.models.functions.math.Round(models.F('previous'), precision=6))), name='reported_total_previous_is_money', violation_error_message='previous: use an amount of zero or more, below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='spend',
            name='spend_amount_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', Decimal('-1000000000000')), ('amount__lt', Decimal('1000000000000')), ('amount', django.db.models.functions.math.Round(models.F('amount'), precision=6))), name='spend_amount_is_money', violation_error_message='amount: use an amount below 1,000,000,000,000 and with at most six decimal places.'),
        ),
        migrations.AlterConstraint(
            model_name='spendtotal',
            name='spend_total_amount_is_in_range',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', Decimal('-1000000000000000')), ('amount__lt', Decimal('1000000000000000'))), name='spend_total_amount_is_in_range', violation_error_message='amount: must be below 1,000,000,000,000,000 in size.'),
        ),
        migrations.AlterConstraint(
            model_name='spendtotal',
            name='spend_total_waived_is_in_range',
            constraint=models.CheckConstraint(condition=models.Q(('waived__gte', 0), ('waived__lt', Decimal('1000000000000000'))), name='spend_total_waived_is_in_range', violation_error_message='waived: must be zero or more and below 1,000,000,000,000,000 in size.'),
        ),
        migrations.AlterConstraint(
            model_name='waitingspend',
            name='waiting_spend_amount_is_money',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', Decimal('-1000000000000')), ('amount__lt', Decimal('1000000000000')), ('amount', django.db.models.functions.math.Round(models.F('amount'), precision=6))), name='waiting_spend_amount_is_money', violation_error_message='amount: use an amount below 1,000,000,000,000 and with at most six decimal places.'),
        ),
    ]
