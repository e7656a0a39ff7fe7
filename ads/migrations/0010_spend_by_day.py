"""The ledger is listed by day and by source without being read through."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("ads", "0009_words_for_people")]

    operations = [
        migrations.AddIndex(
            model_name="spend",
            index=models.Index(fields=["date", "id"], name="spend_by_day"),
        ),
        migrations.AddIndex(
            model_name="spend",
            index=models.Index(fields=["source", "date", "id"], name="spend_by_source_and_day"),
        ),
    ]
