"""Connecting ad platforms: credentials, accounts, and what is made from what was found there."""

from ads.services.connections import (
    choices,
    connectors,
    fits,
    kinds,
    lifecycle,
    oauth,
)
from ads.services.connections.choices import Choice, ChoicesRefused
from ads.services.connections.errors import InvalidConnection
from ads.services.connections.fits import Fit, Hours
from ads.services.connections.listing import Looked, look
from ads.services.connections.oauth import Begun, Brought, NotConnected
from ads.services.connections.trial import Step, Tried, try_out
from ads.services.connections.troubles import Trouble, troubles
