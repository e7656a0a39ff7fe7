"""The periodic tasks of alerts, rules that are useful on the first day, and who may do what."""

from django.db import migrations

from ads.migrations import _beat, _roles

ROWS = [
    ("Check alerts", "ads.tasks.check_alerts", "*", 60,
     "Looks for what the alert rules watch, beside looking within seconds of a change."),
    ("Send alerts", "ads.tasks.send_alerts", "*", 60,
     "Sends digests, what quiet hours held back, and what was not received before."),
    ("Forget alerts", "ads.tasks.forget_alerts", "0", 3600,
     "Deletes alerts and messages older than 400 days."),
]  # fmt: skip

RULES = [
    {"name": "Monthly budget of a brand", "kind": "budget_used", "owners": "brand",
     "period": "month", "thresholds": [80, 100]},
    {"name": "Monthly budget of a campaign", "kind": "budget_used", "owners": "campaign",
     "period": "month", "thresholds": [80]},
    {"name": "Daily budget of a brand", "kind": "budget_used", "owners": "brand",
     "period": "day", "thresholds": [100]},
    {"name": "Monthly budget of a brand, projected", "kind": "projected", "owners": "brand"},
    {"name": "Campaign paused by the system", "kind": "paused"},
    {"name": "Campaign brought back by the system", "kind": "resumed", "is_active": False},
    {"name": "Spend is late", "kind": "spend_late"},
    {"name": "Spend waits unmatched", "kind": "unmatched"},
    {"name": "Spend out of the ordinary", "kind": "unusual_spend"},
    {"name": "A platform refused a switch", "kind": "switch_refused"},
    {"name": "A periodic task is late", "kind": "task_late"},
    {"name": "A channel does not work", "kind": "channel_failing"},
]  # fmt: skip

ALL = ["Viewer", "Operator", "Budget manager", "Administrator"]
GRANTS = {
    "view_alert": ALL,
    "change_alert": ALL[1:],
    "view_alertmessage": ALL,
    **{f"view_{name}": ALL for name in ("alertrule", "alertruleevent")},
    **{f"{may}_alertrule": ALL[2:] for may in ("add", "change", "delete")},
    **{f"{may}_channel": ALL[3:] for may in ("view", "add", "change", "delete")},
    **{f"view_{name}": ALL[3:] for name in ("channelevent", "alertrulechannelevent")},
}


def make_rules(apps, schema_editor):
    """Without channels: nobody is told before somebody says whom."""
    rules = apps.get_model("ads", "AlertRule").objects
    for rule in RULES:
        if not rules.filter(name=rule["name"]).exists():
            rules.create(**rule)


def grant(apps, schema_editor):
    for codename, names in GRANTS.items():
        _roles.grant(apps, schema_editor, codename=codename, names=names)


class Migration(migrations.Migration):

    dependencies = [
        ("ads", "0036_alerts"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, _: _beat.create(apps, ROWS), lambda apps, _: _beat.remove(apps, ROWS)
        ),
        migrations.RunPython(make_rules, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
