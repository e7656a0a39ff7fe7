"""Sending one message to one channel: by apprise, or as a signed webhook. No database here.

apprise 2.3 says what became of all its services together, follows redirects, and takes an answer
after four seconds for none. So it is given one receiver at a time, without redirects, and time.
Its log has addresses with their secrets, so that it goes nowhere; what went wrong is told in words
of our own.

Timeouts are for each packet, so there is a time for the whole, too (:mod:`.guard`).
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
from ads.services.alerts.channels.guard import PrivateAddress, guarded

#: Seconds to connect, and for an answer. A receiver that takes ten may still have it.
CONNECT: Final = 10
ANSWER: Final = 20
#: Seconds after which no further recipient of a mail is begun.
ENOUGH: Final = 20
#: Seconds for one message in all, after which its connections are cut.
TOTAL: Final = CONNECT + ANSWER + 5

_TOLD: Final = 200, 299
_REDIRECT: Final = 300, 399
_CODE: Final = re.compile(r"\berror\s?=\s?(\d{3})\b")
#: How apprise logs what a mail server answered about one mail, and an answer that is for good.
_ABOUT_ONE: Final = "Socket Exception: %s"
_FOR_GOOD: Final = re.compile(r"\((5\d\d), ")


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
    #: The fingerprints of those of several recipients who have it already.
    received_by: Sequence[str] = ()


@dataclass(slots=True)
class Outcome:
    """What became of it; ``problem`` is "" if all recipients have it."""

    problem: str = ""
    received_by: list[str] = field(default_factory=list)
    #: Some have it, and a mail server refuses the others for good.
    is_rest_refused: bool = False
    #: Nothing was sent, because there is no mail server: it can be read in the console.
    is_kept: bool = False


def send(outgoing: Outgoing, at: datetime) -> Outcome:
    """Send it; never raises, and never says an address or a secret."""
    outcome = Outcome(received_by=list(outgoing.received_by))
    # The mail server is the installation's own, and often on its network.
    is_trusted = outgoing.way == Way.MAIL or settings.ALERTS_TO_PRIVATE_ADDRESSES
    with guarded(is_on=not is_trusted, seconds=TOTAL) as guard:
        try:
            match Way(outgoing.way):
                case Way.MAIL:
                    _mail(outgoing, outcome)
                case Way.APPRISE:
                    outcome.problem, _ = _by_apprise(outgoing.address, outgoing)
                case Way.WEBHOOK:
                    outcome.problem = _webhook(outgoing, at)
        except Exception as error:  # noqa: BLE001  (of any of a hundred services; its text may be secret)
            outcome.problem = f"It could not be sent ({type(error).__name__})."
        if outcome.problem and guard.has_refused:
            outcome.problem = str(PrivateAddress())
        elif outcome.problem and guard.is_over:
            outcome.problem = f"It did not answer within {TOTAL} seconds."
    return outcome


def _mail(outgoing: Outgoing, outcome: Outcome) -> None:
    if not settings.MAIL_SERVER:
        outcome.is_kept = True
        return
    begun = time.monotonic()
    joined = "&" if "?" in settings.MAIL_SERVER else "?"
    problems, is_for_good = [], True
    for one in addresses.recipients(outgoing.address):
        mark = addresses.fingerprint(one)
        if mark in outcome.received_by:
            continue
        if time.monotonic() - begun > ENOUGH:
            problems.append("The mail server is slow; the rest follows.")
            is_for_good = False
            break
        server = f"{settings.MAIL_SERVER}{joined}to={quote(one)}"
        problem, is_refused = _by_apprise(server, outgoing, is_mail=True)
        if problem:
            problems.append(f"{addresses.masked(one)}: {problem}")
            is_for_good = is_for_good and is_refused
        else:
            outcome.received_by.append(mark)
    outcome.problem = " ".join(problems)
    outcome.is_rest_refused = bool(problems and outcome.received_by) and is_for_good


def _by_apprise(address: str, outgoing: Outgoing, *, is_mail: bool = False) -> tuple[str, bool]:
    """What went wrong, "" if it was received; and whether it is refused for good."""
    import apprise
    from apprise.common import NotifyFormat, NotifyType, OverflowMode

    plugin = addresses.instance(address, may_read_files=is_mail)
    if plugin is None:
        return "The address is not understood; enter it again.", False
    plugin.socket_connect_timeout, plugin.socket_read_timeout = float(ANSWER), float(ANSWER)
    plugin.redirects = False
    plugin.overflow_mode = OverflowMode.TRUNCATE
    if (
        getattr(plugin, "action", "") == "map"
        and "trigger" in plugin.template_args["action"]["values"]
    ):
        plugin.action = "trigger"  # else one of the same title would be part of an earlier alert
    # It is tried again from the outbox, and a failure is none that may be passed over.
    plugin.retry, plugin.wait, plugin.optional = 0, 0.0, False
    one = apprise.Apprise(asset=plugin.asset)
    one.add(plugin)
    said: list[str] = []
    _said.set(said)
    is_told = bool(
        one.notify(
            title=outgoing.subject,
            body=outgoing.html if is_mail else outgoing.text,
            # For Opsgenie and Jira information closes what is open: nothing would be sent.
            notify_type=NotifyType.WARNING,
            body_format=NotifyFormat.HTML if is_mail else NotifyFormat.TEXT,
        )
    )
    if is_told:
        return "", False
    if code := next(filter(None, map(_FOR_GOOD.search, said)), None):
        return _answered(int(code[1])), True
    return _reason(said), False


class _Collects(logging.Filter):
    """Keeps what apprise says of the message that is being sent, and lets none of it be logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        lines = _said.get()
        is_said = record.levelno >= logging.WARNING or record.msg == _ABOUT_ONE
        if lines is not None and is_said:
            lines.append(record.getMessage())
        return False


_said: ContextVar[list[str] | None] = ContextVar("said", default=None)

_log: Final = logging.getLogger("apprise")
_log.setLevel(logging.DEBUG)  # where it says what a mail server answered
_log.addFilter(_Collects())


_UNREACHED: Final = f"It could not be reached, or did not answer within {ANSWER} seconds."


def _reason(said: Sequence[str]) -> str:
    for line in said:
        if code := _CODE.search(line):
            return _answered(int(code[1]))
    if any("onnection" in line for line in said):
        return _UNREACHED
    return "It was not accepted; check the address and its permissions."


def _answered(status: int) -> str:
    if _REDIRECT[0] <= status <= _REDIRECT[1]:
        return f"It answered {status}: redirects are not followed, so enter the new address."
    return f"It answered {status}."


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
        return _UNREACHED
    return "" if _TOLD[0] <= status <= _TOLD[1] else _answered(status)
