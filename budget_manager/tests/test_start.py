"""start.sh as a person uses it, in a fresh clone."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from django.core.management import CommandError
from pytest_django.plugin import DjangoDbBlocker

from ads.tests.own_redis import free_port
from budget_manager import demo
from budget_manager import start as start_module
from budget_manager.processes import GRACE
from budget_manager.start import port as read_port
from budget_manager.tests.running import Running
from budget_manager.tests.support import (
    ROOT,
    User,
    copy_project,
    directory,
    environment,
    eventually_none,
    processes_of,
    wait_for,
)
from budget_manager.tests.template import copy_all_tables_but_one

UP = "Budget Manager is up"


def heed_ctrl_c() -> None:
    """As in a terminal: whoever runs the tests in the background has it ignored, down to here."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Start(Running):
    """A running start.sh, in a session of its own as if it had a terminal, and what it says."""

    def __init__(self, clone: Path, **changes: str) -> None:
        self.port, self.flower_port = free_port(), free_port()
        ports = {"PORT": str(self.port), "FLOWER_PORT": str(self.flower_port)}
        super().__init__(
            ["./start.sh"],
            clone,
            environment(**{**ports, **changes}),
            start_new_session=True,
            preexec_fn=heed_ctrl_c,
        )

    def until(self, text: str) -> None:
        assert self.says(text, 120), self.output

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal, to the whole group if a terminal would; the exit status."""
        if number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.end()


@pytest.fixture(scope="module")
def clone(django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """One clone for all: what one start left, the next finds.

    Its database has no rows yet, and all tables but one: budget_manager/tests/production makes
    them all, and so does every template.
    """
    with directory() as path:
        copy_project(path)
        user = User(path)
        with django_db_blocker.unblock():
            copy_all_tables_but_one(to=user.urls()[0])
        user.leave()
        yield path


@pytest.fixture
def start_sh(clone: Path) -> Iterator[Callable[..., Start]]:
    """Starts start.sh in the clone; what a failed test leaves running is ended."""
    started: list[Start] = []

    def start(**changes: str) -> Start:
        started.append(Start(clone, **changes))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop(signal.SIGTERM)


def log_in(port: int, password: str) -> str:
    """The page that the admin shows after logging in."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    url = f"http://127.0.0.1:{port}/admin/login/?next=/admin/"
    opener.open(url, timeout=20).close()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
    with opener.open(url, urlencode(form).encode(), timeout=20) as page:
        assert page.url.endswith("/admin/"), "the login was refused"
        return str(page.read().decode())


