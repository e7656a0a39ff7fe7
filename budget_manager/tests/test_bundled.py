"""The bundled servers: found or started by any process, stopped with the last of them."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg2
import pytest
import redis

from budget_manager.tests.support import (
    ROOT,
    User,
    copy_project,
    directory,
    environment,
    names_of,
    processes_of,
    wait_for,
)


@pytest.fixture
def base() -> Iterator[Path]:
    """An empty directory, in which the servers are to start for the first time."""
    with directory() as path:
        yield path


@pytest.fixture(scope="module")
def stopped() -> Iterator[Path]:
    """A clone whose servers were started once and have stopped."""
    with directory() as path:
        user = User(path)
        user.urls()
        user.leave()
        yield path


@pytest.fixture
def used(stopped: Path, base: Path) -> Path:
    """A copy of it: a first start, which waits for the disk, takes four times as long."""
    subprocess.run(["cp", "-a", stopped / ".local", base], check=True)
    return base


def run_sql(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def postmaster(base: Path) -> int:
    return int((base / ".local" / "postgres" / "postmaster.pid").read_text().split()[0])


def test_two_processes_share_servers_that_want_their_password_and_the_last_to_leave_stops_them(
    used: Path,
) -> None:
    first, second = User(used), User(used)
    database_url, redis_url = first.urls()

    version = run_sql(database_url, "SHOW server_version_num")
    pong = redis.Redis.from_url(redis_url).ping()
    settings = [
        run_sql(database_url, f"SHOW {name}") for name in ("fsync", "jit", "listen_addresses")
    ]
    with pytest.raises(psycopg2.OperationalError, match="password"):
        run_sql(re.sub(r":[^:@]+@", ":guess@", database_url), "SELECT 1")
    with pytest.raises(redis.exceptions.AuthenticationError):
        redis.Redis.from_url(re.sub(r":[^:@]+@", "", redis_url)).ping()

    assert str(version).startswith("18")
    assert pong is True
    assert settings == ["on", "off", "127.0.0.1"]
    assert {urlsplit(url).hostname for url in (database_url, redis_url)} == {"127.0.0.1"}
    assert second.urls() == [database_url, redis_url]
    first.leave()
    assert run_sql(database_url, "SELECT 1") == 1
    second.leave()
    assert processes_of(used) == []


def test_processes_started_at_once_agree_on_one_pair_of_servers_and_clear_up_a_half_made_one(
    base: Path,
) -> None:
    half = base / ".local" / "postgres.new-1"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    users = [User(base) for _ in range(3)]

    answers = {tuple(user.urls()) for user in users}
    servers = [p for p in processes_of(base) if p.name() == "postgres" and "-D" in p.cmdline()]
    for user in users:
        user.leave()

    assert len(answers) == 1
    assert len(servers) == 1
    assert processes_of(base) == []
    assert not half.exists()


def test_data_in_both_survives_a_restart_and_a_pid_file_left_by_a_power_cut_is_ignored(
    used: Path,
) -> None:
    user = User(used)
    database_url, redis_url = user.urls()
    run_sql(database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(redis_url).set("kept", "yes")
    data = used / ".local" / "postgres"
    pid_file = data / "postmaster.pid"
    left, pid = pid_file.read_text(), postmaster(used)
    user.leave()
    owner = data.stat()
    # Its number may by now be another program's; those of other users are ignored anyway.
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid) as other:
        pid_file.write_text(left.replace(str(pid), str(other.pid), 1))
        os.chown(pid_file, owner.st_uid, owner.st_gid)

        again = User(used)
        urls = again.urls()
        other.kill()
    kept = run_sql(urls[0], "SELECT answer FROM kept"), redis.Redis.from_url(urls[1]).get("kept")
    again.leave()

    assert urls == [database_url, redis_url]
    assert kept == (42, b"yes")


def test_servers_of_a_killed_process_are_stopped(used: Path) -> None:
    log = used / ".local" / "postgres.log"
    log.unlink()
    user = User(used)
    user.urls()

    user.kill()

    assert wait_for(lambda: processes_of(used) == [])
    assert "database system is shut down" in log.read_text()  # cleanly


FORKING = """
import os, pathlib, sys, time
import psycopg2
from budget_manager import bundled
url, _ = bundled.urls(pathlib.Path(sys.argv[1]), database_url="", redis_url="")
if os.fork() == 0:
    time.sleep(1.5)
    psycopg2.connect(url).close()
    print("still up", flush=True)
