"""Sums of today and of this month are found by an index of every row, not by a summary of many.

Spend goes on being recorded meanwhile, so this is no transaction. If it is broken off, drop the new
index, if it is there, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0011_recorded_by")]

    operations = [
        AddIndexConcurrently(
            model_name="spendtotal",
            index=models.Index(fields=["start", "period"], name="spend_total_by_period"),
        ),
        # After the new one is there: spend looks sums up all the time.
        RemoveIndexConcurrently(model_name="spendtotal", name="spend_total_by_start"),
    ]
