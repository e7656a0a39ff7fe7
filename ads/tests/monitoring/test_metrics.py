"""What Prometheus reads, and that the dashboard and the alerts ask for nothing else."""

import json
import os
import re
import runpy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.utils import timezone
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from ads.models import Heartbeat, MetricCounter, Spend
from ads.services.monitoring import ProblemKind
from ads.services.operations import heartbeats
from ads.tests.factories import CampaignFactory
from ads.tests.monitoring.conftest import CHECK
from ads.tests.support import enforce_all, spend

pytestmark = pytest.mark.real_clock

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(monitor: Client) -> Samples:
    """The value of each series."""
    text = monitor.get("/metrics").content.decode()
    found = [
        ((sample.name, frozenset(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(found) == len(dict(found)), "a series is there twice"
    return dict(found)


def value(found: Samples, name: str, /, **labels: str) -> float | None:
    return found.get((f"budget_manager_{name}", frozenset(labels.items())))


@pytest.mark.usefixtures("well")
def test_runs_of_a_task_and_their_durations_add_up(monitor: Client) -> None:
    now = timezone.now()
    before = samples(monitor)
    with heartbeats.beat(CHECK, now):
        pass
    with heartbeats.beat(CHECK, now) as run:
        run.errors.append("Campaign 1 could not be enforced.")
    Heartbeat.objects.update(total_duration=timedelta(seconds=7.5))
    with pytest.raises(ZeroDivisionError), heartbeats.beat("update_spend", now):
        1 / 0  # noqa: B018

    after = samples(monitor)

    assert value(before, "task_duration_seconds_count", task=CHECK) == 0
    assert value(after, "task_duration_seconds_count", task=CHECK) == 2
    assert value(after, "task_duration_seconds_sum", task=CHECK) == 7.5
    assert value(after, "task_failures_total", task=CHECK) == 1
    assert value(after, "task_failing", task=CHECK, name="Check") == 1
    assert value(after, "task_late", task=CHECK, name="Check") == 0
    assert value(after, "problems", kind="task_failing") == 1
    assert value(after, "problems", kind="task_late") == 0
    assert Heartbeat.objects.filter(task="update_spend", runs=1, failures=1).exists()


@pytest.mark.usefixtures("well")
def test_spend_switches_and_the_lag_are_counted(monitor: Client) -> None:
    samples(monitor)  # counters begin with the first
    campaign = CampaignFactory.create(daily_budget=10, brand__currency="EUR")
    enforce_all(timezone.now())
    spend(campaign, "10.5", timezone.now())

    found = samples(monitor)

    assert value(found, "spend_entries_total", source="test", kind="entry", currency="EUR") == 1
    assert value(found, "spend_amount_total", source="test", currency="EUR") == 10.5
    assert value(found, "spend_taken_back_total", source="test", currency="EUR") == 0
    off = {"direction": "off", "hold": "daily_budget", "trigger": "spend"}
    assert value(found, "switches_total", **off) == 1
    assert value(found, "stop_lag_seconds_count", trigger="spend") == 1
    assert value(found, "stop_lag_seconds_bucket", trigger="spend", le="3600.0") == 1
    assert value(found, "unenforced_campaigns") == 0


@pytest.mark.usefixtures("well")
def test_a_lag_that_was_counted_with_other_bounds_is_still_counted(monitor: Client) -> None:
    for bound, count in (("0.2", 3), ("60.0", 4), ("+Inf", 1)):
        labels = ["spend", bound]
        MetricCounter.objects.create(name="stop_lag_bucket", labels=labels, value=count)

    found = samples(monitor)

    for bound, count in (("0.1", 0), ("0.5", 3), ("60.0", 7), ("3600.0", 7), ("+Inf", 8)):
        assert value(found, "stop_lag_seconds_bucket", trigger="spend", le=bound) == count
    assert value(found, "stop_lag_seconds_count", trigger="spend") == 8


@pytest.mark.usefixtures("well")
def test_the_apis_problems_are_counted_by_kind(monitor: Client) -> None:
    before = value(samples(monitor), "api_problems_total", kind="no-key")
    assert before is not None

    assert Client().get("/api/v1/campaigns").status_code == 401

    assert value(samples(monitor), "api_problems_total", kind="no-key") == before + 1


@pytest.mark.usefixtures("well")
def test_what_several_processes_counted_is_added_up(
    monitor: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    labels = {"kind": "no-key"}
    name = "budget_manager_api_problems"
    key = mmap_key(name, f"{name}_total", [*labels], [*labels.values()], "")
    for pid, count in ((1, 2.0), (2, 3.0)):  # as prometheus_client keeps them in each process
        kept = MmapedDict(str(tmp_path / f"counter_{pid}.db"))  # type: ignore[no-untyped-call]
        kept.write_value(key, count, 0)  # type: ignore[no-untyped-call]
        kept.close()  # type: ignore[no-untyped-call]
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    found = samples(monitor)

    assert value(found, "api_problems_total", **labels) == 5
    assert value(found, "database_up") == 1


def test_gunicorn_gives_its_processes_a_folder_to_count_in_and_removes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR")

    configured = runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    assert folder.is_dir()
    runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))  # a reload
    assert Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) == folder

    configured["on_exit"](None)
    assert not folder.exists()


def test_gunicorn_keeps_a_folder_that_it_was_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py"))["on_exit"](None)

    assert tmp_path.is_dir()


MONITORING = Path(settings.BASE_DIR) / "monitoring"


def queries() -> Iterator[tuple[str, str]]:
    """Where each query is, and the query."""
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    rules = yaml.safe_load((MONITORING / "prometheus-alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


#: Added by Prometheus.
ITS_OWN = {"job", "instance"}


@pytest.mark.usefixtures("well")
def test_the_dashboard_and_the_alerts_ask_for_metrics_and_labels_that_exist(
    monitor: Client,
) -> None:
    samples(monitor)
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(timezone.now())
    spend(campaign, 10, timezone.now())
    Spend.objects.create(campaign=campaign, amount=1, date=timezone.now().date())
    labels: dict[str, set[str]] = {}
    for name, pairs in samples(monitor):
        labels.setdefault(name, set()).update(label for label, _ in pairs)
    asked = list(queries())
    assert len(asked) > 25

    for where, query in asked:
        found = re.findall(r"(budget_manager_\w+)\{([^}]*)\}", query)
        assert len(found) == query.count("budget_manager_"), f"{where}: a query without a job"
        grouped = {
            label.strip()
            for those in re.findall(r"\b(?:by|without) \(([^)]*)\)", query)
            for label in those.split(",")
        }
        for name, conditions in found:
            assert name in labels, f"{where}: {name}"
            named = set(re.findall(r"(\w+)=~?\"", conditions)) | grouped
            assert named - ITS_OWN <= labels[name], f"{where}: {named - labels[name]}"


def test_alerts_name_kinds_of_problems_that_exist() -> None:
    kinds = set(
        re.findall(r'problems\{[^}]*kind="(\w+)"', " ".join(query for _, query in queries()))
    )

    assert {"backup_late", "restore_held"} <= kinds <= set(ProblemKind)


def test_every_alert_has_a_summary_and_a_severity() -> None:
    rules = yaml.safe_load((MONITORING / "prometheus-alerts.yml").read_text())["groups"][0]["rules"]

    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith((".", "?"))
