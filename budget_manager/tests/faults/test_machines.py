"""Several machines: cables are pulled, machines vanish, one has a wrong clock.

Pulling a cable is not killing a process: nobody is told that a connection has ended.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from random import Random
from typing import Any

import httpx
import pytest
from django.conf import global_settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from ads.models import Brand, Campaign, SpendImport
from ads.models.access import Scope
from ads.services.actor import acting_as
from ads.services.imports import Plan, uploads
from ads.services.ledger import SpendEntry, record_all
from ads.services.senders import api_keys
from budget_manager.tests.faults.system.check import check
from budget_manager.tests.faults.system.client import Client
from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.machines import MACHINES, PORT, Machines, unavailable
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import Stack, wrong_clock
from budget_manager.tests.faults.test_imports import file_of, recorded, until
from budget_manager.tests.support import directory, wait_for

pytestmark = pytest.mark.faults

#: Seconds within which nothing is left of a machine that has vanished, with some for a busy one.
#: The settings say 25.
NOTICED = 40

PASSWORD = "a long one, of anna's"  # noqa: S105 - of a server that ends with the tests

#: Keeps the sums of a brand locked for as long as its machine lives.
HOLDS = """
import sys, time, django
django.setup()
from django.db import connection, transaction
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("UPDATE ads_spendtotal SET amount = amount WHERE brand_id = %s", sys.argv[1:])
    print("locked", flush=True)
    time.sleep(3600)
"""

#: Asks this machine's own web process for something that changes something.
ASKS = """
import http.client, sys, time
began = time.monotonic()
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=600)
connection.request("POST", sys.argv[2], sys.argv[3], {"Authorization": sys.argv[4],
    "Content-Type": "application/json"})
