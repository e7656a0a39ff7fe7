"""Messages say which brand they are about, and no longer who has them in the clear."""

import django.db.models.deletion
from django.db import migrations, models

from ads.migrations import _at_once

# Of a message that is still to be sent, whoever has it gets it once more.
UNMARKED = "UPDATE ads_alertmessage SET received_by = '{}' WHERE received_by <> '{}'"

# As ``addresses.masked`` writes them.
_MASKED = r"regexp_replace({problem}, '([^\s@:])[^\s@:]*@', '\1…@', 'g')"
MASKED = [
    f"UPDATE {table} SET {column} = {value} WHERE {problem} LIKE '%@%'"
    for table, column, problem, value in (
        ("ads_alertmessage", "problem", "problem", _MASKED.format(problem="problem")),
        ("ads_channel", "problem", "problem", _MASKED.format(problem="problem")),
        (
            "ads_alert",
            "figures",
            "kind = 'channel_failing' AND figures ->> 'problem'",
            "figures || jsonb_build_object('problem', "
            + _MASKED.format(problem="figures ->> 'problem'")
            + ")",
        ),
    )
]


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0042_alerts_of_managers_and_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='alertmessage',
            name='brand',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='ads.brand'),
        ),
        migrations.RunSQL([UNMARKED, *MASKED], migrations.RunSQL.noop),
    ]
