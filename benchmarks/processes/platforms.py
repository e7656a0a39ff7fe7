"""Platforms that are asked and told by the real workers, against stand-ins.

- ``tick``: a tick over all accounts, half at Google and half at Meta: the seconds until the last is
  recorded, and the memory of the largest worker process.
- ``sleeper``: the same while an account at Microsoft sleeps; how many of the others are late.
- ``stop``: from the entry that uses a budget up until the platform is seen to have stopped the
  campaign, while each answer of the platform takes half a second.
- ``quota``: operations at Google in so many hours of ticks, of those that it allows a day; 15,000
  are allowed with Basic access.

The workers are those of the Procfile. Stand-ins and workers share the machine.
"""

import logging
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psutil
from django.conf import settings
from django.db import connection as database
from django.db.models import F
from support.database import execute, scratch
from support.report import at_most, expect, options, percentile, table
from support.workers import own_redis, workers

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.models.platforms import OrderState
from ads.models.spend import Kind
from ads.rules.calendar import local_date
from ads.services import platforms
from ads.services.connections import lifecycle
from ads.services.ledger import DayTotal, record
from ads.services.platforms.accounts import to_list
from ads.tests.platforms.stand_in import StandIn
from budget_manager.celery import app
from budget_manager.processes import parse_procfile

BOUND, MEMORY, STOPPED = 60.0, 250.0, 5.0
ANSWERS_AFTER = 0.5  # seconds
PATIENCE = 900  # seconds
#: Which of the credentials that a stand-in names are pasted.
PASTED = {
    "google_ads": ("refresh_token", "client_id", "client_secret"),
    "meta_ads": ("access_token",),
    "microsoft_ads": ("refresh_token", "developer_token", "client_id", "client_secret"),
}
#: A tick is measured with Standard access, as with Basic so many accounts are asked less often.
UNLIMITED = {"google_ads": {"operations_per_day": "0"}}
PARTS = ("tick", "sleeper", "stop", "quota")
UPDATE, TELL = "ads.tasks.update_spend", "ads.tasks.tell_platforms"
Rows = list[tuple[str, str, str]]


