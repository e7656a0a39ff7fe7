"""What the database holds: fields, constraints, triggers and small derived facts."""

from ads.models.brand import Brand
from ads.models.campaign import Campaign, CampaignSchedule
from ads.models.dayparting import DaypartingSchedule, DaypartingWindow
from ads.models.delivery import DeliveryChange
from ads.models.operations import AskedAccount, Heartbeat, SimulatedSwitch
from ads.models.spend import ReportedTotal, Spend, SpendTotal

__all__ = [
    "AskedAccount",
    "Brand",
    "Campaign",
    "CampaignSchedule",
    "DaypartingSchedule",
    "DaypartingWindow",
    "DeliveryChange",
    "Heartbeat",
    "ReportedTotal",
    "SimulatedSwitch",
    "Spend",
    "SpendTotal",
]
