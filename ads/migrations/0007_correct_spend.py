"""Correcting spend is a right of its own: of those who keep the budgets."""

from functools import partial

from django.db import migrations

from ads.migrations import _at_once, _roles


class Migration(_at_once.Migration):

    dependencies = [("ads", "0006_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="spend",
            options={
                "ordering": ["-id"],
                "permissions": [("correct_spend", "Can correct spend")],
                "verbose_name": "spend entry",
                "verbose_name_plural": "spend",
            },
        ),
        migrations.RunPython(
            partial(
                _roles.grant, codename="correct_spend", names=["Budget manager", "Administrator"]
            ),
            migrations.RunPython.noop,
            elidable=False,
        ),
    ]