os._exit(0)
"""


def test_servers_stay_up_for_a_forked_child_that_outlives_its_parent(used: Path) -> None:
    forked = subprocess.run(
        [sys.executable, "-c", FORKING, str(used)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,  # so this waits for the child, which holds the pipe as well
        text=True,
        check=True,
    )

    assert forked.stdout == "still up\n", forked.stderr
    assert wait_for(lambda: processes_of(used) == [])


@pytest.mark.faults
def test_a_killed_postgres_is_recovered_by_the_next_command(used: Path) -> None:
    user = User(used)
    database_url, _ = user.urls()
    run_sql(database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(used), signal.SIGKILL)

    again = User(used)
    urls = again.urls()
    answer = run_sql(urls[0], "SELECT answer FROM kept")
    again.leave()
    user.leave()

    assert answer == 42


@pytest.mark.faults
def test_a_killed_redis_is_started_again_by_the_next_command(used: Path) -> None:
    user = User(used)
    _, redis_url = user.urls()
    redis.Redis.from_url(redis_url).set("kept", "yes")
    for process in processes_of(used):
        if "redis" in process.name():
            process.kill()
    assert wait_for(lambda: "redis" not in str(names_of(used)))

    again = User(used)
    kept = redis.Redis.from_url(again.urls()[1]).get("kept")
    again.leave()
    user.leave()

    assert kept == b"yes"


def test_a_port_taken_meanwhile_is_replaced_by_a_free_one(used: Path) -> None:
    state = json.loads((used / ".local" / "servers.json").read_text())
    before = {server["port"] for server in state.values()}
    with ExitStack() as taken:
        for port in before:
            with suppress(OSError):  # somebody else has taken it
                taken.enter_context(socket.create_server(("127.0.0.1", port)))

        user = User(used)
        after = {urlsplit(url).port for url in user.urls()}
        user.leave()

    assert len(before) == 2
    assert after.isdisjoint(before)


def test_two_clones_at_once_do_not_meet(used: Path) -> None:
    with directory() as other:
        one, two = User(used), User(other)
        here, there = one.urls(), two.urls()
        run_sql(here[0], "CREATE TABLE mine (x int)")
        seen = run_sql(there[0], "SELECT count(*) FROM pg_class WHERE relname = 'mine'")
        one.leave()
        two.leave()

    assert seen == 0
    assert {urlsplit(u).port for u in here}.isdisjoint({urlsplit(u).port for u in there})


@pytest.mark.parametrize(
    ("database_url", "redis_url", "started"),
    [
        ("postgres://elsewhere/db", "", "redis"),
        ("", "redis://elsewhere:6379/0", "postgres"),
    ],
)
def test_only_the_server_whose_url_is_missing_is_bundled(
    used: Path, database_url: str, redis_url: str, started: str
) -> None:
    user = User(used, database_url, redis_url)
    urls = user.urls()
    names = names_of(used)
    user.leave()

    assert (database_url or redis_url) in urls
    assert any(started in name for name in names)
    assert not any(name in str(names) for name in {"redis", "postgres"} - {started})


def test_nothing_is_started_or_written_when_both_urls_are_given(base: Path) -> None:
    user = User(base, "postgres://elsewhere/db", "redis://elsewhere:6379/0")
    assert user.urls() == ["postgres://elsewhere/db", "redis://elsewhere:6379/0"]
    user.leave()

    assert list(base.iterdir()) == []


def test_other_users_of_the_machine_cannot_read_the_passwords(stopped: Path) -> None:
    local = stopped / ".local"
    for name in ("servers.json", "redis.conf"):
        assert stat.S_IMODE((local / name).stat().st_mode) == 0o600
    for name in ("postgres", "redis"):
        assert stat.S_IMODE((local / name).stat().st_mode) == 0o700


def test_servers_start_in_a_clone_with_a_path_longer_than_a_socket_may_have(
    used: Path,
) -> None:
    deep = used / ("deep" * 20) / ("deeper" * 15)
    deep.mkdir(parents=True)
    (used / ".local").rename(deep / ".local")
    user = User(deep)
    assert run_sql(user.urls()[0], "SELECT 1") == 1
    user.leave()


def test_a_cluster_of_another_major_version_is_refused_with_a_sentence(base: Path) -> None:
    data = base / ".local" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")

    error = User(base).error()

    assert error.startswith(f"error: {data} was made by PostgreSQL 16, and the one here")
    assert "Traceback" not in error


@pytest.mark.faults
def test_killed_at_any_moment_of_its_start_a_process_leaves_nothing_and_harms_nothing(
    base: Path,
) -> None:
    for tenths in range(1, 14):
        user = User(base)
        time.sleep(tenths / 10)
        user.kill()
        if tenths % 3 == 0:  # else the next one starts into the clearing up
            assert wait_for(lambda: processes_of(base) == [])

    again = User(base)
    database_url, redis_url = again.urls()
    assert run_sql(database_url, "SELECT 1") == 1
    assert redis.Redis.from_url(redis_url).ping()
    again.leave()
    assert processes_of(base) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="about being started by root")
def test_started_by_root_in_a_directory_closed_to_others_postgresql_runs_as_another_user(
    base: Path,
) -> None:
    base.chmod(0o700)
    user = User(base)
    database_url, _ = user.urls()
    data = run_sql(database_url, "SHOW data_directory")
    owner = psutil.Process(postmaster(base)).uids().effective
    user.leave()

    assert data == str(base / ".local" / "postgres")
    assert owner == Path(str(data)).stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="about being started by root")
def test_started_by_root_in_another_users_clone_everything_stays_that_users(base: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    user = User(base)
    user.urls()
    running = {process.info["name"]: process.uids().real for process in processes_of(base)}
    user.leave()

    assert {running["postgres"], running["redis-server"]} == {nobody.pw_uid}
    left = [base / ".local", *(base / ".local").rglob("*")]
    assert {path.stat().st_uid for path in left} == {nobody.pw_uid}


@pytest.mark.faults
@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_server_ends_when_its_keeper_is_killed_and_the_next_command_starts_it_again(
    used: Path, name: str
) -> None:
    user = User(used)
    urls = user.urls()
    (keeper,) = [p for p in processes_of(used) if f"{used}/.local/{name}.in-use" in p.cmdline()]
    keeper.kill()

    again = User(used)
    assert again.urls() == urls
    assert run_sql(urls[0], "SELECT 1") == 1
    assert redis.Redis.from_url(urls[1]).ping()
    again.leave()
    user.leave()
    assert processes_of(used) == []


def is_deleted(path: Path) -> bool:
    """Try to delete the directory, into which a server may just be writing."""
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


def test_deleting_local_while_the_servers_run_leaves_no_process_behind(used: Path) -> None:
    user = User(used)
    user.urls()

    assert wait_for(lambda: is_deleted(used / ".local"))
    user.leave()

    assert wait_for(lambda: processes_of(used) == [])


def test_dbshell_finds_psql_on_a_machine_that_has_none(used: Path) -> None:
    copy_project(used)
    shell = subprocess.run(
        [sys.executable, "manage.py", "dbshell", "--", "-Atc", "SELECT 6 * 7"],
        cwd=used,
        env=environment(PATH=str(used)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert shell.stdout == "42\n", shell.stderr
