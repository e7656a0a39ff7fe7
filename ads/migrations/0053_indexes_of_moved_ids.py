"""Which IDs have moved, and who had one before, is found without reading all.

IDs go on being changed meanwhile, so this is no transaction. If it is broken off, drop the indexes
that are there, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0052_who_had_an_id_before")]

    operations = [
        AddIndexConcurrently(
            model_name="campaignreference",
            index=models.Index(
                condition=models.Q(("has_moved", True)),
                fields=["campaign"],
                name="reference_that_moved",
            ),
        ),
        AddIndexConcurrently(
            model_name="campaignreferenceevent",
            index=models.Index(fields=["reference", "platform"], name="reference_change_by_id"),
        ),
    ]
