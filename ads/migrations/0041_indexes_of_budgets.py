"""Campaigns with total or shared budgets, and refused orders, are found without reading all.

Campaigns go on being switched meanwhile, so this is no transaction. If it is broken off, drop the
indexes that are there, and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("ads", "0040_what_caps_were_told")]

    operations = [
        AddIndexConcurrently(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("total_budget__isnull", False)),
                fields=["id"],
                name="campaign_with_total_budget",
            ),
        ),
        AddIndexConcurrently(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("budget_group__isnull", False)),
                fields=["budget_group"],
                name="campaign_by_budget_group",
            ),
        ),
        AddIndexConcurrently(
            model_name="switchorder",
            index=models.Index(
                condition=models.Q(("state", "refused")),
                fields=["settled_at"],
                name="switch_order_refused",
            ),
        ),
    ]
