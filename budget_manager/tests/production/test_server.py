"""docs/running.md, followed as written, leads from an empty server to TLS behind a proxy."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from ads.services import locks
from budget_manager.tests.production.client import Client, location_of_http
from budget_manager.tests.production.server import HOST, PATH, Server
from budget_manager.tests.running import Running
from budget_manager.tests.support import ROOT, directory, wait_for

MIB = 1024 * 1024
PASSWORD = "a-password-of-this-test"  # noqa: S105
UPLOAD = "/admin/ads/spendimport/add/"
ENTRIES = "/api/v1/spend/entries"
PROGRAMS = ["caddy", "nginx", "openssl", "pgbouncer", "systemd-analyze"]
UNITS = ["web", "enforcement", "orders", "worker", "beat", "flower"]
BEFORE_MIGRATE = [
    "Production on a server",
    "Packages, user, code",
    "Database",
    "Settings and secrets",
]
MIGRATE = re.compile(
    r"^error: Of the migrations, \d+ are not applied\. Run: \./manage\.py migrate$", re.MULTILINE
)
COLLECT = re.compile(
    r"^The static files have not been collected\. "
    r"Run: \./manage\.py collectstatic --noinput$",
    re.MULTILINE,
)


@dataclass
class Followed:
    """The server at the page's end, and what was said to those who started too early."""

    server: Server
    web: Running
    early: dict[str, tuple[int, str]]

    @property
    def certificate(self) -> Path:
        return self.server.root / "etc" / "letsencrypt" / "live" / HOST / "fullchain.pem"


