"""What the database holds: fields, constraints, triggers and small derived facts."""

from ads.models.allowance import Allowance
from ads.models.archive import ArchivedId, ArchivedMonth, ArchivedSpend
from ads.models.backups import Backup, Restore
from ads.models.batches import MatchedSpend, RecordedAgain, SpendBatch
from ads.models.brand import Brand
from ads.models.budget_group import BudgetGroup
from ads.models.campaign import Campaign, CampaignSchedule
from ads.models.dayparting import DaypartingSchedule, DaypartingWindow
from ads.models.delivery import DeliveryChange
from ads.models.imports import ColumnMapping, SpendImport, SpendImportPart
from ads.models.operations import CountedTable, Heartbeat, MetricCounter, SimulatedSwitch
from ads.models.people import Person, SecondFactor, SignIn
from ads.models.plans import BudgetPlan, ScheduledChange
from ads.models.platforms import Connection, PlatformAccount, PlatformCampaign, SwitchOrder
from ads.models.reconciliation import AccountDifference
from ads.models.references import CampaignReference, UnknownReference, WaitingSpend
from ads.models.senders import ApiKey, WebhookDelivery, WebhookEndpoint
from ads.models.spend import ReportedTotal, Spend, SpendTotal
from ads.models.timezones import TimezoneName
