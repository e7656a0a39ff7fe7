"""Two brands with a row of everything each, and somebody who is limited to the first."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pghistory
from django.contrib.auth.models import Group, User
from django.utils import timezone

from ads.models import (
    Alert,
    AlertRule,
    ApiKey,
    Brand,
    BudgetCap,
    BudgetPlan,
    Campaign,
    CampaignReference,
    CampaignSchedule,
    DaypartingSchedule,
    Label,
    Note,
    Person,
    PlatformAccount,
    PlatformCampaign,
    ReportLink,
    ScheduledChange,
    SeasonalityAdjustment,
    SpendBatch,
    SpendImport,
    SpendTotal,
    SwitchOrder,
    UnknownReference,
    WaitingSpend,
    WebhookDelivery,
    WebhookEndpoint,
)
from ads.models.spend import BatchKind, Kind
from ads.services import visible
from ads.services.actor import acting_as
from ads.services.bulk import SetStatus, carry_out
from ads.services.ledger import DayTotal, SpendEntry, record_all
from ads.services.new_batch import NewBatch, close, recording
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    PlatformAccountFactory,
    ScheduleFactory,
)
from ads.tests.services.imports.uploads import support as uploads
from ads.tests.support import enforce_all, let_run_on, waived_before

#: In the name of everything that is the other brand's, and of what is of no brand alone.
OTHER: Final = "Zyxel"
OWN: Final = "Acme"


@dataclass
class Side:
    """What there is of one brand."""

    brand: Brand
    campaign: Campaign
    schedule: DaypartingSchedule
    batch: SpendBatch
    upload: SpendImport
    unknown: UnknownReference
    paused_in: UUID

    def keys(self) -> dict[str, Any]:
        """A row of each model that is of the brand, by the model's label."""
        rows: list[Any] = [
            self.brand, self.campaign, self.schedule, self.batch, self.upload, self.unknown,
            self.unknown.waiting.get(),
            self.campaign.references.get(),
            self.campaign.spend.earliest("pk"),
            self.campaign.delivery_changes.earliest("pk"),
            self.campaign.switch_orders.get(),
            self.brand.labels.get(),
            self.campaign.notes.get(),
            self.brand.alerts.get(),
            self.brand.seasonality_adjustments.get(),
            self.campaign.budget_group,
            self.campaign.scheduled_changes.get(),
        ]  # fmt: skip
        return {row._meta.label_lower: row for row in rows}


