"""The roles may view the orders to switch campaigns on their platforms."""

from functools import partial

from django.db import migrations

from ads.migrations import _roles

VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]


class Migration(migrations.Migration):

    dependencies = [
        ("ads", "0027_asking"),
    ]

    operations = [
        migrations.RunPython(
            partial(_roles.grant, codename="view_switchorder", names=VIEWERS),
            migrations.RunPython.noop,
        )
    ]
