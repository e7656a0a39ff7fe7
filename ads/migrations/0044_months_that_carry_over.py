"""Months of plans to be worked out again are found without reading all of them.

Budgets go on being changed meanwhile, so this is no transaction. If it is broken off, drop the
index if it is there, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0043_what_messages_are_about")]

    operations = [
        AddIndexConcurrently(
            model_name="scheduledchange",
            index=models.Index(
                condition=models.Q(("spent_before__isnull", False)),
                fields=["starts_on"],
                name="scheduled_change_carries_over",
            ),
        ),
    ]