print(connection.getresponse().status, time.monotonic() - began, flush=True)
"""


@pytest.fixture(scope="module")
def running(django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    """Four web processes, four workers and two beats, each on a machine of its own."""
    if reason := unavailable():
        pytest.skip(reason)
    with directory() as base, django_db_blocker.unblock():
        stack = Machines(base)
        try:
            with stack.database():
                stack.prepare()
                stack.start()
                stack.one_check()
            yield stack
        finally:
            stack.stop()


@pytest.fixture
def machines(stack: Stack) -> Machines:
    assert isinstance(stack, Machines)
    return stack


def test_machines_share_logins_and_count_failures_and_requests_together(
    machines: Machines, settings: Any
) -> None:
    first, second, *_ = machines.addresses
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # those of the machines
    get_user_model().objects.create_superuser("anna", password=PASSWORD)
    session = sign_in(first, "anna", PASSWORD).cookies["sessionid"]
    answer = httpx.get(f"http://{second}/admin/", headers={"Cookie": f"sessionid={session}"})
    assert answer.status_code == HTTPStatus.OK
    assert "anna" in answer.text

    for address in (*machines.addresses, first):
        assert "Too many failed attempts" not in sign_in(address, "ben", "wrong").text
    assert "Too many failed attempts" in sign_in(second, "ben", "wrong").text

    _, key = api_keys.issue(
        name="slow", source="slow", scopes=Scope.values, every_brand=True, requests_per_minute=8,
        now=timezone.now(),
    )  # fmt: skip
    bearer = {"Authorization": f"Bearer {key}"}
    statuses = [
        httpx.get(f"http://{address}/api/v1/key", headers=bearer).status_code
        for address in machines.addresses * 5
    ]
    # One machine alone would have let its five pass; meanwhile a minute may turn, once.
    assert statuses[0] == HTTPStatus.OK
    assert 4 <= statuses.count(HTTPStatus.TOO_MANY_REQUESTS) <= 12


def sign_in(address: str, name: str, password: str) -> httpx.Response:
    page = f"http://{address}/admin/login/"
    with httpx.Client() as client:
        token = client.get(page).cookies["csrftoken"]
        form = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        return client.post(page, data=form)


def test_every_machine_is_cut_off_for_a_while_and_goes_on_when_it_is_back(
    machines: Machines, load: Load, all_is_well: Callable[[], None]
) -> None:
    random = Random(7)
    for name in random.sample(sorted(machines.of), len(machines.of)):
        machines.of[name].cut()
        load.await_more()
        time.sleep(random.uniform(0.5, 3))
        machines.of[name].mend()
    for name in ("enforcement1", "enforcement2"):  # ticks are taken with one of them away
        machines.of[name].cut()
        machines.one_check()
        machines.of[name].mend()

    all_is_well()
    assert all(process.poll() is None for process in machines.processes.values())
    workers = sum(MACHINES[name] for name in ("enforcement", "orders", "worker"))
    assert wait_for(lambda: len(machines.app.control.ping(timeout=2) or ()) == workers, PATIENCE)
    for address in machines.addresses:
        client = Client([address], load.key, timeout=30)
        entry = {"campaign": load.of["people"][0], "amount": "0.01", "external_id": address}
        client.insist("/spend/entries", entry)


def test_machines_vanish_in_the_middle_of_their_work_while_a_clock_is_wrong(
    machines: Machines, load: Load, all_is_well: Callable[[], None]
) -> None:
    brand = Brand.objects.create(name=f"held up by a machine that is gone, {load.name}")
    campaign = Campaign.objects.create(brand=brand, name="x", status="active")
    record_all([SpendEntry(campaign, 1)], source="x", now=timezone.now())
    source = f"{load.name}, upload"
    text, rows = file_of(load, source)
    machines.kill("web4")
    machines.processes["web4"] = machines.spawn("web4", **wrong_clock("+90m"))
    holder = machines.on("web1", sys.executable, "-c", HOLDS, str(brand.pk))
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    machines.app.set_current()
    with acting_as("anna"):
        upload = uploads.receive(
            [text.encode()], name="spend.csv", plan=Plan(source=source), limit=1 << 24,
            now=timezone.now(),
        )  # fmt: skip
    until(upload, "checked")
    # Only one is left to take it.
    machines.vanish("worker2")
    with acting_as("ben"):
        uploads.confirm(upload, checks=upload.checks, leaves_out=0, now=timezone.now())
    until(upload, "recording", "recorded")

    began = time.monotonic()
    for name in ("worker1", "beat1", "enforcement1", "web1"):
        machines.vanish(name)
    holder.wait(PATIENCE)
    machines.processes["worker2"] = machines.spawn("worker2")
    machines.of["worker2"].mend()

    load.sent[load.source, "later"] = campaign.pk, Decimal("0.01")
    entry = {"campaign": campaign.pk, "amount": "0.01", "external_id": "later"}
    load.client.insist("/spend/entries", entry)
    assert time.monotonic() - began < NOTICED
    # It is taken up in a minute.
    SpendImport.objects.filter(pk=upload.pk).update(
        updated_at=timezone.now() - timedelta(minutes=2)
    )
    until(upload, "recorded")
    assert recorded(source) == len(rows)
    load.sent |= rows
    load.acknowledged |= rows
    all_is_well()


def test_a_web_machine_that_has_lost_the_database_answers_so(
    machines: Machines, request: pytest.FixtureRequest
) -> None:
    load = Load(machines)
    campaign = load.of["people"][0]
    load.sent[load.source, "cut off"] = campaign, Decimal("0.01")
    body = json.dumps({"campaign": campaign, "amount": "0.01", "external_id": "cut off"})
    ask = [str(PORT), "/api/v1/spend/entries", body, load.client.headers["Authorization"]]
    first = machines.on("web3", sys.executable, "-c", ASKS, *ask)
    assert first.communicate(timeout=PATIENCE)[0].startswith("200 ")

    machines.of["web3"].cut()
    answers = [machines.on("web3", sys.executable, "-c", ASKS, *ask) for _ in range(3)]
    said = [each.communicate(timeout=PATIENCE)[0].split() for each in answers]

    assert {int(status) for status, _ in said} == {HTTPStatus.SERVICE_UNAVAILABLE}
    assert max(float(seconds) for _, seconds in said) < NOTICED
    machines.of["web3"].mend()
    with load:
        request.node.user_properties.append(("lag", check(machines, load)))
