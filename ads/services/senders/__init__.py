"""Programs that send spend: API keys, signed webhooks, and what each may see."""

from ads.services.senders import (
    api_keys,
    encryption,
    rights,
    visibility,
    webhook_endpoints,
    webhooks,
)
from ads.services.senders.api_keys import Caller
from ads.services.senders.encryption import CannotUnseal
from ads.services.senders.rights import InvalidSender
from ads.services.senders.webhooks import EndpointOff, NotSigned, Receiver, UnknownEndpoint