def side(name: str) -> Side:
    """A brand with everything; ``name`` is in the names of all of it."""
    now = timezone.now()
    hours = ScheduleFactory.create(
        name=f"{name} hours", windows=[(day, "00:00", "00:00") for day in range(7)]
    )
    brand = BrandFactory.create(name=name, daily_budget=Decimal(500), timezone="UTC")
    campaign = CampaignFactory.create(
        brand=brand, name=f"{name} sale", daily_budget=75, schedules=[hours]
    )
    CampaignFactory.create(brand=brand, name=f"{name} spring", daily_budget=10)
    campaign.budget_group = BudgetGroupFactory.create(brand=brand, name=f"{name} search")
    campaign.save(update_fields=["budget_group"])
    BudgetPlan.objects.create(brand=brand, campaign=campaign)
    ScheduledChange.objects.create(
        brand=brand,
        campaign=campaign,
        field="daily_budget",
        starts_on=now.date() + timedelta(days=9),
        amount=5,
        note=f"{name} note",
        created_by="olivia",
    )
    SwitchOrder.objects.create(
        campaign=campaign,
        account=PlatformAccountFactory.create(name=f"{name} on Google"),
        remote_id=f"{name}-81512345",
        is_on=False,
        written_at=now,
    )
    BudgetCap.objects.create(
        campaign=campaign,
        place=PlatformCampaign.objects.create(
            account=PlatformAccount.objects.latest("pk"),
            remote_id=f"{name}-81512345",
            is_on=True,
            seen_at=now,
        ),
        original=200,
        amount=75,
        written_at=now,
    )
    SeasonalityAdjustment.objects.create(
        name=f"{name} fair", brand=brand, factor=2, start_date=now.date(), end_date=now.date()
    )
    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference=f"{name}-81512345"
    )
    Alert.objects.create(
        rule=AlertRule.objects.get_or_create(name="Spend", kind="unusual_spend")[0],
        kind="unusual_spend",
        owner=f"brand {brand.pk}",
        period="day",
        brand=brand,
        at=now,
        figures={"spent": "9", "usual": "1", "direction": "high", "when": "today", "day": "now"},
    )
    enforce_all(now)
    with acting_as("olivia"):
        campaign.monthly_budget = Decimal(2000)
        campaign.save(update_fields=["monthly_budget"])
        brand.daily_budget = Decimal(700)
        brand.save(update_fields=["daily_budget"])
        hours.priority = 1
        hours.save(update_fields=["priority"])
        let_run_on(brand, "day", now=now, amount=5, reason=f"{name} reason")
    waived_before(SpendTotal.objects.filter(brand=brand).earliest("pk"))
    label = Label.objects.create(name=f"{name} label")
    for owned, owner in ((brand, "brand"), (campaign, "campaign")):
        owned.labels.add(label)
        Note.objects.create(**{owner: owned}, text=f"{name} is away.", author="olivia", at=now)
    source = f"{name} etl"
    batch = NewBatch(BatchKind.API, f"{name} key").make(source=source, now=now)
    with recording(batch):
        row = SpendEntry(campaign, 5, description=f"{name} clicks", external_id=f"{name}-1")
        record_all([row], source=source, now=now)
        total = DayTotal(campaign, now.date(), 70, observed_at=now)
        record_all([total], source=f"{name} report", now=now, kind=Kind.DAY_TOTAL)
    close(batch, rows=2, sums={"USD": Decimal(75)})
    with visible.limited([brand.pk]):
        upload = uploads.checked(
            uploads.rows(campaign, "1") + f"{name} nobody,{uploads.TODAY},5\n",
            name=f"{name}.csv",
            by="olivia",
        )
    unknown = UnknownReference.objects.create(
        platform="meta_ads",
        reference=f"{name}-4711",
        name=f"{name} unmatched",
        only_brands=[brand.pk],
    )
    WaitingSpend.objects.create(
        unknown=unknown,
        kind="spend",
        amount=Decimal("12.5"),
        source=source,
        external_id=f"{name}-w",
        received_at=now,
    )
    ReportLink.objects.create(
        brand=brand,
        month=now.date().replace(day=1),
        token_hash=name,
        created_by=f"{name} manager",
        expires_at=now,
    )
    key = ApiKey.objects.create(
        name=f"{name} key",
        prefix=f"bm_{name}",
        secret_hash="0" * 64,
        scopes=["read"],
        source=source,
    )
    key.brands.add(brand)
    endpoint = WebhookEndpoint.objects.create(name=f"{name} endpoint", secret="", source=source)
    endpoint.brands.add(brand)
    WebhookDelivery.objects.create(
        endpoint=endpoint, webhook_id=f"{name}-msg", received_at=now, answer={"answers": []}
    )
    with acting_as("olivia"), pghistory.context() as context:
        carry_out(SetStatus(Campaign.Status.PAUSED), [brand.campaigns.latest("pk").pk], now)
        paused_in = UUID(str(context.id))
    return Side(brand, campaign.fresh(), hours, batch, upload, unknown, paused_in)


def shared(own: Side, other: Side) -> DaypartingSchedule:
    """What is of no brand alone; a schedule that campaigns of both have, and which is shown."""
    now = timezone.now()
    both = ScheduleFactory.create(name="Office hours")
    for each in (own, other):
        CampaignSchedule.objects.create(campaign=each.campaign, schedule=both)
    unused = ScheduleFactory.create(name=f"{OTHER} unused hours")
    assert unused
    batch = NewBatch(BatchKind.API, f"{OTHER} and others").make(source="both", now=now)
    with recording(batch):
        rows = [SpendEntry(each.campaign, 1, external_id=each.brand.name) for each in (own, other)]
        record_all(rows, source="both", now=now)
    close(batch, rows=2, sums={"USD": Decimal(2)})
    uploads.checked(uploads.rows(own.campaign, "1"), name=f"of {OTHER} and others.csv")
    anybodys = UnknownReference.objects.create(
        platform="google_ads", reference=f"{OTHER}-any-4711", name=f"{OTHER} any"
    )
    WaitingSpend.objects.create(
        unknown=anybodys, kind="spend", amount=3, source="both", external_id="1", received_at=now
    )
    return both


def limited_to(brand: Brand, role: str = "Administrator", name: str = "lima") -> User:
    """Somebody in a role who is limited to a brand."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    Person.objects.create(user=user, every_brand=False).brands.add(brand)
    return user
