"""The whole application: the Procfile's processes on servers of their own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
from celery import Celery
from django.db import DatabaseError, connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from ads.models import Heartbeat
from ads.tests.own_redis import OwnRedis, free_port
from budget_manager.processes import parse_procfile
from budget_manager.tests.faults.system.servers import PATIENCE, OwnPostgres, with_parent
from budget_manager.tests.support import ROOT, environment, wait_for
from budget_manager.tests.template import copy_template, using

#: Flower only watches.
LEFT_OUT = {"flower"}

CHECK = "check_campaign_budgets"

#: The tasks that run here, and every how many seconds instead of minutes.
EVERY = {
    f"ads.tasks.{CHECK}": 2,
    "ads.tasks.enforce_dayparting": 2,
    "ads.tasks.reset_daily_budgets": 5,
    "ads.tasks.reset_monthly_budgets": 5,
    "ads.tasks.continue_imports": 2,
    "ads.tasks.record_waiting_spend": 5,
}

#: A copy of the database before anything is in it.
EMPTY = "empty"


class Stack:
    """Servers and processes; each may be killed and started again."""

    #: Seconds after which a program takes a request for lost.
    timeout = 30.0

    def __init__(self, base: Path) -> None:
        self.base = base
        self.log = base / "processes.log"
        self.port = free_port()
        #: Where web answers.
        self.addresses = [f"127.0.0.1:{self.port}"]
        commands = parse_procfile((ROOT / "Procfile").read_text())
        self.commands = {name: line for name, line in commands.items() if name not in LEFT_OUT}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.databases: set[str] = set()
        self._groups: list[int] = []
        self.start_servers()
        self.app = Celery("faults", set_as_current=False)
        self.app.config_from_object("django.conf:settings", namespace="CELERY")
        self.app.conf.update(broker_url=self.redis.url, result_backend=self.redis.url)

    def start_servers(self) -> None:
        """PostgreSQL and Redis, for everything else."""
        self.postgres = OwnPostgres(self.base)
        self.redis = OwnRedis(self.base)

    @property
    def workers(self) -> list[str]:
        """The names of those processes that run tasks."""
        return [name for name, line in self.commands.items() if " worker" in line]

    def prepare(self) -> None:
        """Make the tables, and keep a copy of them; let the clock of tasks go faster."""
        copy_template(to=self.postgres.url())
        for task, seconds in EVERY.items():
            every, _ = IntervalSchedule.objects.get_or_create(every=seconds, period="seconds")
            PeriodicTask.objects.filter(task=task).update(
                crontab=None, interval=every, expire_seconds=2 * seconds
            )
        PeriodicTask.objects.exclude(task__in=EVERY).update(enabled=False)
        PeriodicTasks.update_changed()
        connection.close()
        self.make_database(EMPTY)

    def make_database(self, name: str, like: str = "budget_manager") -> None:
        """Copy a database that nobody uses."""
        with self.database("postgres"), connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        self.databases.add(name)

    @contextmanager
    def database(self, name: str = "budget_manager") -> Iterator[None]:
        """Have Django use this database in this process."""
        with using(self.postgres.url(name)):
            yield

    def start(self) -> None:
        """Start what does not run."""
        for name in self.commands:
            if name not in self.processes or self.processes[name].poll() is not None:
                self.processes[name] = self.spawn(name)

    def spawn(self, name: str, *before: str, **changes: str) -> "subprocess.Popen[bytes]":
        """Start the process of this name, once more if it runs."""
        command = ["/bin/sh", "-c", f"exec {self.commands[name]}"]
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                with_parent([*before, *command]),
                cwd=ROOT,
                env=self.environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._groups.append(process.pid)
        return process

    def environment(self, database: str = "budget_manager", **changes: str) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return environment(
            **{
                "PATH": path,
                "DATABASE_URL": self.postgres.url(database),
                "REDIS_URL": self.redis.url,
                "SECRET_KEY": "of the faults",
                "DEBUG": "false",
                "SIMULATED_PLATFORM": "false",
                "ALLOWED_HOSTS": "127.0.0.1",
                "BIND": f"127.0.0.1:{self.port}",
                "ACCESS_LOG": os.devnull,
                **changes,
            }
        )

    def manage(self, *words: str, database: str = "budget_manager") -> "subprocess.Popen[bytes]":
        """A command of manage.py that runs beside everything else."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                with_parent([sys.executable, "manage.py", *words]),
                cwd=ROOT,
                env=self.environment(database),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End this process and wait for it; what it leaves behind stays."""
        self.processes[name].send_signal(number)
        self.processes[name].wait(PATIENCE)

    def children(self, name: str) -> list[psutil.Process]:
        """The processes of a pool."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.processes[name].pid).children()
        return []

    def stop(self) -> None:
        """End everything, and what killed processes have left."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        for process in self.processes.values():
            process.wait(PATIENCE)
        self.redis.stop()
        self.postgres.stop()

    def one_check(self) -> datetime:
        """Wait for one complete check of all campaigns from now on; the instant it decided for."""
        asked = timezone.now()
        found: list[datetime] = []

        def checked() -> bool:
            try:
                for beat in Heartbeat.objects.filter(task=CHECK, last_success_at__gt=asked):
                    assert beat.last_success_at is not None
                    found.append(beat.last_success_at)
            except DatabaseError:
                connection.close()
            return bool(found)

        assert wait_for(checked, PATIENCE), f"no check since {asked}:\n{self.last_words()}"
        return found[0]

    @contextmanager
    def watching(self) -> Iterator[Callable[[str], float]]:
        """A session of its own that asks for one figure after the other."""
        with closing(psycopg2.connect(self.postgres.url())) as session:
            session.autocommit = True

            def ask(sql: str) -> float:
                with session.cursor() as cursor:
                    cursor.execute(sql)
                    (figure,) = cursor.fetchone() or (0,)
                    return float(figure)

            yield ask

    def run(self, task: str, timeout: float = PATIENCE) -> Any:
        """Have a worker run a task, whose clock may be wrong; what it raised, or returned."""
        result = self.app.send_task(f"ads.tasks.{task}")
        assert wait_for(result.ready, timeout), self.last_words()
        return result.result

    def last_words(self, lines: int = 60) -> str:
        """The end of what the processes and PostgreSQL have said."""
        return "\n".join(
            "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
            for log in (self.log, self.postgres.log)
        )


def last_check() -> str:
    """SQL for how many seconds ago the last check of all campaigns was."""
    return (
        "SELECT extract(epoch FROM clock_timestamp() - last_success_at)"
        f" FROM ads_heartbeat WHERE task = '{CHECK}'"
    )


def wrong_clock(by: str) -> dict[str, str]:
    """The variables of a process whose clock is wrong ``by`` so much, as "+90m"."""
    faketime = shutil.which("faketime")
    if faketime is None and not os.environ.get("CI"):
        pytest.skip("faketime is not installed")
    assert faketime is not None
    library = subprocess.run(
        [faketime, "-m", "-f", "+0", "printenv", "LD_PRELOAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return {"LD_PRELOAD": library, "FAKETIME": by, "DONT_FAKE_MONOTONIC": "1"}
