"""Sending what is due to all channels at once, so that one that does not answer delays no other."""

import time
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

#: The task that sends.
SEND: Final = "ads.tasks.send_alerts"

#: Channels that are told at a time, by one process.
AT_ONCE: Final = 16
#: Seconds after which nothing more is begun, and between two looks for more.
ENOUGH: Final = 40.0
LOOK: Final = 0.5
#: What is to be tried again within this time is tried by a message of its own.
SOON: Final = timedelta(seconds=50)

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Sent:
    """What one process sent."""

    sent: int = 0
    failed: int = 0


def send_due(clock: Clock) -> Sent:
    """Send everything that is due, until nothing is; the database is used by this thread alone."""
    done = Sent()
    began = time.monotonic()
    running: dict[Future[Outcome], Claimed] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="channel") as pool:
        while True:
            if time.monotonic() - began < ENOUGH:
                for claimed in outbox.claim(clock(), at_most=AT_ONCE - len(running)):
                    running[pool.submit(ways.send, claimed.outgoing, clock())] = claimed
            if not running:
                break
            for finished in wait(running, timeout=LOOK, return_when=FIRST_COMPLETED).done:
                outcome = finished.result()
                outbox.settle(running.pop(finished), outcome, clock())
                done.failed += bool(outcome.problem)
                done.sent += not outcome.problem
    again = outbox.next_due()
    if again is not None and again < clock() + SOON:
        messages.send(SEND, countdown=max((again - clock()).total_seconds(), 1))
    return done


def send_test(channel: Channel, clock: Clock) -> str:
    """Send a test at once; what went wrong, "" if it arrived.

    Raises:
        CannotUnseal: the address was sealed with another SECRET_KEY.
    """
    message = composing.test(channel, clock())
    outgoing = outbox.outgoing_of(channel, message)
    outcome = ways.send(outgoing, clock())
    outbox.settle_test(message, outcome, clock())
    return outcome.problem
