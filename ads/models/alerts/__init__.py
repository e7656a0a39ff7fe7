"""Alerts: rules, channels and messages, and the reports that channels carry."""

from ads.models.alerts.alerts import Alert, AlertProgress
from ads.models.alerts.channels import Channel, Frequency, Way
from ads.models.alerts.messages import AlertDelivery, AlertMessage, MessageState
from ads.models.alerts.reports import ReportLink, ReportSchedule
from ads.models.alerts.rules import MOST_PERCENT, AlertKind, AlertRule, Owner
