"""Checks look at the sums of recent months alone; spend of earlier ones marks its brand."""

import ads.models.triggers
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0049_reported_totals_without_key'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='spend',
            name='keep_totals',
        ),
        migrations.AddField(
            model_name='lastcheck',
            name='sums_from',
            field=models.DateField(help_text='First month of the sums it looked at; earlier spend marks its brand.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='spend',
            trigger=pgtrigger.compiler.Trigger(name='keep_totals', sql=ads.models.triggers.OwnersTriggerSql(declare='DECLARE refused record;', func="\n    \n    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN\n        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_TABLE_NAME\n            || ': insert under READ COMMITTED; a transaction of another isolation level does not '\n            || 'see which months are archived meanwhile.';\n    END IF;\n    IF EXISTS (SELECT FROM ads_archivedmonth WHERE is_moving) THEN\n        \n        IF EXISTS (SELECT FROM new_rows AS entry\n                    WHERE date_trunc('month', entry.date::timestamp)::date NOT IN\n                          (SELECT month FROM ads_archivedmonth WHERE is_moving)) THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation',\n                MESSAGE = TG_TABLE_NAME || ': an archived month is being brought back.';\n        END IF;\n    \n        UPDATE ads_archivedspend AS archived\n           SET amount = archived.amount - back.amount, entries = archived.entries - back.entries\n          FROM (SELECT campaign_id, date, sum(amount) AS amount, count(*) AS entries\n                  FROM new_rows GROUP BY campaign_id, date) AS back\n         WHERE archived.campaign_id = back.campaign_id AND archived.date = back.date;\n        DELETE FROM ads_archivedspend AS archived USING ads_archivedmonth AS month\n         WHERE month.is_moving AND archived.entries = 0 AND date_trunc('month', archived.date::timestamp)::date = month.month;\n        DELETE FROM ads_archivedid\n         WHERE month IN (SELECT month FROM ads_archivedmonth WHERE is_moving);\n        UPDATE ads_spendbatch AS batch SET archived_entries = archived_entries - back.entries\n          FROM (SELECT batch_id, count(*) AS entries FROM new_rows\n                 WHERE batch_id IS NOT NULL GROUP BY batch_id) AS back\n         WHERE batch.id = back.batch_id;\n        RETURN NULL;\n    END IF;\n    IF EXISTS (SELECT FROM ads_archivedmonth WHERE restored_at IS NULL) THEN\n        SELECT entry.date, to_char(entry.date, 'YYYY-MM') AS month INTO refused\n          FROM new_rows AS entry JOIN ads_archivedmonth AS archived\n            ON archived.restored_at IS NULL AND archived.month = date_trunc('month', entry.date::timestamp)::date\n         LIMIT 1;\n        IF FOUND THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =\n                'date: ' || refused.date || ' is in a month whose entries are archived; record it '\n                || 'on a later day, or bring ' || refused.month || ' back with restore_archive.';\n        END IF;\n        SELECT entry.source, entry.external_id, to_char(archived.month, 'YYYY-MM') AS month\n          INTO refused\n          FROM new_rows AS entry JOIN ads_archivedid AS archived ON archived.key = md5(length(entry.source) || ':' || entry.source || entry.external_id)::uuid\n         WHERE entry.external_id IS NOT NULL\n         LIMIT 1;\n        IF FOUND THEN\n            RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE =\n                'external_id: ' || refused.external_id || ' of ' || refused.source\n                || ' was recorded in ' || refused.month || ', whose entries are archived; leave it '\n                || 'out, or bring that month back with restore_archive.';\n        END IF;\n    END IF;\n\n    INSERT INTO ads_spendtotal AS total (brand_id, campaign_id, period, start, amount)\n    \n        SELECT campaign.brand_id, owner.campaign_id, span.period, span.start,\n               sum(entry.amount) AS amount\n          FROM (\n                SELECT campaign_id, date, sum(amount) AS amount\n                  FROM new_rows\n                 GROUP BY campaign_id, date\n               ) AS entry\n          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id\n         CROSS JOIN LATERAL (VALUES (NULL), (campaign.id)) AS owner (campaign_id)\n         CROSS JOIN LATERAL (\n                VALUES ('day', entry.date),\n                       -- by way of a timestamp that no timezone of a session shifts\n                       ('month', date_trunc('month', entry.date::timestamp)::date)\n               ) AS span (period, start)\n         GROUP BY campaign.brand_id, owner.campaign_id, span.period, span.start\n    \n     ORDER BY brand_id, campaign_id NULLS FIRST, period, start\n        ON CONFLICT (campaign_id, period, start, brand_id)\n        DO UPDATE SET amount = total.amount + excluded.amount, updated_at = now();\n    -- Checks do not look at the sums of months long ago.\n    IF EXISTS (SELECT FROM ads_lastcheck AS last JOIN new_rows ON date < last.sums_from) THEN\n        INSERT INTO ads_changedbrand (brand_id)\n        SELECT DISTINCT campaign.brand_id\n          FROM new_rows AS entry\n          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id;\n    END IF;\n    RETURN NULL;\n", hash='d305eb04a8c4ac3c6da57a26cd27018b3df834a9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_keep_totals_f6175', referencing='REFERENCING NEW TABLE AS new_rows ', table='ads_spend', when='AFTER')),
        ),
    ]
