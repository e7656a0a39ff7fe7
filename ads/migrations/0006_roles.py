"""The roles that people have, as groups. Each may do what the one before it may, and more."""

from functools import partial

from django.db import migrations

from ads.migrations import _at_once, _roles

VIEWED = [
    "askedaccount", "brand", "brandevent", "campaign", "campaignevent", "campaignreference",
    "campaignreferenceevent", "campaignschedule", "campaignscheduleevent", "columnmapping",
    "daypartingschedule", "daypartingscheduleevent", "daypartingwindow", "daypartingwindowevent",
    "deliverychange", "heartbeat", "reportedtotal", "simulatedswitch", "spend", "spendimport",
    "spendtotal", "spendtotalevent", "unknownreference", "waitingspend",
    "clockedschedule", "crontabschedule", "intervalschedule", "periodictask", "solarschedule",
]  # fmt: skip
#: Brands and campaigns are made and changed; what belongs to them, or is easily made again, is
#: deleted too.
MADE = ["brand", "campaign"]
MANAGED = [
    "campaignreference", "campaignschedule", "columnmapping", "daypartingschedule",
    "daypartingwindow",
]  # fmt: skip

VIEWER = [f"view_{model}" for model in VIEWED]
OPERATOR = [*VIEWER, "switch_campaign", "waive_spend"]
BUDGET_MANAGER = [
    *OPERATOR,
    *(f"{may}_{model}" for model in MADE for may in ("add", "change")),
    *(f"{may}_{model}" for model in MANAGED for may in ("add", "change", "delete")),
    "add_spendimport",
    "change_unknownreference",  # to discard what waits under it
]
ROLES = {
    "Viewer": VIEWER,
    "Operator": OPERATOR,
    "Budget manager": BUDGET_MANAGER,
    "Administrator": None,
}


class Migration(_at_once.Migration):

    dependencies = [
        ("ads", "0005_intake_beat_rows"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="campaign",
            options={
                "ordering": ["brand__name", "name"],
                "permissions": [
                    ("switch_campaign", "Can activate and pause campaigns"),
                    ("waive_spend", "Can let campaigns run on today"),
                ],
            },
        ),
        migrations.RunPython(
            partial(_roles.create, roles=ROLES), migrations.RunPython.noop, elidable=False
        ),
    ]
