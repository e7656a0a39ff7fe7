"""Ad platforms: connections and accounts, orders and caps, late spend, and reconciliation."""

from ads.models.platforms.caps import BudgetCap
from ads.models.platforms.connections import (
    MATCHED,
    Connection,
    ConnectionState,
    OrderState,
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.models.platforms.margins import SpendMargin, StopLag
from ads.models.platforms.reconciliation import AccountDifference
