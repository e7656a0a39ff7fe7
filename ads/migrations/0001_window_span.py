"""The function behind the rule that windows of one schedule do not overlap."""

from django.db import migrations

# The seconds of the week that a window covers, as ranges on one number line on which each schedule
# has a million to itself (a week has 604,800): overlap within a schedule is then plain overlap, and
# needs no extension that a server may lack. A window that runs past the end of Sunday goes on at
# the beginning of Monday.
CREATE = """
CREATE FUNCTION ads_window_span(schedule_id bigint, day_of_week integer, start_time time, end_time time)
RETURNS nummultirange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN finish <= 604800
        THEN nummultirange(numrange(base + start, base + finish))
        ELSE nummultirange(
            numrange(base + start, base + 604800), numrange(base, base + finish - 604800)
        )
    END
    FROM (
        SELECT schedule_id::numeric * 1000000,
               day_of_week * 86400 + extract(epoch FROM start_time),
               day_of_week * 86400 + extract(epoch FROM end_time)
               + CASE WHEN end_time <= start_time THEN 86400 ELSE 0 END
    ) AS week (base, start, finish)
$$
"""

DROP = "DROP FUNCTION ads_window_span(bigint, integer, time, time)"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(CREATE, DROP)]
