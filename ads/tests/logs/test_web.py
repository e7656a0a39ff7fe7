"""What gunicorn writes in production: its first line, the access log, its last line."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from ads.tests.api.support import key_for
from ads.tests.factories import CampaignFactory
from ads.tests.own_redis import free_port

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "budget_manager.settings",
    "ENVIRONMENT": "production",
    "SECRET_KEY": "not-for-production-" * 4,
    "ALLOWED_HOSTS": "127.0.0.1",
    "TRUSTED_PROXY_COUNT": "1",
    "APP_VERSION": "2026.11",
}


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[tuple[int, Any]]:
    """gunicorn in production on this test's database; its port, and what ends it."""
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict)
    port = free_port()
    environment = {"DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, **PRODUCTION}
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            # Not the project's own entry point, which wants collected static files.
            [sys.executable, "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()"],
            cwd=settings.BASE_DIR,
            env=os.environ | environment | {"BIND": f"127.0.0.1:{port}"},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):

        def stop() -> None:
            process.terminate()
            process.wait(timeout=40)

        def lines() -> list[dict[str, Any]]:
            stop()
            return [json.loads(line) for line in log.read_text().splitlines()]

        try:
            yield port, lines
        finally:
            stop()


def ask(port: int, path: str, body: str | None = None, **headers: str) -> int:
    until = time.monotonic() + 30
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=40)) as client:
                client.request("POST" if body else "GET", path, body, headers)
                answer = client.getresponse()
                answer.read()
                return answer.status
        except ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_a_web_process_logs_its_life_and_each_request_and_no_secret(
    server: tuple[int, Any],
) -> None:
    port, lines = server
    key = key_for(scopes=("spend:write",))
    campaign = CampaignFactory.create(daily_budget=1)
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Cookie": "sessionid=s3cret",
        "User-Agent": 'ETL/1.0 "} {"level": "error"',
        "X-Forwarded-For": "203.0.113.66, 198.51.100.7",
        "X-Forwarded-Proto": "https",
        "X-Request-ID": "seven",
    }
    row = {"campaign": campaign.pk, "amount": 2, "external_id": "1"}
    body = json.dumps({"entries": [row]})

    assert ask(port, "/api/v1/spend/entries", body, **headers) == 200
    assert ask(port, "/api/v1/nowhere?token=s3cret", **headers) == 404
    assert ask(port, "/%0a{}?token=s3cret") in (301, 404)
    found = lines()

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (server_version,) = cursor.fetchone()
    started, *_, stopped = (line for line in found if line["event"].startswith("Process "))
    assert (started["event"], stopped["event"]) == ("Process started", "Process stopped")
    for line in (started, stopped):
        assert (line["process"], line["version"], line["environment"]) == (
            "web",
            "2026.11",
            "production",
        )
        assert line["python"] == ".".join(map(str, sys.version_info[:3]))
        assert line["postgresql"] == server_version
        assert line["timezones"][:2] == "20"
    # A line is written once the answer has been sent, perhaps after the next request's.
    answered = {line["path"]: line for line in found if line["event"] == "Request answered"}
    assert len(answered) == 3
    sent, missing, odd = (
        answered[path] for path in ("/api/v1/spend/entries", "/api/v1/nowhere", "/%0a{}")
    )
    assert 0 < sent.pop("seconds") < 30
    assert sent.pop("bytes") > 0
    del sent["timestamp"]
    assert sent == {
        "level": "info",
        "event": "Request answered",
        "logger": "gunicorn.access",
        "method": "POST",
        "path": "/api/v1/spend/entries",
        "status": 200,
        "address": "198.51.100.7",
        "actor": "key: ETL",
        "agent": 'ETL/1.0 "} {"level": "error"',
        "request_id": "seven",
    }
    assert missing["status"] == 404
    assert (odd["address"], odd["actor"]) == ("127.0.0.1", "")
    (switch,) = (line for line in found if line["event"] == "Campaign stopped")
    assert (switch["request_id"], switch["campaign_id"]) == ("seven", campaign.pk)
    everything = json.dumps(found)
    for secret in ("s3cret", key.rpartition("_")[2], PRODUCTION["SECRET_KEY"]):
        assert secret not in everything
