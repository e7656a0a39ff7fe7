"""The memory of each process that ./start.sh runs: at the start, warmed up, after its work.

Starts everything on a scratch database with a million campaigns. Web answers 10,000 requests of all
kinds, from eight clients at once; the workers check all campaigns 1,000 times, of which every
twentieth finds budgets changed, and in between import files, with their previews, and send reports.
Beat goes on sending what is due. A tenth of it warms the processes up; what they take then is
compared with what they take at the end, when the rest is done.

RSS is all that a process has in memory, PSS divides what several share among them; both in MB of a
million bytes, at rest. The peak is the largest RSS since the warm-up. A process is flat if its RSS
grows by at most 5 %, all together if the sum of their PSS does. The PSS of one also grows when
another no longer shares something with it.
"""

import logging
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import IO, Final, cast
from urllib.parse import urlsplit, urlunsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psutil
from django.conf import settings
from django.utils import timezone
from support.database import execute, scratch
from support.imports import import_file
from support.mixed_requests import TOKEN, MixedRequests
from support.report import expect, load, options
from support.workers import own_redis
from support.world import add_long_budgets, fill, settle

from ads.models import Brand, ReportSchedule
from ads.services.alerts import channels
from budget_manager.bundled.servers import free_port
from budget_manager.celery import app
from budget_manager.processes import parse_procfile

LARGEST: Final = 130.0  # MB
GROWTH: Final = 0.05
#: The part of the work that warms up.
WARM_UP: Final = 0.1
PATIENCE: Final = 600  # seconds for a task
#: Every so many checks, so many campaigns have another budget.
EVERY: Final = 20
CHANGED: Final = 1_000
#: As many as the worker for imports has processes, so that each is warm.
AT_ONCE: Final = 4

LONG_AGO: Final = timedelta(days=90)


START: Final = "import sys; from budget_manager.start import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process takes, in MB."""

    rss: float
    pss: float
    peak: float

    def __str__(self) -> str:
        return f"{self.rss:6.1f} {self.pss:6.1f}"


@dataclass
class Processes:
    """All that one process has started, by name; but not the servers."""

    root: psutil.Process
    seen: dict[str, list[Taken]] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)

    def note(self) -> None:
        """What each takes now. None may have been replaced since the last time."""
        pids = {name: each.pid for name, each in self._named()}
        expect(self.pids or pids, pids)
        self.pids = pids
        for name, pid in pids.items():
            self.seen.setdefault(name, []).append(taken(pid))
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew

    def _named(self) -> Iterator[tuple[str, psutil.Process]]:
        commands = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
        yield "start.sh", self.root
        for each in self.root.children():
            words = " ".join(each.cmdline())
            name = next((one for one, line in commands.items() if words.endswith(line)), "")
            if not name:
                continue
            children = sorted(each.children(recursive=True), key=lambda child: child.pid)
            yield name + (", parent" if children else ""), each
            for number, child in enumerate(children, start=1):
                yield f"{name} {number}", child


def taken(pid: int) -> Taken:
    def of(file: str, key: str) -> float:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{key}:"))
        return int(kilobytes) * 1024 / 1e6

    return Taken(of("smaps_rollup", "Rss"), of("smaps_rollup", "Pss"), of("status", "VmHWM"))


