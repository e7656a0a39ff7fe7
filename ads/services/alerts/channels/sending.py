"""Sending what is due to all channels at once, so that one that does not answer delays no other."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ads.models import Channel
from ads.services import messages
from ads.services.alerts.channels import composing, outbox, ways
from ads.services.alerts.channels.outbox import Claimed
from ads.services.alerts.channels.ways import Outcome
from ads.services.senders import CannotUnseal

#: The task that sends.
SEND: Final = "ads.tasks.send_alerts"

#: Channels that are told at a time, by one process.
AT_ONCE: Final = 16
#: Seconds after which nothing more is begun, and between two looks for more.
ENOUGH: Final = 40.0
LOOK: Final = 0.5
#: Seconds after which no answer is waited for; the task's limit is later.
LONGEST: Final = ENOUGH + ways.TOTAL
#: What is to be tried again within this time is tried by a message of its own.
SOON: Final = timedelta(seconds=50)

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Sent:
    sent: int = 0
    failed: int = 0


def send_due(clock: Clock) -> Sent:
    """Send everything that is due, until nothing is; the database is used by this thread alone."""
    done = Sent()
    began = time.monotonic()
    running: dict[Future[Outcome], Claimed] = {}
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="channel")
    try:
        while True:
            took = time.monotonic() - began
            if took < ENOUGH:
                for claimed in outbox.claim(clock(), at_most=AT_ONCE - len(running)):
                    running[pool.submit(ways.send, claimed.outgoing, clock())] = claimed
            if not running:
                break
            finished = wait(running, timeout=LOOK, return_when=FIRST_COMPLETED).done
            for one in list(running) if took > LONGEST else finished:
                claimed = running.pop(one)
                outcome = one.result() if one.done() else _silence(claimed)
                is_received = outbox.settle(claimed, outcome, clock())
                done.sent += is_received
                done.failed += not is_received
    finally:
        # Whoever still waits for an answer fails by itself when its connection is cut.
        pool.shutdown(wait=False)
    now = clock()
    again = outbox.next_due(now)
    if outbox.is_due(now):  # the time was over
        messages.send(SEND)
    elif again is not None and again < now + SOON:
        messages.send(SEND, countdown=max((again - now).total_seconds(), 1))
    return done


def _silence(claimed: Claimed) -> Outcome:
    return Outcome("It did not answer.", list(claimed.outgoing.received_by))


class StillSending(Exception):
    def __init__(self) -> None:
        super().__init__("The test is being sent; Messages of alerts says what became of it.")


def send_test(channel: Channel, clock: Clock, *, uid: uuid.UUID) -> str:
    """Send a test at once; what went wrong, "" if it arrived.

    ``uid``: of the test; one that was sent already is not sent again.

    Raises:
        ChannelIsOff: the channel is switched off.
        StillSending: the same test is being sent.
    """
    message, is_new = composing.test(channel, uid, clock())
    if not is_new and not message.attempts:
        raise StillSending
    if not is_new:
        return message.problem
    try:
        outcome = ways.send(outbox.outgoing_of(channel, message), clock())
    except CannotUnseal as error:
        outcome = Outcome(str(error))
    outbox.settle_test(message, outcome, clock())
    return outcome.problem
