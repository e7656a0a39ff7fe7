"""Channels: their sealed addresses, the messages that wait for them, and sending those."""

from ads.services.alerts.channels import composing
from ads.services.alerts.channels.addresses import ChannelIsOff, InvalidChannel, check
from ads.services.alerts.channels.editing import check_way, create, seal_all_anew, update
from ads.services.alerts.channels.outbox import drop
from ads.services.alerts.channels.posting import post
from ads.services.alerts.channels.sending import SEND, Sent, StillSending, send_due, send_test
