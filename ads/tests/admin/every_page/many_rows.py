"""More of everything: many rows on each list, and many rows behind the rows that pages are of."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from ads.models import (
    AccountDifference,
    Alert,
    AlertRule,
    ApiKey,
    ArchivedMonth,
    Backup,
    Brand,
    BudgetCap,
    BudgetPlan,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    ColumnMapping,
    Connection,
    DaypartingSchedule,
    DeliveryChange,
    Label,
    Note,
    Person,
    PlatformAccount,
    PlatformCampaign,
    ReportedTotal,
    ReportLink,
    ReportSchedule,
    SavedView,
    ScheduledChange,
    SeasonalityAdjustment,
    SimulatedSwitch,
    Spend,
    SpendBatch,
    SpendTotal,
    SwitchOrder,
    UnknownReference,
    WaitingSpend,
    WebhookDelivery,
    WebhookEndpoint,
)
from ads.rules.calendar import local_date
from ads.services import alerts
from ads.services.actor import acting_as
from ads.services.delivery.enforcement import Trigger
from ads.services.imports.plan import Plan
from ads.services.people import sign_ins
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    ScheduleFactory,
)
from ads.tests.platforms import doubles
from ads.tests.services.imports.uploads import support as uploads
from ads.tests.support import let_run_on, waived_before

#: Enough that a query for each row stands out.
MANY: Final = 8


def add(now: datetime) -> None:
    """Add to a world of ``ads/tests/browser/world.py``; its first rows get the most."""
    for number in range(MANY):
        # Each in a context of its own, as edits of many people are.
        with acting_as(f"user {number}"):
            for make in MAKERS:
                make(number, now)


def _brand(number: int, now: datetime) -> None:
    BrandFactory.create(name=f"Another brand {number}", daily_budget=100)
    its = doubles.account(doubles.connection(f"Another {number}"), str(number))
    AccountDifference.objects.create(account=its, **doubles.difference(now))


def _campaign(number: int, now: datetime) -> None:
    first = Brand.objects.order_by("pk")[0]
    schedules = [ScheduleFactory.create(windows=[(day, "09:00", "17:00") for day in range(7)])]
    group = BudgetGroupFactory.create(brand=first, daily_budget=500, total_budget=9000)
    campaign = CampaignFactory.create(
        name=f"Another campaign {number}",
        brand=first,
        schedules=schedules,
        daily_budget=50,
        total_budget=5000,
        budget_group=group,
    )
    ScheduledChange.objects.create(
        brand=first,
        campaign=campaign,
        field="daily_budget",
        starts_on=now.date() + timedelta(days=9),
        created_by="olivia",
    )
    BudgetPlan.objects.create(brand=first, campaign=campaign)
    _history(campaign, number, now)


def _behind_the_first_campaign(number: int, now: datetime) -> None:
    campaign = Campaign.objects.order_by("pk")[0]
    _history(campaign, number, now)
    campaign.daily_budget = Decimal(80 + number)
    campaign.save(update_fields=["daily_budget"])
    campaign.brand.monthly_budget = Decimal(5000 + number)
    campaign.brand.save(update_fields=["monthly_budget"])
    schedule = ScheduleFactory.create(windows=[(number % 7, "22:00", "06:00")])
    CampaignSchedule.objects.create(campaign=campaign, schedule=schedule)


def _behind_the_first_schedule(number: int, now: datetime) -> None:
    schedule = DaypartingSchedule.objects.order_by("pk")[0]
    campaign = CampaignFactory.create(is_dayparting_enabled=True)
    CampaignSchedule.objects.create(campaign=campaign, schedule=schedule)
    schedule.priority = 10 + number
    schedule.save(update_fields=["priority"])


def _history(campaign: Campaign, number: int, now: datetime) -> None:
    day = timezone.localdate() - timedelta(days=number)
    Spend.objects.create(campaign=campaign, amount=Decimal("1.5"), date=day)
    today = local_date(now, campaign.brand.timezone)
    Spend.objects.create(campaign=campaign, amount=Decimal("1.5"), date=today)
    let_run_on(campaign, "day", now=now)
    let_run_on(campaign.brand, "day", now=now)
    waived_before(SpendTotal.objects.filter(campaign=campaign).earliest("pk"))
    DeliveryChange.objects.create(
        campaign=campaign,
        at=now - timedelta(hours=number),
        is_active=number % 2 == 0,
        holds=[] if number % 2 == 0 else ["daily_budget", "dayparting"],
        trigger=Trigger.SPEND,
        actor="system",
    )
    SimulatedSwitch.objects.create(campaign=campaign, at=now, is_on=True, pace=Decimal(80))
    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference=f"{campaign.pk}/{number}"
    )
    ReportedTotal.objects.create(
        campaign=campaign, date=day, source="another", amount=Decimal(2), observed_at=now
    )


def _senders(number: int, now: datetime) -> None:
    brands = Brand.objects.order_by("pk")[:MANY]
    key = ApiKey.objects.create(
        name=f"Key {number}",
        source=f"key {number}",
        prefix=f"bm_{number}",
        secret_hash="0" * 64,
        scopes=["read"],
    )
    key.brands.set(brands)
    endpoint = WebhookEndpoint.objects.create(
        name=f"Platform {number}", source=f"platform {number}", secret=""
    )
    endpoint.brands.set(brands)
    for one in (endpoint, WebhookEndpoint.objects.order_by("pk")[0]):
        WebhookDelivery.objects.create(
            endpoint=one, webhook_id=f"another {number}", received_at=now, answer={"answers": []}
        )


def _references(number: int, now: datetime) -> None:
    unknown = UnknownReference.objects.create(
        platform="meta_ads", reference=f"another {number}", name=f"Another campaign {number}"
    )
    for one in (unknown, UnknownReference.objects.order_by("pk")[0]):
        WaitingSpend.objects.create(
            unknown=one,
            kind="spend",
            amount=Decimal("2.5"),
            source=f"source {number}",
            external_id=f"{one.pk}-{number}",
            received_at=now,
        )


def _files(number: int, now: datetime) -> None:
    campaign = Campaign.objects.order_by("pk")[0]
    uploads.checked(uploads.rows(campaign, "1.25", "nothing", f"3.{number:02}"), by="olivia")
    batch = SpendBatch.objects.create(
        kind="match", campaign=campaign, recorded_by="olivia", recorded_at=now
    )
    SpendBatch.objects.create(
        kind="undo", undoes=batch, reason="wrong", recorded_by="olivia", recorded_at=now
    )
    ReportLink.objects.create(
        brand=campaign.brand,
        month=now.date().replace(day=1),
        token_hash=f"{number:064}",
        created_by="olivia",
        expires_at=now,
        last_opened_at=now,
    )
    SeasonalityAdjustment.objects.create(
        name=f"Sale {number}",
        brand=campaign.brand,
        start_date=now.date(),
        end_date=now.date(),
        factor=2,
    )
    ColumnMapping.objects.create(
        name=f"Mapping {number}",
        header=[f"Day {number}"],
        header_sha256=f"{number:064}",
        plan=Plan().as_json(),
    )


def _periodic_tasks(number: int, now: datetime) -> None:
    every = IntervalSchedule.objects.create(every=100 + number, period="minutes")
    CrontabSchedule.objects.create(minute=str(10 + number), hour="3")
    ClockedSchedule.objects.create(clocked_time=now + timedelta(days=2 + number))
    SolarSchedule.objects.create(event="sunset", latitude=number, longitude=13)
    PeriodicTask.objects.create(
        name=f"Another check {number}", task="ads.tasks.check_campaign_budgets", interval=every
    )


def _connections(number: int, now: datetime) -> None:
    connection = Connection.objects.create(
        name=f"Connection {number}",
        platform="meta_ads",
        source="meta_ads",
        state="refused",
        problem="Revoked.",
    )
    first = Connection.objects.order_by("pk")[0]
    for one in (connection, first):
        account = PlatformAccount.objects.create(
            connection=one,
            platform="meta_ads",
            source="meta_ads",
            remote_id=f"{one.pk} {number}",
            is_read=False,
        )
        for where in (account, PlatformAccount.objects.order_by("pk")[0]):
            PlatformCampaign.objects.create(
                account=where, remote_id=f"{one.pk} {number}", is_on=True, seen_at=now
            )
        SwitchOrder.objects.create(
            campaign=Campaign.objects.order_by("pk")[0],
            account=account,
            remote_id="1",
            is_on=False,
            written_at=now,
            settled_at=now,
            state="refused",
        )
        BudgetCap.objects.create(
            campaign=Campaign.objects.order_by("pk")[0],
            place=account.campaigns.latest("pk"),
            original=200,
            amount=75,
            written_at=now,
        )


def _operations(number: int, now: datetime) -> None:
    Backup.objects.create(started_at=now, took=timedelta(0), place=f"/b/{number}", taken_by="x")
    ArchivedMonth.objects.create(
        month=f"{2021 + number}-02-01",
        file=f"{number}.csv.gz",
        sha256="0" * 64,
        size=1,
        entries=1,
        archived_at=now,
        archived_by="x",
        restored_at=now,
    )


def _alerts(number: int, now: datetime) -> None:
    channel, _ = alerts.channels.create(
        name=f"Channel {number}", way="mail", address=f"team{number}@example.com"
    )
    rule = AlertRule.objects.create(name=f"Rule {number}", kind="unmatched")
    rule.channels.add(channel)
    ReportSchedule.objects.create(brand=Brand.objects.order_by("pk")[0], channel=channel)
    first = Alert.objects.order_by("pk")[0]
    for one in (rule, first.rule):
        Alert.objects.create(
            rule=one,
            kind="unmatched",
            owner=f"unmatched {number}",
            period=f"day {number}",
            brand=first.brand,
            figures={"count": number, "most": 1000},
            at=now,
        )
    alerts.channels.composing.test(channel, uuid.uuid4(), now)


def _people(number: int, now: datetime) -> None:
    group = Group.objects.create(name=f"Team {number}")
    group.permissions.set(Permission.objects.all()[: 5 + number])
    user = User.objects.create_user(f"user {number}", is_staff=True)
    user.groups.set(Group.objects.all())
    user.user_permissions.set(Permission.objects.all()[:1])
    person = Person.objects.create(user=user, every_brand=False)
    person.brands.set(Brand.objects.order_by("pk")[: number + 1])
    sign_ins.begin(user.username, "192.0.2.7", now)


def _team(number: int, now: datetime) -> None:
    label = Label.objects.create(name=f"Label {number}")
    label.color = Label.Color.RED
    label.save(update_fields=["color"])
    for rows, owner in ((Brand.objects, "brand"), (Campaign.objects, "campaign")):
        for row in rows.order_by("pk")[:MANY]:
            row.labels.add(label)
        first = rows.order_by("pk")[0]
        Note.objects.create(**{owner: first}, text=f"Note {number}", author="x", at=now)
    brand = Brand.objects.order_by("-pk")[0]
    brand.account_manager = User.objects.create_user(f"manager {number}", is_staff=True)
    brand.save(update_fields=["account_manager"])
    SavedView.objects.create(list_name="ads.campaign", name=f"View {number}")


MAKERS: Final[list[Callable[[int, datetime], None]]] = [
    _brand,
    _campaign,
    _behind_the_first_campaign,
    _behind_the_first_schedule,
    _senders,
    _references,
    _files,
    _periodic_tasks,
    _connections,
    _operations,
    _alerts,
    _people,
    _team,
]