def main() -> None:
    parser = options(
        __doc__, accounts=200, campaigns=100, stops=100, google=50, hours=24, allowed=15_000
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    logging.getLogger("ads").setLevel(logging.WARNING)
    settings.SIMULATED_PLATFORM = False
    rows: Rows = []
    with own_redis():
        if {"tick", "sleeper"} & set(given.parts):
            rows += tick(given.accounts, given.campaigns, with_sleeper="sleeper" in given.parts)
        if "stop" in given.parts:
            rows += stop(given.stops)
    if "quota" in given.parts:
        rows += quota(given.google, given.hours, given.allowed)
    table(rows)


# --- a tick ---------------------------------------------------------------------------------------


def tick(accounts: int, campaigns: int, *, with_sleeper: bool) -> Rows:
    rows: Rows = []
    with scratch() as name, ExitStack() as running:
        for code in ("google_ads", "meta_ads"):
            stand_in = running.enter_context(started(code))
            connect(stand_in, f"many:{accounts // 2}:{campaigns}", given=UNLIMITED.get(code, {}))
        everyone = list(PlatformAccount.objects.values_list("pk", flat=True))
        expect(accounts, len(everyone))
        with memory_of(name) as memory:
            update(everyone)  # connections are opened, and everything is recorded for once
            took = max(update(everyone))
        what = f"{accounts:,} accounts with {accounts * campaigns:,} campaigns asked and recorded"
        rows.append(at_most(what, took, BOUND, " s", 1))
        rows.append(at_most("… the largest worker process", max(memory), MEMORY, " MB", 0))
        if with_sleeper:
            microsoft = running.enter_context(started("microsoft_ads"))
            rows.append(sleeper(name, microsoft, everyone, took))
    return rows


def sleeper(
    name: str, microsoft: StandIn, everyone: Sequence[int], alone: float
) -> tuple[str, str, str]:
    """A tick while an account at Microsoft does not answer, and is asked before all others."""
    connect(microsoft, "many:1:1")
    microsoft.fault("timeout", times=1_000_000, seconds=3600)
    asleep = PlatformAccount.objects.filter(connection__platform="microsoft_ads")
    with running_workers(name):
        asleep.update(asked_at=None)
        app.send_task("ads.tasks.ask_account", [asleep.get().pk])
        while not asleep.get().claimed_until:
            time.sleep(0.1)
        took = update(everyone)
    late = sum(each > BOUND for each in took)
    verdict = "kept" if not late else "MISSED"
    what = f"… accounts late while another sleeps for an hour (without: {alone:.1f} s)"
    return what, f"{late} of {len(took)} ({verdict}), the last after {max(took):.1f} s", "0"


def update(accounts: Sequence[int]) -> list[float]:
    """Have all of them asked as by the next tick; the seconds until each was answered."""
    rows = PlatformAccount.objects.filter(pk__in=accounts)
    rows.update(asked_at=F("asked_at") - timedelta(minutes=5))
    began = datetime.now(UTC)
    app.send_task(UPDATE)
    until = time.monotonic() + PATIENCE
    answered: dict[int, float] = {}
    while len(answered) < len(accounts):
        if time.monotonic() > until:
            problems = rows.exclude(problem="").values_list("problem", flat=True)[:3]
            raise SystemExit(f"{len(answered)} of {len(accounts)} answered; {list(problems)}")
        time.sleep(0.2)
        seconds = (datetime.now(UTC) - began).total_seconds()
        # Its claim is given back once all is recorded.
        done = rows.filter(answered_at__gte=began, claimed_until=None)
        for pk in done.values_list("pk", flat=True):
            answered.setdefault(pk, seconds)
    expect([], list(rows.exclude(problem="").values_list("problem", flat=True)))
    return list(answered.values())


@contextmanager
def memory_of(name: str) -> Iterator[list[float]]:
    """Run the workers; afterwards the list has the megabytes of each of their processes."""
    largest: list[float] = []
    with running_workers(name):
        yield largest
        running = psutil.Process().children(recursive=True)
        theirs = [each for each in running if "worker@" in " ".join(each.cmdline())]
        largest += [each.memory_info().rss / 1e6 for each in theirs]


# --- from the entry to the confirmed stop ---------------------------------------------------------


def stop(count: int) -> Rows:
    """A campaign a second uses its budget up; each is stopped at Meta."""
    with scratch() as name, started("meta_ads") as meta:
        connect(meta, f"many:20:{-(-count // 20)}")
        Campaign.objects.update(daily_budget=50)
        meta.configure(answers_after=ANSWERS_AFTER)
        references = list(CampaignReference.objects.select_related("campaign__brand")[:count])
        random.Random(1).shuffle(references)
        with running_workers(name):
            for reference in references:
                spend_it(reference)
                time.sleep(1)
            until = time.monotonic() + PATIENCE
            while SwitchOrder.objects.exclude(state=OrderState.CONFIRMED).exists():
                expect(True, time.monotonic() < until)
                app.send_task(TELL)
                time.sleep(1)
        expect(False, any(each.reference in meta.serving() for each in references))
        orders = SwitchOrder.objects.filter(is_on=False, change__isnull=False)
        expect(count, orders.count())
        took = [
            ((told - known).total_seconds(), (settled - known).total_seconds())
            for known, told, settled in orders.values_list("change__at", "told_at", "settled_at")
            if told and settled
        ]
    told, confirmed = ([each[n] for each in took] for n in (0, 1))
    what = f"{count} stops, each answer after {ANSWERS_AFTER:g} s: known → told"
    return [
        (what, f"{percentile(told, 50):.2f} s; p99 {percentile(told, 99):.2f} s", ""),
        ("… known → confirmed", f"{percentile(confirmed, 50):.2f} s", ""),
        at_most("… p99", percentile(confirmed, 99), STOPPED, " s"),
    ]


def spend_it(reference: CampaignReference) -> None:
    now = datetime.now(UTC)
    today = local_date(now, reference.campaign.brand.timezone)
    total = DayTotal(reference.campaign_id, today, Decimal(51), now)
    (answer,) = record([total], source="benchmark", now=now, kind=Kind.DAY_TOTAL).answers
    expect(("recorded", None), (answer.outcome, answer.reason))


# --- operations at Google -------------------------------------------------------------------------


def quota(accounts: int, hours: int, allowed: int) -> Rows:
    """Ticks in this process from midnight on, by a clock that is set here and there."""
    now = datetime(2026, 6, 2, tzinfo=UTC)
    with scratch(), started("google_ads") as google:
        connect(google, f"many:{accounts}:2", now=now, given={"operations_per_day": str(allowed)})
        before = google.calls()["operations"]
        asked = 0
        for _ in range(hours * 12 - 1):
            now += timedelta(minutes=5)
            google.set_clock(now)
            for pk in to_list(now):
                platforms.list_accounts(pk, now)
            due, _ = platforms.to_ask(now)
            asked += len(due)
            for pk in due:
                expect("", platforms.ask(pk, now).error)
            for pk in platforms.to_reconcile(now):
                platforms.reconcile(pk, now)
        counted = google.calls()["operations"] - before
    # As often as at each tick, with what is asked each hour and each night.
    each_tick = accounts * (288 + 24 + 2) + 24 * 2
    return [
        at_most(
            f"operations at Google, {accounts} accounts, {hours} h", counted, allowed, digits=0
        ),
        ("… if each were asked at each tick for a day", f"{each_tick:,}", f"{allowed:,}"),
        ("… minutes from question to question", f"{hours * 60 * accounts / asked:.1f}", ""),
    ]


# --- what all of them need ------------------------------------------------------------------------


@contextmanager
def started(code: str) -> Iterator[StandIn]:
    """A stand-in to which this process, and what it starts, is led."""
    with StandIn.started(code) as stand_in:
        os.environ[f"{code.upper()}_ENDPOINT"] = stand_in.address
        settings.PLATFORM_ENDPOINTS[code] = stand_in.address
        yield stand_in


def connect(
    stand_in: StandIn,
    world: str,
    *,
    now: datetime | None = None,
    given: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Connect it with its accounts and campaigns, a brand for each account, as read just now."""
    stand_in.reset(world)
    if now:
        stand_in.set_clock(now)
    at = now or datetime.now(UTC)
    code = stand_in.platform
    pasted = {key: stand_in.addresses[key] for key in PASTED[code]}
    connection = lifecycle.add(platform=code, name=code, given={**pasted, **given}, now=at)
    platforms.list_accounts(connection.pk, at)
    accounts = {one.remote_id: one for one in connection.accounts.all()}
    state = stand_in.state()
    brands = {
        key: Brand.objects.create(name=f"{connection} {key}", timezone=one.timezone)
        for key, one in accounts.items()
    }
    theirs = [each for each in state["campaigns"].values() if each["account"] in accounts]
    made = Campaign.objects.bulk_create(
        Campaign(brand=brands[each["account"]], name=each["name"], status="active", is_active=True)
        for each in theirs
    )
    CampaignReference.objects.bulk_create(
        CampaignReference(
            campaign=ours, platform=code, account=each["account"], reference=each["id"]
        )
        for ours, each in zip(made, theirs, strict=True)
    )
    PlatformCampaign.objects.bulk_create(
        PlatformCampaign(
            account=accounts[each["account"]], remote_id=each["id"], name=each["name"], is_on=True,
            is_serving=True, seen_at=at,
        )
        for each in theirs
    )  # fmt: skip
    connection.accounts.update(
        is_read=True, asked_at=at, answered_at=at, week_answered_at=at, month_answered_at=at,
        reconciled_at=at,
    )  # fmt: skip
    execute("ANALYZE")


@contextmanager
def running_workers(name: str) -> Iterator[None]:
    procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
    commands = {each: line for each, line in procfile.items() if " worker " in line}
    database.close()
    with workers(commands, name, simulated=False):
        yield


if __name__ == "__main__":
    main()
