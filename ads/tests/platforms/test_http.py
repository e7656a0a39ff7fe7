"""HTTP for connectors: what the library would do unasked, it does not do."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ads.platforms.http import Answer, Bearer, Client, Deadline
from ads.platforms.interface import Unreachable, UnreadableAnswer
from stand_ins.http import Reply, Request, Server

SECONDS = timedelta(seconds=5)


@pytest.fixture
def server() -> Iterator[Server]:
    """Says what authorization it was sent; /away leads elsewhere."""

    def answer(request: Request) -> Reply:
        if request.path == "/away":
            return Reply({}, 302, {"Location": "/"})
        return Reply({"sent": request.headers.get("authorization", "nothing")})

    running = Server(answer, 0)
    yield running
    running.close()


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client("Somewhere")
    yield made
    made.close()


def test_passwords_of_this_machines_user_are_not_sent(
    server: Server, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password theirs\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    bearer = client.ask("GET", server.address, Deadline(SECONDS), auth=Bearer("token"))
    assert bearer.json() == {"sent": "Bearer token"}
    assert client.ask("GET", server.address, Deadline(SECONDS)).json() == {"sent": "nothing"}


def test_nobody_is_followed_elsewhere(server: Server, client: Client) -> None:
    assert client.ask("GET", f"{server.address}/away", Deadline(SECONDS)).status == 302


def test_a_stand_in_is_reached_past_a_proxy(
    server: Server, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    near = Client("Somewhere", is_near=True)
    assert near.ask("GET", server.address, Deadline(SECONDS)).status == 200
    near.close()
    with pytest.raises(Unreachable, match="cannot be reached"):
        client.ask("GET", server.address, Deadline(SECONDS))


def test_an_answer_that_drips_takes_no_longer_than_the_deadline(client: Client) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                connection.sendall(b"x" * 100)
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    began = time.monotonic()
    with pytest.raises(Unreachable, match="did not answer in time"):
        client.ask("GET", address, Deadline(timedelta(seconds=0.4)))
    assert time.monotonic() - began < 4  # and not the 50 seconds of its packets
    listening.close()


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, b"", UnreadableAnswer, "Somewhere sent an empty answer"),
        (200, b"<html>", UnreadableAnswer, "Somewhere sent no JSON"),
        (200, b"\xff{}", UnreadableAnswer, "Somewhere sent no JSON"),
        (200, b"[" * 100_000, UnreadableAnswer, "Somewhere sent no JSON"),
        (404, b"<html>", UnreadableAnswer, "Somewhere sent no JSON"),
        (502, b"<html>", Unreachable, r"Somewhere is not available \(HTTP 502\)"),
    ],
)
def test_what_is_no_json_is_an_error(
    status: int, body: bytes, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Answer("Somewhere", status, {}, body).json()
