"""Entries that arrive together share a statement, and so a transaction.

Requests of one process: the first calls the function for itself, and those that come meanwhile wait
until it is back; then one of them calls it for all of them. Nobody waits for others to come, and
each is answered after its commit. What the function does not take, and whatever fails, each tries
again alone, where an error is its own.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

from django.db import DatabaseError

from ads.services import messages
from ads.services.ledger.shortcut.calling import Made, NotTaken, Single, call

#: Seconds for which it waits for a lock: longer, and the entries of other brands would wait too.
PATIENCE: Final = 0.1


@dataclass(slots=True)
class _Waiting:
    single: Single
    #: Locked until it is answered, or its turn to call has come.
    turn: threading.Lock = field(default_factory=threading.Lock)
    calls: bool = False
    made: Made | None = None


class Together:
    """Those of this process's requests whose entries wait for the function."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_called = False

    def record(self, single: Single) -> Made:
        """Record the entry, with others if they wait too, and commit.

        Raises:
            NotTaken: it was not recorded, and has to go step by step.
        """
        mine = _Waiting(single)
        mine.turn.acquire()
        with self._guard:
            if self._is_called:
                self._waiting.append(mine)
            else:
                self._is_called = mine.calls = True
        if not mine.calls:
            mine.turn.acquire()
        if mine.calls:
            self._call(mine)
        if mine.made is None:
            raise NotTaken
        return mine.made

    def _call(self, mine: _Waiting) -> None:
        with self._guard:
            others, self._waiting = self._waiting, []
        # In one order everywhere, so that two groups with the same IDs never deadlock.
        group = sorted([mine, *others], key=lambda one: one.single.key)
        try:
            found = call([one.single for one in group], f"{PATIENCE}s")
        except (NotTaken, DatabaseError):
            pass
        else:
            for one, made in zip(group, found, strict=True):
                one.made = made
            messages.check_alerts_soon()
        finally:
            self._hand_over()
            for one in others:
                one.turn.release()

    def _hand_over(self) -> None:
        with self._guard:
            if not self._waiting:
                self._is_called = False
                return
            first = self._waiting.pop(0)
        first.calls = True
        first.turn.release()


SHARED: Final = Together()
