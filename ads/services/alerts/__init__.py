"""Alerts: looking for what the rules watch, telling the channels, and what is open."""

from ads.services.alerts import bell, channels, preview, texts
from ads.services.alerts.channels import InvalidChannel
from ads.services.alerts.evaluation import Evaluated, evaluate, look_at_all_next, rule_changed
from ads.services.alerts.preview import Preview
from ads.services.alerts.texts import Said
