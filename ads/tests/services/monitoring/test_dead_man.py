"""The dead man's switch: a sign of life that never holds whoever gives it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ads import tasks
from ads.services.monitoring.dead_man import DeadMan
from ads.tests.log_lines import logged

SECRET = "/5f0e9a3c-secret"  # noqa: S105


class Watch:
    """Somebody else's server, which answers as it is told to, or not before it is let."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status = 200
        self.answer = threading.Event()
        self.answer.set()
        watch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watch.asked.append((self.path, self.headers["User-Agent"]))
                watch.answer.wait(20)
                self.send_response(watch.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}{SECRET}"


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    thread = threading.Thread(target=watch.server.serve_forever, args=(0.01,))
    thread.start()
    yield watch
    watch.answer.set()
    watch.server.shutdown()
    watch.server.server_close()
    thread.join()


def ping(switch: DeadMan, url: str) -> None:
    """Ping, and wait until it is done."""
    thread = switch.ping(url)
    assert thread is not None
    thread.join(20)


def test_it_asks_for_the_address(watch: Watch) -> None:
    ping(DeadMan(), watch.url)

    assert watch.asked == [(SECRET, "Budget Manager")]


def test_without_an_address_it_does_nothing() -> None:
    assert DeadMan().ping("") is None


def test_nobody_waits_for_a_slow_answer_and_no_second_request_joins_the_first(
    watch: Watch,
) -> None:
    switch = DeadMan()
    watch.answer.clear()

    first = switch.ping(watch.url)
    assert first is not None
    assert first.is_alive()
    assert switch.ping(watch.url) is None

    watch.answer.set()
    first.join(20)
    ping(switch, watch.url)
    assert len(watch.asked) == 2


def test_failures_are_logged_once_until_it_works_again_and_without_the_secret(
    watch: Watch,
) -> None:
    switch = DeadMan()

    with logged() as log:
        for status in (500, 500, 404, 200, 200, 500):
            watch.status = status
            ping(switch, watch.url)

    failed = ("warning", "The dead man's switch failed", "127.0.0.1", "HTTP 500")
    again = ("info", "The dead man's switch answers again", "127.0.0.1", None)
    lines = [(one["level"], one["event"], one["host"], one.get("error")) for one in log.lines]
    assert lines == [failed, again, failed]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1" + SECRET,
        "http://user:word@127.0.0.1:1" + SECRET,
        "http://nowhere.invalid" + SECRET,
        "https://127.0.0.1:1" + SECRET,
        "http://127.0.0.1:1/with a space" + SECRET,
    ],
)
def test_an_address_that_nobody_answers_is_logged_without_its_secret(address: str) -> None:
    with logged() as log:
        ping(DeadMan(), address)

    (line,) = log.lines
    assert line["level"] == "warning"
    assert "secret" not in log.text
    assert "word" not in log.text


@pytest.mark.django_db
def test_a_safety_check_gives_a_sign_of_life_once_it_is_done(watch: Watch, settings: Any) -> None:
    settings.DEAD_MAN_URL = watch.url

    tasks.check_campaign_budgets()
    _join()
    tasks.enforce_dayparting()

    assert [path for path, _ in watch.asked] == [SECRET]


@pytest.mark.django_db
def test_a_check_that_fails_gives_none(
    watch: Watch, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEAD_MAN_URL = watch.url

    def fail(*_: object) -> None:
        raise RuntimeError("as if the database were away")

    monkeypatch.setattr(tasks, "check", fail)
    with pytest.raises(RuntimeError):
        tasks.check_campaign_budgets()

    assert watch.asked == []


def _join() -> None:
    for thread in threading.enumerate():
        if thread.name == "dead man":
            thread.join(20)
