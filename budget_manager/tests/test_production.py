"""Production refuses to start half-configured, and passes Django's own deployment checks."""

import subprocess
import sys
from pathlib import Path

import pytest

from budget_manager.tests.support import ROOT, environment

COMPLETE = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgres://user:word@127.0.0.1:1/name",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "aLongSecretKeyThatDjangosDeploymentCheckFindsRandomEnough-0123456789",
    "ALLOWED_HOSTS": "budgets.example.com",
}


def manage(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", [None, ""])
def test_production_refuses_to_start_without(name: str, value: str | None) -> None:
    variables = {key: text for key, text in COMPLETE.items() if key != name}
    if value is not None:
        variables[name] = value

    refused = manage("check", **variables)

    assert refused.returncode == 1
    assert refused.stderr == (
        f"error: ENVIRONMENT is production, so {name} must be set (see .env.example).\n"
    )


def test_production_passes_the_deployment_checks_without_a_warning() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **COMPLETE)

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_debug_is_off_in_production_and_an_unknown_environment_is_refused() -> None:
    shown = manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings as s; print(s.DEBUG)",
        **COMPLETE,
    )
    unknown = manage("check", **{**COMPLETE, "ENVIRONMENT": "staging"})

    assert shown.stdout.strip() == "False"
    assert unknown.returncode == 1
    assert "ENVIRONMENT is 'staging': use 'development' or 'production'." in unknown.stderr


def test_an_address_of_the_dead_mans_switch_that_is_none_is_refused_without_telling_it() -> None:
    refused = manage("check", **COMPLETE, DEAD_MAN_URL="hc-ping.com/secret")

    assert refused.returncode == 1
    assert refused.stderr == (
        "error: DEAD_MAN_URL: use an address that begins with https:// or http://.\n"
    )


def test_a_secret_may_be_any_text_and_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("$ecret\n")
    (tmp_path / "password").write_text("a/b@c:%40\n")
    variables = {name: text for name, text in COMPLETE.items() if name != "SECRET_KEY"}
    variables["DATABASE_URL"] = "postgres://user@127.0.0.1:1/name"

    shown = manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.conf import settings as s;"
        "print(s.SECRET_KEY, s.DATABASES['default']['PASSWORD'])",
        SECRET_KEY_FILE=str(tmp_path / "key"),
        DATABASE_PASSWORD_FILE=str(tmp_path / "password"),
        **variables,
    )

    assert shown.stdout.strip() == "$ecret a/b@c:%40", shown.stderr
