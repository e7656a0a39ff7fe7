"""The ledger is listed by day and by source without being read through.

Spend goes on being recorded meanwhile, so this is no transaction. If it is broken off, drop those
of the two indexes that are there, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0009_words_for_people")]

    operations = [
        AddIndexConcurrently(
            model_name="spend",
            index=models.Index(fields=["date", "id"], name="spend_by_day"),
        ),
        AddIndexConcurrently(
            model_name="spend",
            index=models.Index(fields=["source", "date", "id"], name="spend_by_source_and_day"),
        ),
    ]
