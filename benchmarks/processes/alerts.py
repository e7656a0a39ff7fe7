"""What alerts cost a check, 10,000 at once, and how soon an event is sent.

- A check of all campaigns, and the look for alerts after it: where no spend has come in since the
  last look, where that of one brand in a hundred has, and of everything. Seconds of one processor
  would flatter neither; both take turns, and the shortest round counts.
- So many campaigns paused at once, with a rule about pauses and a channel: the check that pauses
  them with the rule and without, raising the alerts, and the one message that they become.
- With the workers of the Procfile: from the spend that passes 80% of a budget, one event a second,
  to the receiver of a signed webhook.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.conf import settings
from django.utils import timezone
from support.database import execute, execute_unaudited, scratch
from support.report import at_most, expect, options, percentile, seconds, table
from support.workers import own_redis, workers
from support.world import NOW, decide, fill, settle

from ads.models import Alert, AlertMessage, AlertRule, Campaign
from ads.services import alerts
from ads.services.ledger import SpendEntry, record_one
from budget_manager.processes import parse_procfile

SHARE = 0.1  # of a check
SENT = 10.0  # seconds


def main() -> None:
    sizes = options(
        __doc__, campaigns=1_000_000, brands=20_000, at_once=10_000, rounds=3, events=60
    ).parse_args()
    logging.getLogger("ads").setLevel(logging.WARNING)
    settings.ALERTS_TO_PRIVATE_ADDRESSES = True
    with own_redis():
        with receiver() as (address, got), scratch() as database:
            rows = sent(database, sizes.events, address, got)
        table(rows)
        with scratch():
            fill(sizes.campaigns, brands=sizes.brands, schedules=500, now=NOW)
            settle(NOW)
            table([*look(sizes.rounds), *at_once(sizes.at_once)])


def look(rounds: int) -> list[tuple[str, str, str]]:
    """Seconds of a check and of the looks after it."""
    now = NOW
    checks, quiet, some, everything = [], [], [], []
    for _ in range(rounds):
        now += timedelta(minutes=61)
        took, _ = seconds(decide)
        checks.append(took)
        took, _ = seconds(partial(alerts.evaluate, now))
        everything.append(took)
        # The sums of the world are as old as it; the look is at those of the last two minutes.
        execute_unaudited("UPDATE ads_spendtotal SET updated_at = %s - interval '1 hour'"
                          " WHERE campaign_id IS NULL", [now])  # fmt: skip
        took, _ = seconds(partial(alerts.evaluate, now + timedelta(seconds=10)))
        quiet.append(took)
        execute_unaudited("UPDATE ads_spendtotal SET updated_at = %s WHERE campaign_id IS NULL"
                          " AND brand_id %% 100 = 0", [now])  # fmt: skip
        took, _ = seconds(partial(alerts.evaluate, now + timedelta(seconds=20)))
        some.append(took)
        print(f"  check {checks[-1]:.2f} s, quiet {quiet[-1]:.3f} s, some {some[-1]:.3f} s,"
              f" everything {everything[-1]:.2f} s", flush=True)  # fmt: skip
    check = min(checks)
    return [
        ("check of all campaigns", f"{check:.2f} s", ""),
        at_most("look after it, no spend since: share of the check", min(quiet) / check, SHARE),
        at_most("… spend of 1% of the brands", min(some) / check, SHARE),
        at_most(
            "… everything, each hour: spread over 12 checks", min(everything) / check / 12, SHARE
        ),
    ]


def at_once(count: int) -> list[tuple[str, str, str]]:
    """So many pauses at once; the check with and without the rule, and what is made of them."""
    ids = list(Campaign.objects.filter(is_active=True).values_list("pk", flat=True)[:count])
    rule = AlertRule.objects.get(name="Campaign paused by the system")
    mail, _ = alerts.channels.create(name="Mail", way="mail", address="ann@example.com")
    rule.channels.add(mail)

    def switched(budget: int) -> float:
        execute_unaudited("UPDATE ads_campaign SET daily_budget = %s WHERE id = ANY(%s)",
                          [budget, ids])  # fmt: skip
        took, done = seconds(decide)
        expect(count, done.switched)
        return took

    took: dict[bool, list[float]] = {False: [], True: []}
    for is_active in (False, True, False, True):
        AlertRule.objects.filter(pk=rule.pk).update(is_active=is_active)
        took[is_active].append(switched(5))
        if len(took[True]) < 2:
            switched(100)
            execute("UPDATE ads_alertprogress SET followed_at = clock_timestamp()")
    without, with_rule = min(took[False]), min(took[True])
    raising, found = seconds(lambda: alerts.evaluate(NOW + timedelta(minutes=1)))
    expect(count, found.raised)
    sending, done = seconds(lambda: alerts.channels.send_due(lambda: NOW + timedelta(minutes=1)))
    expect(1, done.sent)
    expect(count, AlertMessage.objects.get(channel=mail).count)
    return [
        (f"check that pauses {count:,}, without the rule", f"{without:.2f} s", ""),
        ("… with the rule", f"{with_rule:.2f} s ({with_rule / without:.2f}×)", ""),
        ("… raising the alerts, in another process", f"{raising:.2f} s", ""),
        ("… making one message of them", f"{sending:.2f} s", ""),
    ]


def sent(
    database: str, events: int, address: str, got: list[tuple[float, bytes]]
) -> list[tuple[str, str, str]]:
    """Seconds from the commit of the spend to its webhook, of the slowest but one in a hundred."""
    now = timezone.now()
    fill(max(events, 100) * 10, brands=20, schedules=5, now=now)
    execute("DELETE FROM ads_spendtotal")
    execute("UPDATE ads_campaign SET is_dayparting_enabled = false")
    decide(now)
    AlertRule.objects.all().delete()
    rule = AlertRule.objects.create(
        name="80%", kind="budget_used", owners="campaign", period="day", thresholds=[80]
    )
    channel, _ = alerts.channels.create(name="Hook", way="webhook", address=address)
    rule.channels.add(channel)
    procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
    os.environ["ALERTS_TO_PRIVATE_ADDRESSES"] = "true"
    began: dict[int, float] = {}
    got.clear()
    with workers({"worker": procfile["worker"]}, database):
        for campaign in Campaign.objects.select_related("brand")[:events]:
            record_one(SpendEntry(campaign, Decimal(85)), source="bench", now=datetime.now(UTC))
            began[campaign.pk] = time.time()
            time.sleep(1)
        until = time.time() + 60
        while sum(len(json.loads(body)["data"]["alerts"]) for _, body in got) < events:
            if time.time() > until:
                break
            time.sleep(0.2)
    took = []
    for at, body in got:
        took += [at - began[one["campaign"]["id"]] for one in json.loads(body)["data"]["alerts"]]
    expect(events, len(took))
    expect(events, Alert.objects.count())
    return [
        (f"event to webhook, {events} events: median", f"{percentile(took, 50):.1f} s", ""),
        at_most("… p99", percentile(took, 99), SENT, " s", 1),
    ]


@contextmanager
def receiver() -> Iterator[tuple[str, list[tuple[float, bytes]]]]:
    """The address of an HTTP server, and what it got when."""
    got: list[tuple[float, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((time.time(), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", got
        server.shutdown()


if __name__ == "__main__":
    main()
