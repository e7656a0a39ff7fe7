"""Alerts in the console: the bell, what is open, the rules, the channels and their messages."""

from ads.admin.alerts.alerts import AlertAdmin
from ads.admin.alerts.bell import bell
from ads.admin.alerts.channels import ChannelAdmin
from ads.admin.alerts.messages import AlertMessageAdmin
from ads.admin.alerts.rules import AlertRuleAdmin
