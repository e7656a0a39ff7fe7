"""The worker stays with a connection while the next request comes soon and nobody else waits."""

import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from budget_manager.web.worker import SOON, Worker


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What gunicorn's own worker has answered: each byte is a request."""
    seen: list[bytes] = []

    def handle(_: Any, conn: Any) -> bool:
        seen.append(conn.sock.recv(1))
        return seen[-1] != b"!"

    monkeypatch.setattr(ThreadWorker, "handle", handle)
    return seen


@pytest.fixture
def client() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        read_ahead = SimpleNamespace(buf=SimpleNamespace(tell=lambda: 0))
        parser = SimpleNamespace(unreader=read_ahead)
        client.conn = SimpleNamespace(sock=theirs, is_http2=False, parser=parser)  # type: ignore[attr-defined]
        yield ours


def worker(*, connections: int = 1, alive: bool = True) -> Worker:
    made: Worker = Worker.__new__(Worker)
    made.cfg = SimpleNamespace(threads=2)
    made.nr_conns, made.alive = connections, alive
    return made


def handle(one: Worker) -> tuple[Any, float]:
    """What it says of the connection, and the seconds until then."""
    began = time.monotonic()
    return one.handle(client.conn), time.monotonic() - began  # type: ignore[attr-defined]


def test_it_answers_what_comes_soon_in_the_same_thread(
    answered: list[bytes], client: socket.socket
) -> None:
    client.send(b"1")
    later = threading.Timer(SOON / 4000, client.send, [b"2"])
    later.start()

    again, took = handle(worker())

    assert answered == [b"1", b"2"]
    assert again is True  # it goes back to the main thread, open
    assert took >= SOON / 1000


def test_it_stops_where_the_connection_is_to_be_closed(
    answered: list[bytes], client: socket.socket
) -> None:
    client.send(b"1!2")

    again, _ = handle(worker())

    assert answered == [b"1", b"!"]
    assert again is False


@pytest.mark.parametrize("one", [worker(connections=3), worker(alive=False)])
def test_it_waits_for_nobody_while_others_need_the_thread_or_it_is_to_stop(
    answered: list[bytes], client: socket.socket, one: Worker
) -> None:
    client.send(b"12")

    again, took = handle(one)

    assert answered == [b"1"]
    assert again is True
    assert took < SOON / 1000
