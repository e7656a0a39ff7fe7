"""Brands, budget groups and campaigns, their schedules, labels and notes, and what was switched."""

from ads.models.campaigns.brand import Brand, BrandLabel, PlatformCaps
from ads.models.campaigns.budget_group import BudgetGroup
from ads.models.campaigns.campaign import (
    STATES,
    Campaign,
    CampaignLabel,
    CampaignSchedule,
    State,
    Status,
)
from ads.models.campaigns.dayparting import DaypartingSchedule, DaypartingWindow
from ads.models.campaigns.delivery import ClockTimestamp, DeliveryChange
from ads.models.campaigns.labels import Label
from ads.models.campaigns.notes import LONGEST_NOTE, Note