def main() -> None:
    sizes = options(
        __doc__, campaigns=1_000_000, requests=10_000, checks=1_000, rows=200_000
    ).parse_args()
    logging.getLogger("ads").setLevel(logging.WARNING)
    now = timezone.now()
    with scratch() as database, own_redis():
        fill(sizes.campaigns, brands=max(20, sizes.campaigns // 50), schedules=500, now=now)
        add_long_budgets()
        settle(now)
        schedule_report()
        with everything(database) as (process, port):
            processes = Processes(psutil.Process(process.pid))
            work = Work(port, sizes.campaigns, sizes.rows)
            processes.note()
            work.do(int(sizes.requests * WARM_UP), int(sizes.checks * WARM_UP))
            processes.note()
            work.do(
                sizes.requests - int(sizes.requests * WARM_UP),
                sizes.checks - int(sizes.checks * WARM_UP),
            )
            processes.note()
    report(processes.seen)


@contextmanager
def everything(database: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run what ./start.sh runs, until the block ends; yields its process and the port of web."""
    port, flower = free_port(18_000), free_port(15_555)
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{database}")),
        "REDIS_URL": settings.REDIS_URL,
        "MONITORING_TOKEN": TOKEN,
        "SIMULATED_PLATFORM": "false",  # which would report spend of all campaigns
        "PORT": str(port),
        "FLOWER_PORT": str(flower),
    }
    with subprocess.Popen(
        [sys.executable, "-c", START],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        output = cast("IO[str]", process.stdout)
        said: list[str] = []
        try:
            for line in output:
                said.append(line)
                if "Budget Manager is up" in line:
                    break
            else:
                raise SystemExit("".join(said[-30:]))
            # What it says goes on being read, or it would wait.
            threading.Thread(target=output.read).start()
            yield process, port
        finally:
            process.terminate()
            process.wait()


def schedule_report() -> None:
    """A brand's report that is due, and is again once its last month is forgotten."""
    channel, _ = channels.create(name="Mailbox", way="mail", address="team@example.com")
    made = ReportSchedule.objects.create(
        brand=Brand.objects.earliest("pk"), channel=channel, day_of_month=1
    )
    ReportSchedule.objects.filter(pk=made.pk).update(created_at=made.created_at - LONG_AGO)


class Work:
    """Requests, checks, imports and reports."""

    def __init__(self, port: int, campaigns: int, rows: int) -> None:
        self._campaigns = campaigns
        self._rows = rows
        self._random = random.Random(1)
        self._budgets = count(90)
        self._requests = MixedRequests(port, campaigns)

    def do(self, requests: int, checks: int) -> None:
        """So many of both; and imports, each of which has a preview, and a report."""
        print(f"{requests:,} requests ...", flush=True)
        self._requests.send(requests)
        print(f"{checks:,} checks, imports ... {load()}", flush=True)
        for number in range(checks):
            if number % EVERY == 0:
                self._change()
            run("check_campaign_budgets")
            if number == checks // 2:
                self._import_and_report()

    def _import_and_report(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for done in [
                pool.submit(import_file, self._rows, self._campaigns) for _ in range(AT_ONCE)
            ]:
                done.result()
        ReportSchedule.objects.update(last_month=None)
        run("send_reports")
        expect(0, ReportSchedule.objects.filter(last_month=None).count())

    def _change(self) -> None:
        """Other budgets, every second time above what has been spent."""
        number = next(self._budgets)
        first = self._random.randrange(1, self._campaigns - CHANGED)
        execute(
            "UPDATE ads_campaign SET daily_budget = %s WHERE id BETWEEN %s AND %s",
            [1 if number % 2 else number, first, first + CHANGED],
        )


def run(task: str) -> dict[str, int]:
    """Have a worker run it; what it returns."""
    done: dict[str, int] = app.send_task(f"ads.tasks.{task}").get(timeout=PATIENCE)
    return done


def report(seen: dict[str, list[Taken]]) -> None:
    print(f"{'MB':22}{'start':>13}  {'warmed up':>13}  {'end':>13}    peak")
    print(f"{'':22}" + "   RSS    PSS  " * 3)
    for name, (start, warm, end) in seen.items():
        verdicts = f"{flat(warm.rss, end.rss)}; {large(end.rss)} as RSS, {large(end.pss)} as PSS"
        print(f"{name:22}{start}  {warm}  {end}  {end.peak:6.1f}  {verdicts}")
    sums = [sum(each[at].pss for each in seen.values()) for at in range(3)]
    together = "  ".join(f"{each:13.1f}" for each in sums)
    print(f"{'together, PSS':22}{together}          {flat(*sums[1:])}")
    print(f"bounds: {LARGEST:.0f} MB each, {GROWTH:.0%}; {load()}", flush=True)


def flat(before: float, after: float) -> str:
    grown = after / before - 1
    return f"{grown:+.1%} {'flat' if grown <= GROWTH else 'GROWS'}"


def large(taken: float) -> str:
    return "kept" if taken <= LARGEST else "MISSED"


if __name__ == "__main__":
    main()
