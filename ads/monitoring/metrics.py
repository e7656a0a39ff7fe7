"""``/metrics``: the report and the counters in Prometheus's format.

The counters come from the database, and are the same from whichever process answers; so does the
report, but for the queues, which Redis knows, and the clock and the timezones of the process that
answers. Only the API's problems are counted in processes.
Amounts become floats here and nowhere else: they are for rates and alarms, not for accounting.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from ads.models import Heartbeat, MetricCounter
from ads.services.monitoring import BOUNDS, INFINITE, LABELS, ProblemKind, Report
from ads.services.operations import Health, TaskHealth, health

PREFIX: Final = "budget_manager_"

#: Counted in processes, by :mod:`ads.api`.
API_PROBLEMS: Final = f"{PREFIX}api_problems"

_COUNTED: Final = {
    "spend_entries": "Entries of the ledger that were recorded.",
    "spend_amount": "Spend that was recorded, in units of its currency.",
    "spend_taken_back": "Spend that corrections took back, in units of its currency.",
    "switches": "Campaigns switched on or off, by the leading hold and what triggered the check.",
}


def exposition(report: Report | None, counters: Iterable[MetricCounter]) -> bytes:
    """The metrics as text; ``report`` None: the database does not answer."""
    registry = CollectorRegistry()
    registry.register(_Database(report, counters))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # of all processes of this gunicorn
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    own = REGISTRY.restricted_registry([API_PROBLEMS, f"{API_PROBLEMS}_total"])
    return generate_latest(registry) + generate_latest(own)


class _Database(Collector):
    """What the database and Redis say."""

    def __init__(self, report: Report | None, counters: Iterable[MetricCounter]) -> None:
        self._report = report
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        yield _gauge("database_up", "Does the database answer?", self._report is not None)
        if self._report is None:
            return
        yield from _tasks(self._report.tasks or [])
        yield from _state(self._report)
        yield from _counted(self._counters)


def _tasks(tasks: list[TaskHealth]) -> Iterator[Metric]:
    late = GaugeMetricFamily(
        f"{PREFIX}task_late", "Is the periodic task late?", labels=["name", "task"]
    )
    failing = GaugeMetricFamily(
        f"{PREFIX}task_failing", "Did the task's last run have errors?", labels=["name", "task"]
    )
    beats: dict[str, Heartbeat] = {}
    for each in tasks:
        if not each.task.task.startswith(health.OURS):
            continue
        task = each.task.task.removeprefix(health.OURS)
        late.add_metric([each.task.name, task], each.health == Health.LATE)
        failing.add_metric([each.task.name, task], each.health == Health.FAILING)
        if each.heartbeat:
            beats[task] = each.heartbeat
    runs = SummaryMetricFamily(
        f"{PREFIX}task_duration_seconds", "Runs of tasks, and how long they took.", labels=["task"]
    )
    failures = CounterMetricFamily(f"{PREFIX}task_failures", "Runs with errors.", labels=["task"])
    last = GaugeMetricFamily(
        f"{PREFIX}task_last_duration_seconds", "How long the last run took.", labels=["task"]
    )
    success = GaugeMetricFamily(
        f"{PREFIX}task_last_success_timestamp_seconds",
        "When the last run without errors began.",
        labels=["task"],
    )
    for task, beat in beats.items():
        runs.add_metric([task], beat.runs, beat.total_duration.total_seconds())
        failures.add_metric([task], beat.failures)
        if beat.last_duration is not None:
            last.add_metric([task], beat.last_duration.total_seconds())
        if beat.last_success_at is not None:
            success.add_metric([task], beat.last_success_at.timestamp())
    yield from (late, failing, runs, failures, last, success)


def _state(report: Report) -> Iterator[Metric]:
    """Parts that could not be worked out have no value."""
    yield _gauge("redis_up", "Does Redis answer?", report.queues is not None)
    depth = GaugeMetricFamily(
        f"{PREFIX}queue_depth", "Tasks that no worker has taken yet.", labels=["queue"]
    )
    for queue, length in (report.queues or {}).items():
        depth.add_metric([queue], length)
    yield depth
    problems = GaugeMetricFamily(
        f"{PREFIX}problems", "What /health says needs attention.", labels=["kind"]
    )
    found = Counter(problem.kind for problem in report.problems)
    for kind in ProblemKind:
        problems.add_metric([kind.value], found[kind])
    yield problems
    if report.unenforced is not None:
        yield _gauge(
            "unenforced_campaigns",
            "Campaigns that deliver although a budget is used up.",
            report.unenforced.count,
        )
        yield _gauge(
            "unenforced_oldest_seconds",
            "For how long that has been known of one of them; 0 without any.",
            _seconds_since(report.unenforced.since, report.now),
        )
    if report.clock is not None:
        yield _gauge(
            "clock_ahead_seconds",
            "By how much the clock of the process that answers is ahead of the database's.",
            report.clock.seconds,
        )
    if report.stuck is not None:
        yield _gauge(
            "stuck_sessions",
            "Sessions of the database that idle with locks, or keep others waiting.",
            len(report.stuck),
        )
        yield _gauge(
            "stuck_session_idle_seconds",
            "How long the longest of them has been idle.",
            max((each.idle or 0 for each in report.stuck), default=0),
        )
        yield _gauge(
            "waiting_sessions",
            "Sessions that wait for them.",
            sum(each.waiting for each in report.stuck),
        )
    timezones = GaugeMetricFamily(
        f"{PREFIX}timezone_database", "The timezone database in use.", labels=["release"]
    )
    timezones.add_metric([report.timezones.release], 1)
    yield timezones


def _counted(counters: Iterable[MetricCounter]) -> Iterator[Metric]:
    families = {
        name: CounterMetricFamily(f"{PREFIX}{name}", text, labels=LABELS[name])
        for name, text in _COUNTED.items()
    }
    lags: dict[str, dict[str, float]] = defaultdict(dict)
    sums: dict[str, float] = {}
    for counter in counters:
        if counter.name in families:
            families[counter.name].add_metric(counter.labels, float(counter.value))
        elif counter.name == "stop_lag_bucket":
            trigger, bound = counter.labels
            lags[trigger][bound] = float(counter.value)
        elif counter.name == "stop_lag_sum":
            sums[counter.labels[0]] = float(counter.value)
    yield from families.values()
    histogram = HistogramMetricFamily(
        f"{PREFIX}stop_lag_seconds",
        "From when spend that used up a budget was recorded until its campaign was stopped.",
        labels=["trigger"],
    )
    for trigger, within in lags.items():
        # By value: what was counted stays, whatever bounds a later version has.
        buckets = [
            (bound, sum(count for other, count in within.items() if float(other) <= float(bound)))
            for bound in (*map(str, BOUNDS), INFINITE)
        ]
        histogram.add_metric([trigger], buckets, sums.get(trigger, 0.0))
    yield histogram


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}{name}", text, value=value)


def _seconds_since(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0