@pytest.fixture(scope="module")
def followed() -> Iterator[Followed]:
    """The page followed to its end, PgBouncer included, with web running."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"apt-get install {' '.join(missing)}")
    assert missing == []
    with directory() as root, ExitStack() as at_the_end:
        server = Server(
            root,
            DJANGO_SUPERUSER_USERNAME="operator",
            DJANGO_SUPERUSER_EMAIL="operator@example.com",
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
            IMPORT_MAX_BYTES=str(MIB),
        )
        at_the_end.callback(server.close)
        for heading in BEFORE_MIGRATE:
            server.follow(heading)
        web, beat = server.start("web"), server.start("beat")
        early = {"web": (web.end(), web.output), "beat": (beat.end(), beat.output)}
        for heading in ("Tables, static files, first login", "Units", "TLS", "PgBouncer"):
            server.follow(heading)
        pgbouncer(server)
        web = server.start("web")
        assert web.says("Booting worker"), web.output
        yield Followed(server, web, early)


def pgbouncer(server: Server) -> None:
    """As its package starts it: not as root."""
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    folder = server.root / "etc" / "pgbouncer"
    for path in folder.iterdir():
        path.chmod(0o644)
    running = server.program("pgbouncer", *user, str(folder / "pgbouncer.ini"))
    assert running.says("process up"), running.output


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def client(request: pytest.FixtureRequest, followed: Followed) -> Iterator[Client]:
    """A client of the proxy, installed as the page says."""
    server = followed.server
    etc = server.root / "etc"
    if request.param == "nginx":
        # what Debian's own nginx.conf is for the site, without the machine's directories
        config = etc / "nginx" / "nginx.conf"
        temporary = "\n".join(
            f"{kind}_temp_path {server.root}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(
            f"{user} pid {server.root}/nginx.pid; error_log stderr; daemon off; events {{}}\n"
            f"http {{ access_log off; {temporary} include {etc}/nginx/sites-enabled/*; }}\n"
        )
        proxy = server.program("nginx", "-p", str(server.root), "-c", str(config))
    else:
        live = followed.certificate.parent
        config = etc / "caddy" / "Caddyfile"
        text = config.read_text().replace(
            f"{HOST} {{", f"{HOST} {{\n tls {live}/fullchain.pem {live}/privkey.pem"
        )
        ports = f"https_port {server.ports[443]}\n http_port {server.ports[80]}"
        config.write_text(f"{{\n admin off\n {ports}\n}}\n{text}")
        proxy = server.program("caddy", "run", "--config", str(config))
    client = Client(server.ports[443], followed.certificate)
    assert wait_for(lambda: answers(client) or proxy.process.poll() is not None)
    assert proxy.process.poll() is None, proxy.output
    yield client
    proxy.stop()


def answers(client: Client) -> bool:
    with suppress(OSError):
        return client.ask("/admin/login/")[0].status == 200
    return False


@pytest.fixture
def operator(client: Client) -> Client:
    """The client, logged in."""
    if "sessionid" not in client.cookies:
        page, _ = client.post("/admin/login/", username="operator", password=PASSWORD)
        assert page.status == 302
    return client


def test_nothing_starts_before_its_steps_are_done_and_it_says_what_to_run(
    followed: Followed,
) -> None:
    web, beat = followed.early["web"], followed.early["beat"]

    assert (web[0], beat[0]) == (3, 1)
    assert len(MIGRATE.findall(web[1])) == len(MIGRATE.findall(beat[1])) == 1, beat[1]
    assert len(COLLECT.findall(web[1])) == 1, web[1]
    assert "Traceback" not in web[1] + beat[1]


def test_every_unit_is_installed_enabled_and_valid(followed: Followed) -> None:
    installed = followed.server.root / "etc" / "systemd" / "system"
    names = [f"budget-manager-{name}.service" for name in UNITS]

    called = (followed.server.root / "systemctl").read_text()
    (enabled,) = [line.split()[2:] for line in called.splitlines() if line.startswith("enable ")]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(installed / name for name in enabled)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert set(enabled) == {*names, "budget-manager.target"}
    assert {path.name for path in installed.iterdir() if path.is_file()} == set(enabled)
    assert str(followed.server.root) not in verified.stderr, verified.stderr


def test_the_unit_for_backups_runs_as_the_others_do() -> None:
    backups = (ROOT / "docs" / "backup.md").read_text()
    worker = (ROOT / "deploy" / "systemd" / "budget-manager-worker.service").read_text()

    same = re.compile(r"^(?:User|WorkingDirectory|EnvironmentFile)=.*", re.MULTILINE)
    assert same.findall(backups) == same.findall(worker)


def test_a_page_and_its_static_files_come_by_tls(operator: Client) -> None:
    answer, page = operator.ask("/admin/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)

    assert answer.status == 200
    assert "max-age=3600" in answer.headers["Strict-Transport-Security"]
    assert len(files) > 5
    for file in files:
        found, _ = operator.ask(file)
        assert found.status == 200, file
        assert "immutable" in found.headers["Cache-Control"], file


def test_a_request_without_tls_is_redirected_whatever_it_says(
    client: Client, followed: Followed
) -> None:
    plain = location_of_http(followed.server.ports[80], "/admin/?page=2")
    forged = location_of_http(
        followed.server.ports[80], "/admin/?page=2", X_Forwarded_Proto="https"
    )

    for status, location in (plain, forged):
        assert status in (301, 308)
        assert re.fullmatch(rf"https://{re.escape(HOST)}(:\d+)?/admin/\?page=2", location)


def test_forged_headers_are_not_believed(client: Client, followed: Followed) -> None:
    answer, page = Client(client.port, followed.certificate).ask(
        "/admin/login/",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="evil.example.com",
        X_Forwarded_For="203.0.113.66",
        Forwarded="for=203.0.113.66;host=evil.example.com;proto=http",
    )

    assert answer.status == 200  # and no redirect to https
    assert "evil.example.com" not in page
    # The log has the address of whoever is connected to the proxy.
    asked = f'"request_id": "{answer.headers["X-Request-ID"]}"'
    assert followed.web.says(asked)
    (line,) = [line for line in followed.web.lines if asked in line]
    assert '"address": "127.0.0.1"' in line


@pytest.fixture
def key(operator: Client) -> dict[str, str]:
    """The headers of a program, with a key made in the console."""
    made, page = operator.post(
        "/admin/ads/apikey/add/",
        name=f"Program {len(operator.cookies['csrftoken'])} {os.urandom(3).hex()}",
        source="test",
        scopes="spend:write",
        every_brand="on",
    )
    found = re.search(
        rf"Authorization: Bearer (bm_\w+)&#x27; https://{re.escape(HOST)}/api/v1/key", page
    )
    assert (made.status, found is not None) == (200, True), page
    assert found is not None
    return {"Authorization": f"Bearer {found[1]}", "Content_Type": "application/json"}


def test_the_api_gets_bodies_of_its_limit_and_itself_refuses_larger_ones(
    request: pytest.FixtureRequest, client: Client, key: dict[str, str]
) -> None:
    unknown, first = client.ask(
        ENTRIES, b'{"campaign": 1, "amount": "1.00", "external_id": "a"}', **key
    )
    at_the_limit, _ = client.ask(ENTRIES, b" " * (10 * MIB), **key)
    above, second = client.ask(ENTRIES, b" " * (10 * MIB + 1), **key)

    assert unknown.status == 422
    assert json.loads(first)["errors"][0]["field"] == "campaign"
    assert at_the_limit.status == 400  # it is no JSON
    assert above.status == 413
    assert json.loads(second)["title"] == "The body is too large"
    if "nginx" in request.node.name:  # Caddy counts what comes, and hangs up
        assert client.allowed(ENTRIES, 11 * MIB) == 100
        assert client.allowed(ENTRIES, 11 * MIB + 1) == 413


def test_a_file_of_the_limit_is_uploaded_and_a_larger_one_refused_on_the_page(
    operator: Client,
) -> None:
    line = b"2026-11-01,Acme,Sale,1.00\n"
    content = (b"Day,Brand,Campaign,Cost\n" + line * (MIB // len(line) + 1))[:MIB]

    accepted, _ = operator.upload(UPLOAD, content)
    refused, page = operator.upload(UPLOAD, content + b"1")

    assert accepted.status == 302
    assert refused.status == 200
    assert "larger than" in page


def test_the_proxy_lets_the_largest_upload_of_the_default_settings_through(
    request: pytest.FixtureRequest, client: Client
) -> None:
    assert client.allowed(UPLOAD, 513 * MIB) == 100  # announced, not sent
    if "nginx" in request.node.name:
        assert client.allowed(UPLOAD, 514 * MIB + 1) == 413


def test_imports_refuse_to_go_through_pgbouncer(
    followed: Followed, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (followed.server.root / "etc" / "budget-manager" / "pooled_url").read_text().strip()
    pooled = connections["default"].copy()
    given = {**environ.Env.db_url_config(url), "OPTIONS": {}}
    pooled.settings_dict = {**pooled.settings_dict, **given}
    monkeypatch.setattr(locks, "connection", pooled)

    with (
        django_db_blocker.unblock(),
        pytest.raises(ImproperlyConfigured, match="past the pooler"),
        locks.only_import(),
    ):
        pass

    with django_db_blocker.unblock(), pooled.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
        # as DATABASE_SESSION is in production
        for name, value in (
            ("lock_timeout", "1s"),
            ("idle_in_transaction_session_timeout", "5min"),
            ("client_connection_check_interval", "2s"),
        ):
            cursor.execute("SELECT current_setting(%s)", [name])
            assert cursor.fetchone() == (value,)
    pooled.close()


def test_each_worker_and_the_others_run_as_the_procfile_says(followed: Followed) -> None:
    lines = (followed.server.code / "Procfile").read_text().splitlines()
    said = dict(line.split(": ", 1) for line in lines)

    for name in UNITS:
        program, *words = followed.server.unit(f"budget-manager-{name}").command
        assert " ".join([Path(program).name, *words]) == said[name]


def test_an_upgrade_as_the_page_says_leads_to_the_next_version(followed: Followed) -> None:
    server = followed.server
    release = server.root / "release" / "ads"
    latest = max((release / "migrations").glob("0*.py")).stem
    (release / "migrations" / "9999_next.py").write_text(
        "from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = [('ads', '{latest}')]\n"
    )
    with (release / "static" / "ads" / "admin.css").open("a") as style:
        style.write("/* of the next version */\n")

    (said,) = server.follow("Upgrading")
    called = (server.root / "systemctl").read_text().splitlines()
    followed.web.stop()
    followed.web = server.start("web")

    assert "Applying ads.9999_next... OK" in said
    assert called[-1] == "restart budget-manager.target"
    assert followed.web.says("Booting worker"), followed.web.output
    styles = (server.code / "staticfiles" / "ads").glob("admin.*.css")
    assert any("/* of the next version */" in style.read_text() for style in styles)


def test_an_export_is_read_through_pgbouncer(operator: Client) -> None:
    answer, text = operator.ask("/admin/ads/spend/export/")

    assert answer.status == 200
    assert text.startswith("\ufeffid,date,brand_id,")
