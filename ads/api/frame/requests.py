"""A request to the API."""

from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest

from ads.services.senders import Caller

if TYPE_CHECKING:
    from ads.api.frame.limits import Allowance


class ApiRequest(HttpRequest):
    """Django's request with what the middleware adds; only used as a type."""

    #: The caller's id of the request, or ours.
    request_id: str
    #: When it arrived: the ``now`` of everything it does.
    now: datetime
    #: The authenticated key; set by :class:`~ads.api.frame.auth.ApiKey`.
    auth: Caller
    #: How much of its quota the key has left; set with ``auth``.
    allowance: "Allowance | None"
    #: Context managers that are left once the request is answered.
    entered: ExitStack
