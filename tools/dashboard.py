"""Asks a real Prometheus everything that the dashboard and the alert rules ask.

    tools/dashboard.py

Runs the application under load, has Prometheus scrape it for two minutes, and evaluates each
expression. One of the dashboard that has no data, or a rule that cannot be evaluated, is a mistake:
exits with 1. Needs prometheus and promtool (Debian has both in `prometheus`).
"""

import json
import logging
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "budget_manager.settings"
os.environ["MONITORING_TOKEN"] = TOKEN = "of the dashboard"  # noqa: S105

import django  # noqa: E402

django.setup()

from ads.models import Spend  # noqa: E402
from ads.tests.own_redis import free_port  # noqa: E402
from budget_manager.tests.faults.system.load import Load  # noqa: E402
from budget_manager.tests.faults.system.stack import Stack  # noqa: E402
from budget_manager.tests.support import directory  # noqa: E402

MONITORING = ROOT / "monitoring"
RULES = MONITORING / "prometheus-alerts.yml"
LOADED = 120  # seconds

CONFIG = """
global: {{scrape_interval: 5s, evaluation_interval: 5s}}
scrape_configs:
  - job_name: budget-manager
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["{target}"]}}]
rule_files: [{rules}]
"""


def main() -> int:
    """The exit status."""
    logging.getLogger("ads").setLevel(logging.WARNING)
    subprocess.run(["promtool", "check", "rules", str(RULES)], check=True)
    with directory() as base:
        stack = Stack(base)
        try:
            with stack.database():
                stack.prepare()
                stack.start()
                stack.one_check()
                with scraping(base, stack.addresses[0]) as address, Load(stack) as load:
                    time.sleep(LOADED)
                    make_a_problem_and_a_correction(load)
                    time.sleep(15)
                    return answered(address)
        finally:
            stack.stop()


class scraping:  # noqa: N801 - used as a function
    """Prometheus runs inside."""

    def __init__(self, base: Path, target: str) -> None:
        config = base / "prometheus.yml"
        config.write_text(CONFIG.format(token=TOKEN, target=target, rules=RULES))
        self.address = f"127.0.0.1:{free_port()}"
        words = [f"--config.file={config}", f"--storage.tsdb.path={base / 'prometheus'}"]
        self.command = ["prometheus", *words, f"--web.listen-address={self.address}"]

    def __enter__(self) -> str:
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        return self.address

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def make_a_problem_and_a_correction(load: Load) -> None:
    """What the load does not bring by itself."""
    load.client.ask("/spend/entries", {"campaign": "none"})
    Spend.objects.bulk_create(
        Spend(campaign_id=load.of["totals"][0], amount=-1, date=day, source="x", kind="correction")
        for day in Spend.objects.values_list("date", flat=True)[:1]
    )


def answered(address: str) -> int:
    """Ask all; the exit status."""
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    wrong = 0
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$job", "budget-manager")
            found = ask(address, "query", query=query.replace("$__rate_interval", "1m"))["result"]
            values = [each["value"][1] for each in found]
            wrong += (bad := not found or set(values) == {"NaN"})
            print(f"{'WRONG' if bad else 'ok':6}{panel['title']}: {len(found)} series {values[:3]}")
    for group in ask(address, "rules")["groups"]:
        for rule in group["rules"]:
            wrong += (bad := rule["health"] != "ok")
            print(f"{'WRONG' if bad else 'ok':6}{rule['name']}: {rule['state']}")
    return 1 if wrong else 0


def ask(address: str, what: str, **given: str) -> Any:
    url = f"http://{address}/api/v1/{what}?{urllib.parse.urlencode(given)}"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["data"]


if __name__ == "__main__":
    sys.exit(main())
