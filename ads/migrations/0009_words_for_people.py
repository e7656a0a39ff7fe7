"""What fields and tables are called, and what happens with what is entered; no column changes."""

import ads.models.fields
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from ads.migrations import _at_once


class Migration(_at_once.Migration):

    dependencies = [
        ('ads', '0008_spend_corrections'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='apikeybrandevent',
            options={'verbose_name': 'brand given to or taken from an API key', 'verbose_name_plural': 'brands given to and taken from API keys'},
        ),
        migrations.AlterModelOptions(
            name='apikeyevent',
            options={'verbose_name': 'edit of an API key', 'verbose_name_plural': 'edits of API keys'},
        ),
        migrations.AlterModelOptions(
            name='brandevent',
            options={'verbose_name': 'edit of a brand', 'verbose_name_plural': 'edits of brands'},
        ),
        migrations.AlterModelOptions(
            name='campaignevent',
            options={'verbose_name': 'edit of a campaign', 'verbose_name_plural': 'edits of campaigns'},
        ),
        migrations.AlterModelOptions(
            name='campaignreferenceevent',
            options={'verbose_name': 'edit of a reference', 'verbose_name_plural': 'edits of references'},
        ),
        migrations.AlterModelOptions(
            name='campaignscheduleevent',
            options={'verbose_name': 'schedule attached or detached', 'verbose_name_plural': 'schedules attached and detached'},
        ),
        migrations.AlterModelOptions(
            name='daypartingscheduleevent',
            options={'verbose_name': 'edit of a schedule', 'verbose_name_plural': 'edits of schedules'},
        ),
        migrations.AlterModelOptions(
            name='daypartingwindowevent',
            options={'verbose_name': 'edit of a window', 'verbose_name_plural': 'edits of windows'},
        ),
        migrations.AlterModelOptions(
            name='simulatedswitch',
            options={'ordering': ['campaign', 'at', 'id'], 'verbose_name': 'switch of the simulated platform', 'verbose_name_plural': 'switches of the simulated platform'},
        ),
        migrations.AlterModelOptions(
            name='spendtotalevent',
            options={'verbose_name': 'waiver', 'verbose_name_plural': 'waivers'},
        ),
        migrations.AlterModelOptions(
            name='webhookendpointbrandevent',
            options={'verbose_name': 'brand given to or taken from a webhook endpoint', 'verbose_name_plural': 'brands given to and taken from webhook endpoints'},
        ),
        migrations.AlterModelOptions(
            name='webhookendpointevent',
            options={'verbose_name': 'edit of a webhook endpoint', 'verbose_name_plural': 'edits of webhook endpoints'},
        ),
        migrations.AlterField(
            model_name='apikey',
            name='brands',
            field=models.ManyToManyField(blank=True, help_text='The brands that it may see and write; of others it learns nothing.', related_name='+', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='every_brand',
            field=models.BooleanField(default=False, help_text='On: it may see and write every brand, also those that are added later.'),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='From this instant on (UTC) it is refused. Empty: it does not expire.', null=True),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='name',
            field=models.CharField(help_text='What it is for; people know it by this name in lists and in the audit.', max_length=100, unique=True),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='requests_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='More in a minute are refused until the next. Empty: as many as the settings say.', null=True),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('spend:write', 'Send spend'), ('read', 'Read'), ('campaigns:act', 'Activate and pause campaigns')], max_length=20), help_text='Requests for anything that is not ticked are refused.', size=None),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='every_brand',
            field=models.BooleanField(default=False, help_text='On: it may see and write every brand, also those that are added later.'),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='From this instant on (UTC) it is refused. Empty: it does not expire.', null=True),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='name',
            field=models.CharField(help_text='What it is for; people know it by this name in lists and in the audit.', max_length=100),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('spend:write', 'Send spend'), ('read', 'Read'), ('campaigns:act', 'Activate and pause campaigns')], max_length=20), help_text='Requests for anything that is not ticked are refused.', size=None),
        ),
        migrations.AlterField(
            model_name='askedaccount',
            name='last_success_at',
            field=models.DateTimeField(help_text='When the platform last answered for it; the days since then are asked next.'),
        ),
        migrations.AlterField(
            model_name='brand',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="US dollars a day for all its campaigns together: once that is spent, they stop until the brand's midnight. Empty: no limit. 0: nothing runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brand',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, help_text='Off: every campaign of the brand stops at once. On again: those that may run start; what users have paused stays paused.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='brand',
            name='last_daily_reset',
            field=models.DateField(blank=True, editable=False, help_text='The local day that was last begun: what a daily budget had stopped came back.', null=True),
        ),
        migrations.AlterField(
            model_name='brand',
            name='last_monthly_reset',
            field=models.DateField(blank=True, editable=False, help_text='The local day on which a month was last begun, or seen to have begun.', null=True),
        ),
        migrations.AlterField(
            model_name='brand',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='US dollars a month for all its campaigns together: once that is spent, they stop until the 1st. Empty: no limit. 0: nothing runs.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brand',
            name='name',
            field=models.CharField(help_text='How people and files call the client; no other brand has the same name.', max_length=200, unique=True),
        ),
        migrations.AlterField(
            model_name='brand',
            name='timezone',
            field=ads.models.fields.TimezoneField(default='UTC', help_text='At its midnight the day of all budgets and spend begins, on the 1st the month too; what used up its budget comes back then.', max_length=64),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="US dollars a day for all its campaigns together: once that is spent, they stop until the brand's midnight. Empty: no limit. 0: nothing runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, help_text='Off: every campaign of the brand stops at once. On again: those that may run start; what users have paused stays paused.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='US dollars a month for all its campaigns together: once that is spent, they stop until the 1st. Empty: no limit. 0: nothing runs.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='name',
            field=models.CharField(help_text='How people and files call the client; no other brand has the same name.', max_length=200),
        ),
        migrations.AlterField(
            model_name='brandevent',
            name='timezone',
            field=ads.models.fields.TimezoneField(default='UTC', help_text='At its midnight the day of all budgets and spend begins, on the 1st the month too; what used up its budget comes back then.', max_length=64),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='brand',
            field=models.ForeignKey(db_index=False, help_text='Whose clock and budgets it goes by. It stays with the brand for life.', on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="US dollars a day: once that is spent, it stops until the brand's midnight. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='end_date',
            field=models.DateField(blank=True, help_text="It runs to the end of this day, by the brand's clock, and is then completed. Empty: without end.", null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='is_active',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Does it run at this moment? The system decides, of status, budgets and hours.', verbose_name='delivers'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='is_dayparting_enabled',
            field=models.BooleanField(db_default=False, default=False, help_text='On: it runs only in the hours of its schedules; without any, at all hours. Off: its schedules are not looked at.', verbose_name='dayparting'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='US dollars a month: once that is spent, it stops until the 1st. Empty: no limit. 0: never runs.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='name',
            field=models.CharField(help_text='How people and files call it; the brand has no other campaign of this name.', max_length=200),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='start_date',
            field=models.DateField(blank=True, help_text="It runs from the beginning of this day, by the brand's clock. Empty: from now on.", null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('paused', 'Paused'), ('completed', 'Completed'), ('archived', 'Archived')], default='active', help_text='Active: it runs whenever nothing holds it. Paused: it stays off until somebody activates it again, over midnight too. Draft, completed and archived stay off as well; spend that comes in is recorded all the same.', max_length=10),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='brand',
            field=models.ForeignKey(db_constraint=False, help_text='Whose clock and budgets it goes by. It stays with the brand for life.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='daily_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text="US dollars a day: once that is spent, it stops until the brand's midnight. Empty: no limit. 0: never runs.", max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='end_date',
            field=models.DateField(blank=True, help_text="It runs to the end of this day, by the brand's clock, and is then completed. Empty: without end.", null=True),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='is_dayparting_enabled',
            field=models.BooleanField(db_default=False, default=False, help_text='On: it runs only in the hours of its schedules; without any, at all hours. Off: its schedules are not looked at.', verbose_name='dayparting'),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='monthly_budget',
            field=ads.models.fields.MoneyField(blank=True, decimal_places=6, help_text='US dollars a month: once that is spent, it stops until the 1st. Empty: no limit. 0: never runs.', max_digits=18, null=True),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='name',
            field=models.CharField(help_text='How people and files call it; the brand has no other campaign of this name.', max_length=200),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='start_date',
            field=models.DateField(blank=True, help_text="It runs from the beginning of this day, by the brand's clock. Empty: from now on.", null=True),
        ),
        migrations.AlterField(
            model_name='campaignevent',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('paused', 'Paused'), ('completed', 'Completed'), ('archived', 'Archived')], default='active', help_text='Active: it runs whenever nothing holds it. Paused: it stays off until somebody activates it again, over midnight too. Draft, completed and archived stay off as well; spend that comes in is recorded all the same.', max_length=10),
        ),
        migrations.AlterField(
            model_name='campaignreference',
            name='account',
            field=models.CharField(blank=True, db_default='', default='', help_text='The account on the platform. Empty: its ids are unique without one.', max_length=100),
        ),
        migrations.AlterField(
            model_name='campaignreference',
            name='campaign',
            field=models.ForeignKey(help_text="What comes in under the id counts against this campaign's budgets, and what waits for it is recorded within minutes.", on_delete=django.db.models.deletion.CASCADE, related_name='references', to='ads.campaign'),
        ),
        migrations.AlterField(
            model_name='campaignreference',
            name='platform',
            field=models.CharField(help_text='The ad platform, such as google_ads: what comes in must say the same word.', max_length=50),
        ),
        migrations.AlterField(
            model_name='campaignreference',
            name='reference',
            field=models.CharField(help_text='Spend that comes in under this id is recorded for the campaign.', max_length=200, verbose_name='id on the platform'),
        ),
        migrations.AlterField(
            model_name='campaignreferenceevent',
            name='account',
            field=models.CharField(blank=True, db_default='', default='', help_text='The account on the platform. Empty: its ids are unique without one.', max_length=100),
        ),
        migrations.AlterField(
            model_name='campaignreferenceevent',
            name='campaign',
            field=models.ForeignKey(db_constraint=False, help_text="What comes in under the id counts against this campaign's budgets, and what waits for it is recorded within minutes.", on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.campaign'),
        ),
        migrations.AlterField(
            model_name='campaignreferenceevent',
            name='platform',
            field=models.CharField(help_text='The ad platform, such as google_ads: what comes in must say the same word.', max_length=50),
        ),
        migrations.AlterField(
            model_name='campaignreferenceevent',
            name='reference',
            field=models.CharField(help_text='Spend that comes in under this id is recorded for the campaign.', max_length=200, verbose_name='id on the platform'),
        ),
        migrations.AlterField(
            model_name='campaignschedule',
            name='schedule',
            field=models.ForeignKey(help_text='In whose hours the campaign runs. Of several, those with the highest priority decide.', on_delete=django.db.models.deletion.CASCADE, to='ads.daypartingschedule'),
        ),
        migrations.AlterField(
            model_name='campaignscheduleevent',
            name='schedule',
            field=models.ForeignKey(db_constraint=False, help_text='In whose hours the campaign runs. Of several, those with the highest priority decide.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='ads.daypartingschedule'),
        ),
        migrations.AlterField(
            model_name='columnmapping',
            name='name',
            field=models.CharField(help_text='How people recognise it in the list.', max_length=100),
        ),
        migrations.AlterField(
            model_name='daypartingschedule',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, help_text='Off: it opens nothing. A campaign whose schedules are all off stays closed.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='daypartingschedule',
            name='name',
            field=models.CharField(help_text='How people find it when they attach it to a campaign.', max_length=200, unique=True),
        ),
        migrations.AlterField(
            model_name='daypartingschedule',
            name='priority',
            field=models.IntegerField(db_default=0, default=0, help_text='Where a campaign has several that count on a day, those with the highest number decide alone: a closed day with 10 beats the usual hours with 0.'),
        ),
        migrations.AlterField(
            model_name='daypartingschedule',
            name='timezone',
            field=ads.models.fields.TimezoneField(default='UTC', help_text='Where the clock hangs by which its hours open and close, for every campaign that uses it.', max_length=64),
        ),
        migrations.AlterField(
            model_name='daypartingschedule',
            name='valid_from',
            field=models.DateField(blank=True, help_text='It counts from this day on, by its own clock. Empty: from the beginning.', null=True),
        ),
        migrations.AlterField(
            model_name='daypartingschedule',
            name='valid_until',
            field=models.DateField(blank=True, help_text='It counts up to the end of this day, by its own clock. Empty: without end.', null=True),
        ),
        migrations.AlterField(
            model_name='daypartingscheduleevent',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, help_text='Off: it opens nothing. A campaign whose schedules are all off stays closed.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='daypartingscheduleevent',
            name='name',
            field=models.CharField(help_text='How people find it when they attach it to a campaign.', max_length=200),
        ),
        migrations.AlterField(
            model_name='daypartingscheduleevent',
            name='priority',
            field=models.IntegerField(db_default=0, default=0, help_text='Where a campaign has several that count on a day, those with the highest number decide alone: a closed day with 10 beats the usual hours with 0.'),
        ),
        migrations.AlterField(
            model_name='daypartingscheduleevent',
            name='timezone',
            field=ads.models.fields.TimezoneField(default='UTC', help_text='Where the clock hangs by which its hours open and close, for every campaign that uses it.', max_length=64),
        ),
        migrations.AlterField(
            model_name='daypartingscheduleevent',
            name='valid_from',
            field=models.DateField(blank=True, help_text='It counts from this day on, by its own clock. Empty: from the beginning.', null=True),
        ),
        migrations.AlterField(
            model_name='daypartingscheduleevent',
            name='valid_until',
            field=models.DateField(blank=True, help_text='It counts up to the end of this day, by its own clock. Empty: without end.', null=True),
        ),
        migrations.AlterField(
            model_name='daypartingwindow',
            name='day_of_week',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], help_text='The day on which the window opens, also where it runs over midnight.', validators=[django.core.validators.MaxValueValidator(6)]),
        ),
        migrations.AlterField(
            model_name='daypartingwindow',
            name='end_time',
            field=models.TimeField(help_text='It is closed from this minute on. At or before the start: on the next day. 00:00 to 00:00 is the whole day.'),
        ),
        migrations.AlterField(
            model_name='daypartingwindow',
            name='start_time',
            field=models.TimeField(help_text='It is open from this minute on.'),
        ),
        migrations.AlterField(
            model_name='daypartingwindowevent',
            name='day_of_week',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], help_text='The day on which the window opens, also where it runs over midnight.', validators=[django.core.validators.MaxValueValidator(6)]),
        ),
        migrations.AlterField(
            model_name='daypartingwindowevent',
            name='end_time',
            field=models.TimeField(help_text='It is closed from this minute on. At or before the start: on the next day. 00:00 to 00:00 is the whole day.'),
        ),
        migrations.AlterField(
            model_name='daypartingwindowevent',
            name='start_time',
            field=models.TimeField(help_text='It is open from this minute on.'),
        ),
        migrations.AlterField(
            model_name='deliverychange',
            name='at',
            field=models.DateTimeField(help_text='When it was decided.'),
        ),
        migrations.AlterField(
            model_name='deliverychange',
            name='is_active',
            field=models.BooleanField(help_text='Yes: on. No: off.', verbose_name='switched on'),
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='last_duration',
            field=models.DurationField(blank=True, help_text='How long the last run that came to its end took.', null=True),
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='last_error',
            field=models.TextField(blank=True, default='', help_text='What failed in the last run, a line each; empty once all went well again.'),
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='last_failure_at',
            field=models.DateTimeField(blank=True, help_text='When something in it last failed.', null=True),
        ),
        migrations.AlterField(
            model_name='spend',
            name='date',
            field=models.DateField(help_text="The day, by the brand's clock, against whose budget it counts."),
        ),
        migrations.AlterField(
            model_name='spend',
            name='occurred_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='When the money was spent.'),
        ),
        migrations.AlterField(
            model_name='unknownreference',
            name='account',
            field=models.CharField(blank=True, db_default='', default='', help_text='The account on the platform. Empty: its ids are unique without one.', max_length=100),
        ),
        migrations.AlterField(
            model_name='unknownreference',
            name='platform',
            field=models.CharField(help_text='The ad platform, such as google_ads: what comes in must say the same word.', max_length=50),
        ),
        migrations.AlterField(
            model_name='unknownreference',
            name='reference',
            field=models.CharField(help_text='Spend that comes in under this id is recorded for the campaign.', max_length=200, verbose_name='id on the platform'),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='brands',
            field=models.ManyToManyField(blank=True, help_text='The brands that it may see and write; of others it learns nothing.', related_name='+', to='ads.brand'),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='every_brand',
            field=models.BooleanField(default=False, help_text='On: it may see and write every brand, also those that are added later.'),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='is_active',
            field=models.BooleanField(default=True, help_text='Off: what is sent here is refused; the sender is to send it again later.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='name',
            field=models.CharField(help_text='What it is for; people know it by this name in lists and in the audit.', max_length=100, unique=True),
        ),
        migrations.AlterField(
            model_name='webhookendpointevent',
            name='every_brand',
            field=models.BooleanField(default=False, help_text='On: it may see and write every brand, also those that are added later.'),
        ),
        migrations.AlterField(
            model_name='webhookendpointevent',
            name='is_active',
            field=models.BooleanField(default=True, help_text='Off: what is sent here is refused; the sender is to send it again later.', verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='webhookendpointevent',
            name='name',
            field=models.CharField(help_text='What it is for; people know it by this name in lists and in the audit.', max_length=100),
        ),
    ]
