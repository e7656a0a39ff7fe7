"""Alerts: rules, channels and messages, and the reports that channels carry."""

from ads.models.alerts.alerts import (
    MOST_PERCENT,
    Alert,
    AlertDelivery,
    AlertKind,
    AlertMessage,
    AlertProgress,
    AlertRule,
    Channel,
    Frequency,
    MessageState,
    Owner,
    Way,
)
from ads.models.alerts.reports import ReportLink, ReportSchedule
