"""A campaign's history tells of its corrections: they are found among all that it has spent."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("ads", "0007_correct_spend")]

    operations = [
        migrations.AddIndex(
            model_name="spend",
            index=models.Index(
                condition=models.Q(("kind", "correction")),
                fields=["campaign", "-created_at", "-id"],
                name="spend_corrections_by_campaign",
            ),
        ),
    ]
