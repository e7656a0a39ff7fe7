"""Sending one message to one channel: by apprise, or as a signed webhook. No database here.

apprise 2.3 says what became of all its services together, follows redirects, and takes an answer
after four seconds for none. So it is given one receiver at a time, without redirects, and time.
Its log has addresses with their secrets, so that it goes nowhere; what went wrong is told in words
of our own.
"""

import logging
import re
import time
import uuid
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import requests
from django.conf import settings
from standardwebhooks import Webhook

from ads.models.alerts import Way
from ads.services.alerts.channels import addresses
from ads.services.alerts.channels.guard import guarded

#: Seconds to connect, and for an answer. A receiver that takes ten may still have it.
CONNECT: Final = 10
ANSWER: Final = 20
#: Seconds after which no further recipient of a mail is begun.
ENOUGH: Final = 20

_TOLD: Final = 200, 299
_REDIRECT: Final = 300, 399
_CODE: Final = re.compile(r"\berror\s?=\s?(\d{3})\b")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent, and where: all that sending needs to know."""

    way: str
    address: str
    secret: str
    uid: uuid.UUID
    subject: str
    text: str
    html: str
    #: Those of several recipients who have it already.
    received_by: Sequence[str] = ()


@dataclass(slots=True)
class Outcome:
    """What became of it; ``problem`` is "" if all recipients have it."""

    problem: str = ""
    received_by: list[str] = field(default_factory=list)
    #: Nothing was sent, because there is no mail server: it can be read in the console.
    is_kept: bool = False


def send(outgoing: Outgoing, at: datetime) -> Outcome:
    """Send it; never raises, and never says an address or a secret."""
    try:
        match Way(outgoing.way):
            case Way.MAIL:
                return _mail(outgoing)
            case Way.APPRISE:
                return Outcome(_by_apprise(outgoing.address, outgoing, as_html=False))
            case Way.WEBHOOK:
                return Outcome(_webhook(outgoing, at))
    except Exception as error:  # noqa: BLE001  (of any of a hundred services; its text may be secret)
        return Outcome(f"It could not be sent ({type(error).__name__}).")


def _mail(outgoing: Outgoing) -> Outcome:
    if not settings.MAIL_SERVER:
        return Outcome(is_kept=True)
    outcome = Outcome(received_by=list(outgoing.received_by))
    begun = time.monotonic()
    for one in addresses.recipients(outgoing.address):
        if one in outcome.received_by:
            continue
        if time.monotonic() - begun > ENOUGH:
            outcome.problem = outcome.problem or "The mail server is slow; the rest follows."
            break
        joined = "&" if "?" in settings.MAIL_SERVER else "?"
        server = f"{settings.MAIL_SERVER}{joined}to={quote(one)}"
        # The mail server is the installation's own, and often on its network.
        problem = _by_apprise(server, outgoing, as_html=True, is_trusted=True)
        if problem:
            outcome.problem = f"{one}: {problem}"
        else:
            outcome.received_by.append(one)
    return outcome


def _by_apprise(
    address: str, outgoing: Outgoing, *, as_html: bool, is_trusted: bool = False
) -> str:
    """What went wrong; "" if it was received."""
    import apprise
    from apprise.common import NotifyFormat, OverflowMode

    plugin = addresses.instance(address)
    if plugin is None:
        return "The address is not understood; enter it again."
    plugin.socket_connect_timeout, plugin.socket_read_timeout = float(ANSWER), float(ANSWER)
    plugin.redirects = False
    plugin.overflow_mode = OverflowMode.TRUNCATE
    one = apprise.Apprise(asset=plugin.asset)
    one.add(plugin)
    is_private_allowed = is_trusted or settings.ALERTS_TO_PRIVATE_ADDRESSES
    said: list[str] = []
    _said.set(said)
    with guarded(is_on=not is_private_allowed) as guard:
        is_told = bool(
            one.notify(
                title=outgoing.subject,
                body=outgoing.html if as_html else outgoing.text,
                body_format=NotifyFormat.HTML if as_html else NotifyFormat.TEXT,
            )
        )
    if is_told:
        return ""
    return _private() if guard.has_refused else _reason(said)


class _Collects(logging.Handler):
    """Keeps what apprise says of the message that is being sent where it logs."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = _said.get()
        if lines is not None:
            lines.append(record.getMessage())


_said: ContextVar[list[str] | None] = ContextVar("said", default=None)

_log: Final = logging.getLogger("apprise")
_log.propagate = False
_log.setLevel(logging.WARNING)  # below it says addresses
_log.addHandler(_Collects())


def _reason(said: Sequence[str]) -> str:
    for line in said:
        if code := _CODE.search(line):
            return _answered(int(code[1]))
    if any("onnection" in line for line in said):
        return f"It could not be reached, or did not answer within {ANSWER} seconds."
    return "It was not accepted; check the address and its permissions."


def _answered(status: int) -> str:
    if _REDIRECT[0] <= status <= _REDIRECT[1]:
        return f"It answered {status}: redirects are not followed, so enter the new address."
    return f"It answered {status}."


def _private() -> str:
    return (
        "Its host is a private address, which is refused. If it is meant, have "
        "ALERTS_TO_PRIVATE_ADDRESSES=true set."
    )


def _no_password(request: Any) -> Any:
    """Instead of what ``requests`` would take from a .netrc."""
    return request


def _webhook(outgoing: Outgoing, at: datetime) -> str:
    """What went wrong; "" if it was received."""
    uid = f"msg_{outgoing.uid.hex}"
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Budget Manager",
        "webhook-id": uid,
        "webhook-timestamp": str(int(at.timestamp())),
        # The library takes the wall clock of any zone for UTC.
        "webhook-signature": Webhook(outgoing.secret).sign(uid, at.astimezone(UTC), outgoing.text),
    }
    with guarded(is_on=not settings.ALERTS_TO_PRIVATE_ADDRESSES) as guard:
        try:
            with requests.post(
                outgoing.address,
                data=outgoing.text.encode(),
                headers=headers,
                timeout=(CONNECT, ANSWER),
                allow_redirects=False,
                stream=True,
                auth=_no_password,
            ) as answer:
                status = answer.status_code
        except requests.RequestException:
            if guard.has_refused:
                return _private()
            return f"It could not be reached, or did not answer within {ANSWER} seconds."
    return "" if _TOLD[0] <= status <= _TOLD[1] else _answered(status)
