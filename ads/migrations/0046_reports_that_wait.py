"""An alert when a scheduled report waits because its channel is not told of the brand."""

from django.db import migrations, models

from ads.migrations import _at_once


def make_rule(apps, schema_editor):
    """Useful on the first day, as those before; without channels."""
    rules = apps.get_model("ads", "AlertRule").objects
    if not rules.filter(name="A scheduled report waits").exists():
        rules.create(name="A scheduled report waits", kind="report_waits")


def remove_rules(apps, schema_editor):
    """The version before knows neither these rules nor their alerts."""
    for name in ("Alert", "AlertRule"):
        apps.get_model("ads", name).objects.filter(kind="report_waits").delete()
    # The table is changed next, which may not wait for the deletion's foreign keys.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0045_margins'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='alertrule',
            name='alert_rule_kind_is_known',
        ),
        migrations.AlterField(
            model_name='alert',
            name='kind',
            field=models.CharField(choices=[('budget_used', 'Budget used'), ('projected', 'Monthly budget projected to be exceeded or left over'), ('paused', 'Campaign paused by the system'), ('resumed', 'Campaign brought back by the system'), ('spend_late', 'Spend is late'), ('unmatched', 'Spend waits unmatched'), ('unusual_spend', 'Spend is out of the ordinary'), ('switch_refused', 'A platform refused a switch'), ('task_late', 'A periodic task is late'), ('channel_failing', 'A channel does not work'), ('report_waits', 'A scheduled report waits')], max_length=20),
        ),
        migrations.AlterField(
            model_name='alertrule',
            name='kind',
            field=models.CharField(choices=[('budget_used', 'Budget used'), ('projected', 'Monthly budget projected to be exceeded or left over'), ('paused', 'Campaign paused by the system'), ('resumed', 'Campaign brought back by the system'), ('spend_late', 'Spend is late'), ('unmatched', 'Spend waits unmatched'), ('unusual_spend', 'Spend is out of the ordinary'), ('switch_refused', 'A platform refused a switch'), ('task_late', 'A periodic task is late'), ('channel_failing', 'A channel does not work'), ('report_waits', 'A scheduled report waits')], help_text='What raises its alerts.', max_length=20, verbose_name='watches'),
        ),
        migrations.AlterField(
            model_name='alertruleevent',
            name='kind',
            field=models.CharField(choices=[('budget_used', 'Budget used'), ('projected', 'Monthly budget projected to be exceeded or left over'), ('paused', 'Campaign paused by the system'), ('resumed', 'Campaign brought back by the system'), ('spend_late', 'Spend is late'), ('unmatched', 'Spend waits unmatched'), ('unusual_spend', 'Spend is out of the ordinary'), ('switch_refused', 'A platform refused a switch'), ('task_late', 'A periodic task is late'), ('channel_failing', 'A channel does not work'), ('report_waits', 'A scheduled report waits')], help_text='What raises its alerts.', max_length=20, verbose_name='watches'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['budget_used', 'projected', 'paused', 'resumed', 'spend_late', 'unmatched', 'unusual_spend', 'switch_refused', 'task_late', 'channel_failing', 'report_waits']), ('owners__in', ['brand', 'campaign', 'group', '']), ('period__in', ['day', 'month', 'total', ''])), name='alert_rule_kind_is_known'),
        ),
        migrations.RunPython(make_rule, remove_rules),
    ]
