"""Who sees connections: every role; administrators alone make and change them."""

from functools import partial

from django.db import migrations

from ads.migrations import _roles

VIEWERS = ["Viewer", "Operator", "Budget manager", "Administrator"]
ADMINISTRATORS = ["Administrator"]

GRANTED = {
    "view_connection": VIEWERS,
    "view_connectionevent": VIEWERS,
    "view_platformaccount": VIEWERS,
    "view_platformcampaign": VIEWERS,
    "add_connection": ADMINISTRATORS,
    "change_connection": ADMINISTRATORS,
    "change_platformaccount": ADMINISTRATORS,
}


class Migration(migrations.Migration):
    dependencies = [("ads", "0028_view_orders")]

    operations = [
        migrations.RunPython(
            partial(_roles.grant, codename=codename, names=names),
            migrations.RunPython.noop,
            elidable=False,
        )
        for codename, names in GRANTED.items()
    ]
