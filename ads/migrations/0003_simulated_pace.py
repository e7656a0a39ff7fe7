from django.db import migrations

import ads.models.fields


class Migration(migrations.Migration):

    dependencies = [
        ('ads', '0002_tables'),
    ]

    operations = [
        migrations.AddField(
            model_name='simulatedswitch',
            name='pace',
            field=ads.models.fields.MoneyField(decimal_places=6, default=0, help_text='US dollars a day that it then spends. Kept, because the budget it was worked out from may be edited, and what has been spent does not change with it.', max_digits=18),
        ),
    ]
