"""A request to the API, once it is known whose it is."""

from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

from ads.services.senders import Caller

if TYPE_CHECKING:
    from ads.api.frame.limits import Allowance


class ApiRequest(HttpRequest):
    """What the frame adds to Django's request; only ever a type, Django makes the object."""

    #: The caller's name for the request, or ours.
    request_id: str
    #: When it came in: the instant that everything it does is done at.
    now: datetime
    #: Who asks, and what they may; set by the key.
    auth: Caller
    #: How many more requests the key has; set with ``auth``.
    allowance: "Allowance | None"
    #: Entered while it is answered, left when it has been.
    entered: ExitStack
