"""A row of everything that has pages, so that each of them can be opened."""

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from ads import tasks
from ads.models import (
    AccountDifference,
    Alert,
    AlertRule,
    ApiKey,
    ArchivedMonth,
    Backup,
    Brand,
    BudgetCap,
    BudgetGroup,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    ColumnMapping,
    Connection,
    DaypartingSchedule,
    Label,
    Note,
    Person,
    PlatformAccount,
    PlatformCampaign,
    ReportedTotal,
    ReportLink,
    ReportSchedule,
    Restore,
    SavedView,
    SeasonalityAdjustment,
    SpendBatch,
    SpendTotal,
    SwitchOrder,
    UnknownReference,
    WaitingSpend,
    WebhookDelivery,
    WebhookEndpoint,
)
from ads.rules.calendar import local_date, month_start, next_month
from ads.services import alerts, pacing, plans, platform_credentials
from ads.services.imports.plan import Plan as FilePlan
from ads.services.people import sign_ins
from ads.services.sample.seed import Plan, seed
from ads.tests.factories import PlatformAccountFactory
from ads.tests.platforms.doubles import difference
from ads.tests.services.imports.uploads import support as uploads
from ads.tests.services.orders.scripted import on_platform
from ads.tests.site_map import SHARED
from ads.tests.support import let_run_on, waived_before

PASSWORD = "correct horse battery"  # noqa: S105


def make(now: datetime, *, brands: int = 2, campaigns: int = 6, spend_days: int = 3) -> User:
    """Make the world and somebody who may do everything in it."""
    _configuration(now, brands, campaigns, spend_days)
    _what_comes_in(now)
    _periodic_tasks(now)
    _people(now)
    _connections(now)
    _operations(now)
    _platforms(now)
    _alerts(now)
    return User.objects.create_superuser("olivia", "olivia@example.com", PASSWORD)


def _people(now: datetime) -> None:
    """Somebody in a role, who is limited to a brand and has signed in."""
    shift, _ = Group.objects.get_or_create(name="Night shift")
    may = Permission.objects.get(codename="view_brand")
    shift.permissions.add(may)
    user = User.objects.create_user("nora")
    user.groups.add(shift)
    user.user_permissions.add(may)
    brand = Brand.objects.order_by("pk").first()
    assert brand
    Person.objects.create(user=user, every_brand=False).brands.add(brand)
    sign_ins.begin("nora", "192.0.2.7", now)


def _configuration(now: datetime, brands: int, campaigns: int, spend_days: int) -> None:
    plan = Plan(
        brands=brands,
        campaigns=campaigns,
        spend_days=spend_days,
        daily_budget=Decimal(75),
        monthly_budget=Decimal(1500),
        seed=1,
    )
    seed(plan, now)
    tasks.update_spend()
    for account in PlatformAccount.objects.order_by("pk"):
        tasks.ask_account(account.pk)
        AccountDifference.objects.create(account=account, **difference(now))
    tasks.check_campaign_budgets()
    brand = Brand.objects.order_by("pk").first()
    campaign = Campaign.objects.order_by("pk").first()
    schedule = DaypartingSchedule.objects.order_by("pk").first()
    assert brand
    assert campaign
    assert schedule
    group = BudgetGroup.objects.create(
        brand=campaign.brand, name="Search", daily_budget=Decimal(90)
    )
    Campaign.objects.filter(pk=campaign.pk).update(budget_group=group, total_budget=Decimal(9000))
    plans.by_month.save(
        campaign.brand, {next_month(month_start(now.date())): Decimal(3000)}, "both", now
    )
    # One of each kind of change, for the audit.
    brand.daily_budget = Decimal(40)
    brand.save(update_fields=["daily_budget"])
    campaign.status = "paused"
    campaign.save(update_fields=["status"])
    schedule.priority = 1
    schedule.save(update_fields=["priority"])
    CampaignSchedule.objects.get_or_create(campaign=campaign, schedule=schedule)
    let_run_on(brand, "day", now=timezone.now())
    SeasonalityAdjustment.objects.create(
        name="Black Friday", brand=brand, factor=2, start_date=now.date(), end_date=now.date()
    )
    pacing.refresh(now)
    _team(brand, campaign, now)
    ReportLink.objects.create(
        brand=brand,
        month=month_start(local_date(now, brand.timezone)),
        token_hash=hashlib.sha256(SHARED.encode()).hexdigest(),
        expires_at=now + timedelta(days=30),
    )
    waived_before(SpendTotal.objects.earliest("pk"))


def _team(brand: Brand, campaign: Campaign, now: datetime) -> None:
    """Labels, an account manager, notes, and a shared view of campaigns."""
    label = Label.objects.create(name="Black Friday", color=Label.Color.PURPLE)
    brand.labels.add(label)
    campaign.labels.add(label)
    brand.account_manager = User.objects.create_user("amelia", is_staff=True)
    brand.save(update_fields=["account_manager"])
    for owner in ({"brand": brand}, {"campaign": campaign}):
        Note.objects.create(
            **owner, text="The client is away until Monday.", author="amelia", at=now
        )
    SavedView.objects.create(list_name="ads.campaign", name="Running", query="state=Active")


