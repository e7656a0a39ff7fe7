"""A campaign's history tells of its corrections: they are found among all that it has spent.

Spend goes on being recorded meanwhile, so this is no transaction. If it is broken off, drop the
index, which is there but invalid, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0007_correct_spend")]

    operations = [
        AddIndexConcurrently(
            model_name="spend",
            index=models.Index(
                condition=models.Q(("kind", "correction")),
                fields=["campaign", "-created_at", "-id"],
                name="spend_corrections_by_campaign",
            ),
        ),
    ]
