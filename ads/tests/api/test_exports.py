"""Exports over HTTP: CSV of any size, of what the key may see, never silently cut short."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ads.models import Campaign
from ads.models.access import Scope
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.own_redis import free_port
from ads.tests.services.exports.support import read
from ads.tests.support import enforce_all, execute, spend

pytestmark = pytest.mark.django_db

EXPORTS = ["spend", "delivery-changes", "totals", "summaries"]


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    enforce_all(timezone.now())
    spend(campaign, 5, timezone.now())
    return campaign


def rows(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.content
    return read(response.streaming_content)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_key_that_may_read_gets_what_is_on_record(campaign: Campaign, name: str) -> None:
    response = Program(key_for(scopes=(Scope.READ,))).get(f"/exports/{name}.csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    assert response["Cache-Control"] == "no-store"
    assert response["X-Request-ID"]
    assert {(row["brand"], row["brand_id"]) for row in rows(response)} == {
        ("Acme", str(campaign.brand_id))
    }


@pytest.mark.parametrize("name", EXPORTS)
def test_a_key_without_the_scope_gets_nothing(campaign: Campaign, name: str) -> None:
    program = Program(key_for(scopes=(Scope.SPEND_WRITE,)))

    problem(program.get(f"/exports/{name}.csv"), 403, "missing-scope")
    problem(Program().get(f"/exports/{name}.csv"), 401, "no-key")


@pytest.mark.parametrize("name", EXPORTS)
def test_a_key_of_one_brand_sees_no_other(campaign: Campaign, name: str) -> None:
    foreign = CampaignFactory.create()
    enforce_all(timezone.now())
    spend(foreign, 7, timezone.now())
    program = Program(key_for(brands=(campaign.brand,)))

    assert {row["brand"] for row in rows(program.get(f"/exports/{name}.csv"))} == {"Acme"}
    of_foreign = rows(program.get(f"/exports/{name}.csv?brand={foreign.brand_id}"))
    of_nobody = rows(program.get(f"/exports/{name}.csv?brand={foreign.brand_id + 1000}"))
    assert of_foreign == of_nobody == []


def test_it_is_narrowed_to_a_brand_and_days(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=BrandFactory.create(name="Other"))
    now = timezone.now()
    for days in range(3):
        spend(other, days + 1, now, now.date() - timedelta(days=days))
    program = Program(key_for())
    yesterday = now.date() - timedelta(days=1)

    query = f"brand={other.brand_id}&from={yesterday}&to={yesterday}"
    (row,) = rows(program.get(f"/exports/spend.csv?{query}"))

    assert (row["brand"], row["amount"], row["date"]) == ("Other", "2.00", str(yesterday))


def test_the_mark_for_excel_is_there_when_asked_for(campaign: Campaign) -> None:
    program = Program(key_for())

    marked = b"".join(program.get("/exports/spend.csv?bom=true").streaming_content)
    plain = b"".join(program.get("/exports/spend.csv").streaming_content)

    assert marked == b"\xef\xbb\xbf" + plain


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("spend.csv?from=2024-02-31", "from"),
        ("spend.csv?from=15.05.2024", "from"),
        ("spend.csv?from=2024-05-15&to=2024-05-14", "to"),
        ("spend.csv?brand=Acme", "brand"),
        ("spend.csv?brand=1_0", "brand"),
        ("spend.csv?bom=yes", "bom"),
        ("spend.csv?form=2024-05-15", "form"),
        ("summaries.csv?from=2024-05-15", "from"),
        ("totals.csv?to=2024-05-15&to=2024-05-16", "to"),
    ],
)
def test_what_cannot_be_is_refused_and_the_parameter_named(
    campaign: Campaign, query: str, field: str
) -> None:
    refused = problem(Program(key_for()).get(f"/exports/{query}"), 422, "invalid")

    assert refused["errors"][0]["field"] == field


def test_only_get_is_taken(campaign: Campaign) -> None:
    refused = Program(key_for()).post("/exports/spend.csv")

    problem(refused, 405, "wrong-method")
    assert refused["Allow"] == "GET"


@pytest.fixture
def gunicorn(transactional_db: None) -> Iterator[int]:
    """The web server as it runs in production, on this test's database; its port."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "budget_manager.wsgi"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url, "BIND": f"127.0.0.1:{port}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=40)


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as client:
                client.request("GET", "/api/v1/problems")
                client.getresponse().read()
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_an_export_that_fails_midway_is_broken_off_and_not_ended(gunicorn: int) -> None:
    campaign = CampaignFactory.create()
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date, description)"
        " SELECT %s, 0.01, '2024-05-15', repeat('long ', 100) FROM generate_series(1, 40000)",
        [campaign.pk],
    )
    headers = {"Authorization": f"Bearer {key_for()}"}
    with closing(http.client.HTTPConnection("127.0.0.1", gunicorn, timeout=30)) as client:
        client.request("GET", "/api/v1/exports/spend.csv", headers=headers)
        whole = client.getresponse().read()
        assert whole.count(b"\r\n") == 40_001

        client.request("GET", "/api/v1/exports/spend.csv", headers=headers)
        response = client.getresponse()
        assert response.status == 200
        begun = response.read(1000)
        until = time.monotonic() + 30
        # With the first rows it looks up their campaigns, which are no FETCH.
        while not execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'FETCH%%'"
        ):
            assert time.monotonic() < until
            time.sleep(0.01)

        with pytest.raises(http.client.IncompleteRead):
            response.read()
    assert whole.startswith(begun)
