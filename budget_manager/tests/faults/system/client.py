"""A program that sends spend until it is answered, as docs/api.md asks it to."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from http import HTTPStatus
from itertools import cycle
from typing import Any

from budget_manager.tests.faults.system.servers import PATIENCE

#: Seconds for which an address that did not answer is not asked.
LEFT_OUT = 10

#: Seconds between two attempts.
PAUSE = 0.1


class Client:
    """Has a key, and asks one address after the other, as a proxy would.

    ``answers``: how often each status came; 0 is no answer at all.
    """

    def __init__(self, addresses: Sequence[str], key: str, *, timeout: float) -> None:
        self.addresses = addresses
        self._next = cycle(addresses)
        self._left_out: dict[str, float] = {}
        self.timeout = timeout
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.answers: Counter[int] = Counter()

    def ask(
        self, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """POST once; the status, the answer and its headers. Raises what a connection raises."""
        address = self._address()
        connection = http.client.HTTPConnection(address, timeout=self.timeout)
        with closing(connection):
            content = json.dumps(body or {})
            try:
                connection.request("POST", f"/api/v1{path}", content, {**self.headers, **headers})
                answer = connection.getresponse()
            except TimeoutError:
                self._left_out[address] = time.monotonic() + LEFT_OUT
                raise
            return answer.status, json.loads(answer.read() or b"null"), answer.headers

    def _address(self) -> str:
        """The next; one that did not answer is left out for a while, if there are others."""
        for _ in self.addresses:
            address = next(self._next)
            if self._left_out.get(address, 0.0) < time.monotonic():
                break
        return address

    def insist(self, path: str, body: Any = None) -> Any:
        """POST until it is acknowledged; the answer."""
        until = time.monotonic() + PATIENCE
        while True:
            status, answer = 0, None
            # Refused, cut off, or too late: what became of it is unknown.
            with suppress(OSError, http.client.HTTPException, ValueError):
                status, answer, _ = self.ask(path, body)
            self.answers[status] += 1
            if status == HTTPStatus.OK:
                return answer
            # The document promises nothing else of a request that is in order.
            assert status in (0, HTTPStatus.SERVICE_UNAVAILABLE), (status, answer)
            assert time.monotonic() < until, f"never acknowledged: {path} ({status} {answer})"
            time.sleep(PAUSE)