def test_a_first_start_says_where_everything_is_and_lets_the_admin_log_in(
    clone: Path, start_sh: Callable[..., Start], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = start_sh(DEMO_PLATFORMS="meta_ads")
    start.until(UP)
    start.until("Ctrl-C stops everything")

    login = re.search(r"Login\s+admin / (\S+)", start.output)
    assert login is not None
    assert (clone / ".local" / "admin-password").read_text().strip() == login[1]
    assert (clone / ".local" / "admin-password").stat().st_mode & 0o777 == 0o600
    assert f"http://127.0.0.1:{start.port}/admin/" in start.output
    page = log_in(start.port, login[1])
    stylesheet = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert stylesheet is not None
    with urllib.request.urlopen(f"http://127.0.0.1:{start.port}{stylesheet[1]}") as css:
        assert css.status == 200
    with urllib.request.urlopen(f"http://127.0.0.1:{start.flower_port}/") as flower:
        assert flower.status == 200
    for name in ("web", "enforcement", "orders", "worker", "beat", "flower"):
        assert re.search(rf"^{name} *\| ", start.output, re.MULTILINE), name

    assert "/admin/login/" in (clone / ".local" / "access.log").read_text()
    assert "/admin/login/" not in start.output  # which would push the login off the screen

    control = re.search(r"meta_ads \(control address (\S+)\)", start.output)
    assert control is not None
    assert re.search(r"access_token +stand-in-token$", start.output, re.MULTILINE)
    with urllib.request.urlopen(f"{control[1]}/state") as state:  # noqa: S310 - HTTP
        assert len(json.load(state)["accounts"]) == 2
    endpoint = urlsplit(worker_of(start).environ()["META_ADS_ENDPOINT"])
    with socket.create_connection((endpoint.hostname, endpoint.port)):
        pass

    monkeypatch.setattr(start_module, "BASE_DIR", clone)
    with pytest.raises(CommandError, match=r"^start\.sh is already running in") as second:
        start_module.start()
    assert f"(pid {start.process.pid})" in str(second.value)

    assert start.stop(signal.SIGINT) == 130
    assert processes_of(clone) == []


def worker_of(start: Start) -> psutil.Process:
    (worker,) = [
        process
        for process in psutil.Process(start.process.pid).children()
        if "worker@%h" in process.cmdline()
    ]
    return worker


@pytest.fixture
def web_and_another(clone: Path) -> Iterator[None]:
    """The clone's Procfile has web and, for the others, which take seconds to start, a shell.

    As the processes of a killed worker do, its child outlives it.
    """
    procfile = clone / "Procfile"
    whole = procfile.read_text()
    (web,) = [line for line in whole.splitlines() if line.startswith("web:")]
    procfile.write_text(f"{web}\nanother: sh -c 'sleep 600 & wait'\n")
    yield
    procfile.write_text(whole)


def test_a_second_start_keeps_the_data_until_a_process_dies(
    clone: Path, web_and_another: None, start_sh: Callable[..., Start]
) -> None:
    kept = clone / ".local" / "admin-password"
    if not kept.exists():  # this test runs alone
        first = start_sh()
        first.until("Booting worker")
        first.stop(signal.SIGINT)
    password = kept.read_text().strip()

    start = start_sh()
    start.until("Booting worker")

    log_in(start.port, password)

    (another,) = [p for p in psutil.Process(start.process.pid).children() if p.name() == "sh"]
    assert wait_for(lambda: [child.name() for child in another.children()] == ["sleep"])
    another.kill()

    assert start.end() == 1
    assert "another was killed by SIGKILL, so the others were stopped" in start.output
    assert kept.read_text().strip() == password
    assert processes_of(clone) == []


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_closing_the_terminal_or_killing_start_leaves_no_process_behind(
    clone: Path, start_sh: Callable[..., Start], number: int
) -> None:
    start = start_sh()
    start.until("worker@")

    start.stop(number)

    # A pool's process waits up to 30 seconds for its last result to be read: it is killed.
    assert eventually_none(clone, GRACE + 15) == []


@pytest.mark.faults
def test_stopping_in_its_first_moments_leaves_no_process_behind(
    clone: Path, start_sh: Callable[..., Start]
) -> None:
    for delay in (0.3, 0.6, 1.0, 1.6, 2.4):
        start = start_sh()
        time.sleep(delay)

        start.stop(signal.SIGINT)

        assert eventually_none(clone) == []


def test_a_busy_port_is_named_with_the_remedy_before_anything_starts(
    start_sh: Callable[..., Start],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        start = start_sh(PORT=str(port))

        assert start.end() == 1
    assert f"error: Port {port} is used by another program." in start.output
    assert re.search(r" PORT=\d+ ./start.sh", start.output)
    assert "PostgreSQL" not in start.output


def test_flower_s_port_is_asked_for_before_anything_starts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start_module, "BASE_DIR", tmp_path)
    monkeypatch.setenv("PORT", str(free_port()))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("FLOWER_PORT", str(port))

        with pytest.raises(CommandError, match=rf"^Port {port} .*FLOWER_PORT=\d+ ./start.sh"):
            start_module.start()

    assert capsys.readouterr().out == ""


def test_a_stand_in_that_there_is_not_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEMO_PLATFORMS", "meta_ads, tiktok")

    with pytest.raises(CommandError) as refused:
        demo.chosen()

    assert str(refused.value) == (
        "DEMO_PLATFORMS: 'tiktok' has no stand-in: use some of google_ads, meta_ads, "
        "microsoft_ads, with commas between."
    )


@pytest.mark.parametrize("value", ["abc", "0", "70000", "-1", "٣"])
def test_a_port_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", value)

    with pytest.raises(CommandError, match=r"^PORT is .*: use a port number from 1 to 65535.$"):
        read_port("PORT", 8000)


def test_a_python_too_old_is_refused_with_a_sentence(tmp_path: Path) -> None:
    for script in ("start.sh", "venv.sh"):
        shutil.copy(ROOT / script, tmp_path)
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "sh"):
        (tools / tool).symlink_to(f"/usr/bin/{tool}")

    start = subprocess.run(
        ["/bin/sh", "./start.sh"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}{os.pathsep}{tools}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert start.returncode == 1
    assert "error: Python 3.11 to 3.15 is needed" in start.stderr
    assert "Python 3.9.2" in start.stderr
