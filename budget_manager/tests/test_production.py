"""Production refuses to start half-configured, and passes Django's own deployment checks."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

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


def settings(**variables: str) -> dict[str, Any]:
    """The settings that a process with these variables alone would have."""
    with (
        patch.dict(os.environ, environment(**variables), clear=True),
        patch.object(environ.Env, "read_env"),
    ):
        return runpy.run_path(str(ROOT / "budget_manager" / "settings.py"))


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", [None, ""])
def test_production_refuses_to_start_without(name: str, value: str | None) -> None:
    variables = {key: text for key, text in COMPLETE.items() if key != name}
    if value is not None:
        variables[name] = value

    with pytest.raises(ImproperlyConfigured) as refused:
        settings(**variables)

    assert str(refused.value) == (
        f"ENVIRONMENT is production, so {name} must be set (see .env.example)."
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IMPORT_MAX_BYTES", "512M", "is '512M': use a whole number from 1 to 1000000000000, in"),
        ("BACKUP_EVERY_HOURS", "1.5", "is '1.5': use a whole number from 0 to 87600, in digits"),
        ("TRUSTED_PROXY_COUNT", "-1", "is '-1': use a whole number from 0 to 20, in digits alone."),
        ("SESSION_HOURS", "0", "is '0': use a whole number from 1 to 87600, in digits alone."),
        ("SIGN_INS_KEPT_DAYS", "999999", "is '999999': use a whole number from 1 to 36500, in"),
        ("SECURE_SSL_REDIRECT", "enabled", "is 'enabled': use 'true' or 'false'."),
        ("CSRF_TRUSTED_ORIGINS", "budgets.example.com", ": use an address that begins with https"),
        ("DATABASE_URL", "mysql://me:word@host/name", ": use an address such as postgres://user"),
        ("DATABASE_URL", "postgres://me:word@host", ": use an address such as postgres://user"),
        ("DATABASE_URL", "me:word@host/name", ": use an address such as postgres://user"),
    ],
)
def test_a_variable_that_cannot_be_used_is_refused_by_its_name(
    name: str, value: str, said: str, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        settings(**{**COMPLETE, name: value})

    assert str(refused.value).startswith(f"{name}{said if said[0] == ':' else f' {said}'}")
    assert "me:word" not in str(refused.value)
    assert not list(recwarn)  # which would have the password


@pytest.mark.parametrize(
    ("value", "redirects"), [("", True), ("True", True), ("no", False), ("0", False)]
)
def test_an_empty_variable_is_as_if_it_were_left_out(value: str, *, redirects: bool) -> None:
    made = settings(**COMPLETE, SECURE_SSL_REDIRECT=value, CLOCK_TOLERANCE=" ", SESSION_HOURS="")

    assert made["SECURE_SSL_REDIRECT"] is redirects
    assert (made["CLOCK_TOLERANCE"], made["SESSION_COOKIE_AGE"]) == (60, 12 * 3600)


def test_a_command_says_in_one_line_what_it_refuses() -> None:
    refused = manage("check", **{**COMPLETE, "SECRET_KEY": ""})

    assert refused.returncode == 1
    assert refused.stderr == (
        "error: ENVIRONMENT is production, so SECRET_KEY must be set (see .env.example).\n"
    )


def test_production_passes_the_deployment_checks_without_a_warning() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **COMPLETE)

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_debug_is_off_in_production_and_an_unknown_environment_is_refused() -> None:
    assert settings(**COMPLETE)["DEBUG"] is False
    with pytest.raises(ImproperlyConfigured) as refused:
        settings(**{**COMPLETE, "ENVIRONMENT": "staging"})

    assert str(refused.value) == "ENVIRONMENT is 'staging': use 'development' or 'production'."


def test_an_address_of_the_dead_mans_switch_that_is_none_is_refused_without_telling_it() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        settings(**COMPLETE, DEAD_MAN_URL="hc-ping.com/secret")

    assert str(refused.value) == (
        "DEAD_MAN_URL: use an address that begins with https:// or http://."
    )


def test_a_secret_may_be_any_text_and_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("$ecret\n")
    (tmp_path / "password").write_text("a/b@c:%40\n")
    variables = {name: text for name, text in COMPLETE.items() if name != "SECRET_KEY"}
    variables["DATABASE_URL"] = "postgres://user@127.0.0.1:1/name"

    shown = settings(
        SECRET_KEY_FILE=str(tmp_path / "key"),
        DATABASE_PASSWORD_FILE=str(tmp_path / "password"),
        **variables,
    )

    assert shown["SECRET_KEY"] == "$ecret"  # noqa: S105
    assert shown["DATABASES"]["default"]["PASSWORD"] == "a/b@c:%40"  # noqa: S105
