"""What the database holds: fields, constraints, triggers and small derived facts."""

from ads.models.access import (
    ApiKey,
    DefaultView,
    Person,
    SavedView,
    SecondFactor,
    SignIn,
    WebhookDelivery,
    WebhookEndpoint,
)
from ads.models.alerts import (
    Alert,
    AlertDelivery,
    AlertMessage,
    AlertProgress,
    AlertRule,
    Channel,
    ReportLink,
    ReportSchedule,
)
from ads.models.backups import Backup, Restore
from ads.models.budgets import (
    Allowance,
    BudgetPace,
    BudgetPlan,
    ProjectionRange,
    ScheduledChange,
    SeasonalityAdjustment,
)
from ads.models.campaigns import (
    Brand,
    BrandLabel,
    BudgetGroup,
    Campaign,
    CampaignLabel,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
    DeliveryChange,
    Label,
    Note,
    PlatformCaps,
)
from ads.models.operations import (
    ChangedBrand,
    CountedTable,
    Heartbeat,
    LastCheck,
    MetricCounter,
    SimulatedSwitch,
)
from ads.models.platforms import (
    AccountDifference,
    BudgetCap,
    Connection,
    PlatformAccount,
    PlatformCampaign,
    SpendMargin,
    StopLag,
    SwitchOrder,
)
from ads.models.spend import (
    ArchivedId,
    ArchivedMonth,
    ArchivedSpend,
    CampaignReference,
    ColumnMapping,
    MatchedSpend,
    RecordedAgain,
    ReportedTotal,
    Spend,
    SpendBatch,
    SpendImport,
    SpendImportPart,
    SpendTotal,
    UnknownReference,
    WaitingSpend,
)
from ads.models.timezones import TimezoneName
