"""A program that sends spend until it is answered, as docs/api.md asks it to."""

import http.client
import json
import time
from collections import Counter
from contextlib import closing, suppress
from http import HTTPStatus
from typing import Any

from budget_manager.tests.faults.servers import PATIENCE

#: Seconds after which a program takes a request for lost.
TIMEOUT = 30

#: Seconds between two attempts.
PAUSE = 0.1


class Client:
    """Has a key. ``answers``: how often each status came; 0 is no answer at all."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.answers: Counter[int] = Counter()

    def ask(
        self, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """POST once; the status, the answer and its headers. Raises what a connection raises."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        with closing(connection):
            content = json.dumps(body or {})
            connection.request("POST", f"/api/v1{path}", content, {**self.headers, **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null"), answer.headers

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
