"""Everything the Procfile starts, on servers of its own, under load for half an hour.

Each round is a world of its own that spends for a minute by the API and by COPY; then everything
must be there, once. Meanwhile memory, connections, queued messages and the age of the last check
are sampled. A figure is flat if the line through its samples, the first quarter left out, rises by
less than a tenth of its mean, or by less than what is worth a word, from one end to the other.
"""

import logging
import statistics
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psutil
import redis
from support.report import load as busy
from support.report import options, table

from budget_manager.tests.faults.system.check import check
from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.stack import Stack, last_check
from budget_manager.tests.support import directory

ROUND = 60.0  # seconds
EVERY = 3.0

#: What of a figure is worth a word: MiB, connections, messages, seconds.
WORTH = {"memory": 5.0, "connections": 3.0, "queued": 5.0, "check": 3.0}

Samples = dict[str, list[tuple[float, float]]]


def main() -> None:
    given = options(__doc__, minutes=30).parse_args()
    logging.getLogger("ads").setLevel(logging.WARNING)  # what this process makes is no news
    samples: Samples = defaultdict(list)
    with directory() as base:
        stack = Stack(base)
        try:
            with stack.database():
                stack.prepare()
                stack.start()
                stack.one_check()
                soak(stack, given.minutes * 60, samples)
        finally:
            stack.stop()
    table(row(name, seen) for name, seen in samples.items())


def soak(stack: Stack, seconds: float, samples: Samples) -> None:
    done = threading.Event()
    began = time.monotonic()
    sampling = threading.Thread(target=sample, args=(stack, samples, done), daemon=True)
    sampling.start()
    try:
        while time.monotonic() - began < seconds:
            with Load(stack) as load:
                time.sleep(ROUND)
                said = check(stack, load)
            print(f"{time.monotonic() - began:5.0f} s: {said}; {busy()}", flush=True)
    finally:
        done.set()
        sampling.join()


def sample(stack: Stack, samples: Samples, done: threading.Event) -> None:
    """What there is to see from outside, every few seconds."""
    began = time.monotonic()
    with redis.Redis(port=stack.redis.port) as broker, stack.watching() as ask:
        while not done.wait(EVERY):
            at = time.monotonic() - began
            for name, process in stack.processes.items():
                samples[f"memory of {name}, MiB"].append((at, memory(process.pid) / 2**20))
            samples["connections"].append((at, ask("SELECT count(*) FROM pg_stat_activity")))
            queued = sum(int(broker.llen(name)) for name in stack.app.amqp.queues)
            samples["queued messages"].append((at, queued))
            samples["check, seconds ago"].append((at, ask(last_check())))


def memory(pid: int) -> float:
    """Of a process and its children, in bytes; what they share counts once."""
    root = psutil.Process(pid)
    return float(sum(one.memory_full_info().uss for one in [root, *root.children(recursive=True)]))


def row(name: str, seen: list[tuple[float, float]]) -> tuple[str, str, str]:
    """Its mean, its slope, and whether it is flat."""
    warm = seen[len(seen) // 4 :]
    times, values = zip(*warm, strict=True)
    mean = statistics.fmean(values)
    slope = statistics.linear_regression(times, values).slope
    rises = slope * (times[-1] - times[0])
    worth = next(least for word, least in WORTH.items() if word in name)
    flat = rises < max(mean / 10, worth)
    measured = f"{mean:.1f}, at most {max(values):.1f}, {slope * 3600:+.1f} an hour"
    return name, measured, "flat" if flat else "RISES"


if __name__ == "__main__":
    main()