def _what_comes_in(now: datetime) -> None:
    brand = Brand.objects.order_by("pk")[0]
    campaign = brand.campaigns.order_by("pk")[0]
    sender: dict[str, Any] = {"source": "etl"}
    key = ApiKey.objects.create(
        name="Nightly ETL", prefix="bm_example", secret_hash="0" * 64, scopes=["read"], **sender
    )
    key.brands.add(brand)
    endpoint = WebhookEndpoint.objects.create(name="Ad platform", secret="", **sender)
    endpoint.brands.add(brand)
    WebhookDelivery.objects.create(
        endpoint=endpoint, webhook_id="msg_1", received_at=now, answer={"answers": []}
    )
    CampaignReference.objects.create(campaign=campaign, platform="google_ads", reference="815")
    unknown = UnknownReference.objects.create(
        platform="google_ads", reference="4711", name="Spring sale"
    )
    WaitingSpend.objects.create(
        unknown=unknown,
        kind="spend",
        amount=Decimal("12.5"),
        source="etl",
        external_id="1",
        received_at=now,
    )
    ReportedTotal.objects.get_or_create(
        campaign=campaign,
        date=timezone.localdate(),
        source="etl",
        defaults={"amount": Decimal(5), "observed_at": now},
    )
    nobodys = f"New one,{uploads.TODAY},5\n"  # it is offered to be created
    uploads.checked(uploads.rows(campaign, "12.50", "a lot") + nobodys, by="olivia")
    SpendBatch.objects.create(
        kind="import", title="may.csv", recorded_by="olivia", recorded_at=timezone.now()
    )
    plan = FilePlan().as_json()
    ColumnMapping.objects.create(name="Platform's export", header=["Day"], plan=plan)


def _connections(now: datetime) -> None:
    """A connection that ends soon, with an account that is read and one that is not."""
    connection = Connection.objects.create(
        name="Acme's Meta",
        platform="meta_ads",
        source="meta_ads",
        credentials=platform_credentials.sealed({"access_token": "EAA"}),
        expires_at=now + timedelta(days=3),
        listed_at=now,
    )
    connection.name = "Acme on Meta"
    connection.save(update_fields=["name"])
    for number, is_read in (("7001", True), ("7002", False)):
        account = PlatformAccount.objects.create(
            connection=connection,
            platform="meta_ads",
            source="meta_ads",
            remote_id=number,
            name=f"Account {number}",
            timezone="Europe/Berlin",
            currency="EUR",
            is_read=is_read,
            answered_at=now if is_read else None,
        )
        PlatformCampaign.objects.create(
            account=account,
            remote_id=f"{number}1",
            name="Spring",
            is_on=True,
            daily_budget=Decimal(50),
            seen_at=now,
        )


def _operations(now: datetime) -> None:
    taken = {"took": timedelta(seconds=40), "place": "/backups/1", "taken_by": "command: backup"}
    Backup.objects.create(started_at=now - timedelta(hours=9), size=10**9, sha256="0" * 64, **taken)
    Backup.objects.create(started_at=now, error="The disk is full.", **taken)
    Restore.objects.create(as_of=now - timedelta(hours=9), restored_at=now, restored_by="olivia")
    ArchivedMonth.objects.create(
        month="2020-01-01",
        file="spend-2020-01.csv.gz",
        sha256="0" * 64,
        size=10**6,
        entries=12_345,
        amounts={"USD": "1234.50"},
        archived_at=now,
        archived_by="command: archive_spend",
    )


def _periodic_tasks(now: datetime) -> None:
    every = IntervalSchedule.objects.create(every=5, period="minutes")
    CrontabSchedule.objects.create(minute="5", hour="3")
    ClockedSchedule.objects.create(clocked_time=now + timedelta(days=1))
    SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)
    PeriodicTask.objects.get_or_create(
        task="ads.tasks.check_campaign_budgets",
        defaults={"name": "Check budgets", "interval": every},
    )


def _alerts(now: datetime) -> None:
    """A rule that tells a channel, and what it has raised and sent."""
    channel, _ = alerts.channels.create(name="Team", way="mail", address="team@example.com")
    channel.name = "The team"
    channel.save(update_fields=["name"])
    rule = AlertRule.objects.create(name="Half of a budget", kind="budget_used", thresholds=[1])
    rule.thresholds = [2]
    rule.save(update_fields=["thresholds"])
    rule.channels.add(channel)
    ReportSchedule.objects.create(brand=Brand.objects.order_by("pk")[0], channel=channel)
    alerts.evaluate(now)
    alerts.channels.send_due(lambda: now)
    alerts.bell.acknowledge([Alert.objects.earliest("pk")], by="olivia", now=now)


def _platforms(now: datetime) -> None:
    """A campaign on a platform, which refuses to stop it."""
    account = PlatformAccountFactory.create(connection__name="Google of Acme")
    campaign = Campaign.objects.order_by("pk").first()
    assert campaign
    on_platform(campaign, "20544471234", account)
    SwitchOrder.objects.create(
        campaign=campaign,
        account=account,
        remote_id="20544471234",
        is_on=False,
        written_at=now,
        told_at=now,
        settled_at=now,
        state=SwitchOrder.State.REFUSED,
        answer="The campaign was removed.",
    )
    BudgetCap.objects.create(
        campaign=campaign,
        place=account.campaigns.get(),
        original=200,
        amount=75,
        set_amount=75,
        written_at=now,
        told_at=now,
        settled_at=now,
        state=BudgetCap.State.CONFIRMED,
        answer="USD 75 a day",
    )
