"""The rows of a batch are found without reading the ledger through.

Spend goes on being recorded meanwhile, so this is no transaction. If it is broken off, drop the
index if it is there, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0018_batches")]

    operations = [
        AddIndexConcurrently(
            model_name="spend",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)),
                fields=["batch"],
                name="spend_by_batch",
            ),
        ),
    ]
