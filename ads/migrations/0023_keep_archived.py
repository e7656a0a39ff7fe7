"""The ledger's triggers know of archived months.

Apart from the tables: whoever records holds the ledger while it waits for others, so a migration
may not wait for the ledger with a lock on those.
"""

import ads.models.triggers
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0022_backups'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='spend',
            name='append_only',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='spend',
            name='keep_totals',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spend',
            trigger=pgtrigger.compiler.Trigger(name='keep_totals', sql=ads.models.triggers.OwnersTriggerSql(declare='DECLARE refused record;', func="\n    \n    IF EXISTS (SELECT FROM ads_archivedmonth WHERE is_moving) THEN\n        \n        IF EXISTS (SELECT FROM new_rows AS entry\n                    WHERE date_trunc('month', entry.date::timestamp)::date NOT IN\n                          (SELECT month FROM ads_archivedmonth WHERE is_moving)) THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation',\n                MESSAGE = TG_TABLE_NAME || ': an archived month is being brought back.';\n        END IF;\n    \n        UPDATE ads_archivedspend AS archived\n           SET amount = archived.amount - back.amount, entries = archived.entries - back.entries\n          FROM (SELECT campaign_id, date, sum(amount) AS amount, count(*) AS entries\n                  FROM new_rows GROUP BY campaign_id, date) AS back\n         WHERE archived.campaign_id = back.campaign_id AND archived.date = back.date;\n        DELETE FROM ads_archivedspend AS archived USING ads_archivedmonth AS month\n         WHERE month.is_moving AND archived.entries = 0 AND date_trunc('month', archived.date::timestamp)::date = month.month;\n        DELETE FROM ads_archivedid\n         WHERE month IN (SELECT month FROM ads_archivedmonth WHERE is_moving);\n        UPDATE ads_spendbatch AS batch SET archived_entries = archived_entries - back.entries\n          FROM (SELECT batch_id, count(*) AS entries FROM new_rows\n                 WHERE batch_id IS NOT NULL GROUP BY batch_id) AS back\n         WHERE batch.id = back.batch_id;\n        RETURN NULL;\n    END IF;\n    IF EXISTS (SELECT FROM ads_archivedmonth WHERE restored_at IS NULL) THEN\n        SELECT entry.date, to_char(entry.date, 'YYYY-MM') AS month INTO refused\n          FROM new_rows AS entry JOIN ads_archivedmonth AS archived\n            ON archived.restored_at IS NULL AND archived.month = date_trunc('month', entry.date::timestamp)::date\n         LIMIT 1;\n        IF FOUND THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =\n                'date: ' || refused.date || ' is in a month whose entries are archived; record it '\n                || 'on a later day, or bring ' || refused.month || ' back with restore_archive.';\n        END IF;\n        SELECT entry.source, entry.external_id, to_char(archived.month, 'YYYY-MM') AS month\n          INTO refused\n          FROM new_rows AS entry JOIN ads_archivedid AS archived ON archived.key = md5(length(entry.source) || ':' || entry.source || entry.external_id)::uuid\n         WHERE entry.external_id IS NOT NULL\n         LIMIT 1;\n        IF FOUND THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =\n                'external_id: ' || refused.external_id || ' of ' || refused.source\n                || ' was recorded in ' || refused.month || ', whose entries are archived; leave it '\n                || 'out, or bring that month back with restore_archive.';\n        END IF;\n    END IF;\n\n    INSERT INTO ads_spendtotal AS total (brand_id, campaign_id, period, start, amount)\n    \n        SELECT campaign.brand_id, owner.campaign_id, span.period, span.start,\n               sum(entry.amount) AS amount\n          FROM (\n                SELECT campaign_id, date, sum(amount) AS amount\n                  FROM new_rows\n                 GROUP BY campaign_id, date\n               ) AS entry\n          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id\n         CROSS JOIN LATERAL (VALUES (NULL), (campaign.id)) AS owner (campaign_id)\n         CROSS JOIN LATERAL (\n                VALUES ('day', entry.date),\n                       -- by way of a timestamp that no timezone of a session shifts\n                       ('month', date_trunc('month', entry.date::timestamp)::date)\n               ) AS span (period, start)\n         GROUP BY campaign.brand_id, owner.campaign_id, span.period, span.start\n    \n     ORDER BY brand_id, campaign_id NULLS FIRST, period, start\n        ON CONFLICT (campaign_id, period, start, brand_id)\n        DO UPDATE SET amount = total.amount + excluded.amount, updated_at = now();\n    RETURN NULL;\n", hash='3d1db79e3be04fcd2e6efdbfdb443f9dccbb1991', level='STATEMENT', operation='INSERT', pgid='pgtrigger_keep_totals_f6175', referencing='REFERENCING NEW TABLE AS new_rows ', table='ads_spend', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spend',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME || ': The ledger is only ever added to: record a correction instead.';", hash='5dea52012b9aa572579e19eeb15840330cfbb183', operation='UPDATE', pgid='pgtrigger_append_only_7d905', table='ads_spend', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spend',
            trigger=pgtrigger.compiler.Trigger(name='keep_archived', sql=ads.models.triggers.OwnersTriggerSql(func="\n    \n        IF EXISTS (SELECT FROM old_rows AS entry\n                    WHERE date_trunc('month', entry.date::timestamp)::date NOT IN\n                          (SELECT month FROM ads_archivedmonth WHERE is_moving)) THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation',\n                MESSAGE = TG_TABLE_NAME || ': The ledger is only ever added to: record a correction instead.';\n        END IF;\n    \n    INSERT INTO ads_archivedspend AS archived (campaign_id, date, amount, entries)\n    SELECT campaign_id, date, sum(amount), count(*) FROM old_rows\n     GROUP BY campaign_id, date ORDER BY campaign_id, date\n        ON CONFLICT (campaign_id, date)\n        DO UPDATE SET amount = archived.amount + excluded.amount,\n                      entries = archived.entries + excluded.entries;\n    INSERT INTO ads_archivedid (key, month)\n    SELECT md5(length(entry.source) || ':' || entry.source || entry.external_id)::uuid, date_trunc('month', entry.date::timestamp)::date\n      FROM old_rows AS entry WHERE entry.external_id IS NOT NULL ORDER BY 1;\n    UPDATE ads_spendbatch AS batch SET archived_entries = archived_entries + gone.entries\n      FROM (SELECT batch_id, count(*) AS entries FROM old_rows\n             WHERE batch_id IS NOT NULL GROUP BY batch_id) AS gone\n     WHERE batch.id = gone.batch_id;\n    RETURN NULL;\n    ", hash='78dac4fae6269dace4af1b53cdddff5f277af8a7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_keep_archived_9885b', referencing='REFERENCING OLD TABLE AS old_rows ', table='ads_spend', when='AFTER')),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='brand',
            name='fixed_currency',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='fixed_currency', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."currency" IS DISTINCT FROM (NEW."currency"))', func="\n        IF EXISTS (\n                SELECT FROM ads_campaign AS campaign JOIN ads_spend AS spend\n                    ON spend.campaign_id = campaign.id\n                 WHERE campaign.brand_id = NEW.id\n            ) OR EXISTS (\n                SELECT FROM ads_campaign AS campaign JOIN ads_archivedspend AS archived\n                    ON archived.campaign_id = campaign.id\n                 WHERE campaign.brand_id = NEW.id\n            ) OR EXISTS (\n                SELECT FROM ads_campaign AS campaign JOIN ads_reportedtotal AS reported\n                    ON reported.campaign_id = campaign.id\n                 WHERE campaign.brand_id = NEW.id\n            )\n        THEN\n            RAISE EXCEPTION USING\n                ERRCODE = 'check_violation',\n                MESSAGE = 'currency: spend of ' || NEW.name || ' has been recorded in '\n                    || OLD.currency || ', so its currency is fixed; make another brand for '\n                    || NEW.currency || '.';\n        END IF;\n        RETURN NEW;\n    ", hash='19c3d8a9a008d135cb87cef4d4fcdce3b8051ba0', operation='UPDATE', pgid='pgtrigger_fixed_currency_22291', table='ads_brand', when='BEFORE')),
        ),
    ]
