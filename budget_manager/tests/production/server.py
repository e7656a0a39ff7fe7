"""A server on which docs/running.md is followed as written, inside a directory.

The page's commands run in one shell. What would change the machine is replaced by the smallest
thing that serves: paths lie below the directory, ports are free ones, packages are those already
here, and PostgreSQL and Redis are bundled servers. systemd's units are read, and what they start is
started.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from ads.tests.own_redis import free_port
from budget_manager.bundled.postgres import programs
from budget_manager.tests.running import Running
from budget_manager.tests.support import ROOT, User, copy_project, environment

HOST = "budgets.example.com"
PAGE = (ROOT / "docs" / "running.md").read_text()
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)

#: Commands that stand in for those that would change this machine.
STAND_INS = {
    "apt-get": "",
    "useradd": "",
    "chown": "",
    "systemctl": 'echo "$@" >>{root}/systemctl',
    "git": """
case $1 in
    clone) cp -a {root}/release/. "$3" ;;
    checkout) cp -a {root}/release/. . ;;
esac""",
    "python3": 'if [ "$2" = venv ]; then ln -s {prefix} "$3"; else exec {python} "$@"; fi',
    "runuser": '[ "$2" != postgres ] || export {superuser}; shift 3; exec "$@"',
    "certbot": """
mkdir -p {root}/etc/letsencrypt/live/$4 && cd {root}/etc/letsencrypt/live/$4 &&
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$4" \\
    -addext "subjectAltName=DNS:$4" -keyout privkey.pem -out fullchain.pem 2>&1""",
}


def blocks(heading: str) -> list[str]:
    """The page's shell blocks below `heading`, up to the next heading."""
    _, *parts = HEADING.split(PAGE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    return BLOCK.findall(sections[heading])


class Server:
    def __init__(self, root: Path, **variables: str) -> None:
        self.root = root
        self.code = root / "srv" / "budget-manager"
        self.running: list[Running] = []
        for folder in ("tools", "release", "srv", "etc/systemd/system", "etc/pgbouncer"):
            (root / folder).mkdir(parents=True)
        for folder in ("etc/nginx/sites-available", "etc/nginx/sites-enabled", "etc/caddy"):
            (root / folder).mkdir(parents=True)
        copy_project(root / "release")
        (root / "release" / ".venv").unlink()
        shutil.copytree(ROOT / "deploy", root / "release" / "deploy")
        self.user = User(root / "release")
        database_url, self.redis_url = self.user.urls()
        self.superuser = superuser(database_url)
        self.ports = {name: free_port() for name in (443, 80, 8000, 6432)}
        self.ports[5432] = int(self.superuser["PGPORT"])
        self.variables = {**variables, "BIND": f"127.0.0.1:{self.ports[8000]}"}
        for path in (root / "release" / "deploy").rglob("*"):
            if path.is_file():
                path.write_text(self.here(path.read_text()))
        for name, does in STAND_INS.items():
            self._tool(name, does)
        self.shell = subprocess.Popen(
            ["bash", "-eu"],
            cwd=root,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _tool(self, name: str, does: str) -> None:
        path = self.root / "tools" / name
        superuser = shlex.join(f"{key}={value}" for key, value in self.superuser.items())
        does = does.format(
            root=self.root, prefix=sys.prefix, python=sys.executable, superuser=superuser
        )
        path.write_text(f"#!/bin/bash\n{does}\n")
        path.chmod(0o755)

    def here(self, text: str) -> str:
        """`text` of the page or of a file, with this server's paths, ports and groups."""
        text = re.sub(r"(?<![\w./])/(etc|srv)/", rf"{self.root}/\1/", text)
        text = text.replace("redis://127.0.0.1:6379/0", self.redis_url)
        for port, ours in self.ports.items():
            text = re.sub(
                rf"(127\.0\.0\.1:|port ?= ?|listen (?:\[::\]:)?){port}\b", rf"\g<1>{ours}", text
            )
        text = text.replace("-g budget_manager", f"-g {os.getgid()}")
        text = text.replace("WEB_CONCURRENCY=3", "WEB_CONCURRENCY=1")
        return text.replace("createsuperuser", "createsuperuser --noinput")

    def follow(self, heading: str) -> list[str]:
        """Run the page's commands below `heading`; what each block printed."""
        return [self.run(block) for block in blocks(heading)]

    def run(self, commands: str) -> str:
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(f"{self.here(commands)}\necho ---done---\n")
        self.shell.stdin.flush()
        said: list[str] = []
        for line in self.shell.stdout:
            if line == "---done---\n":
                return "".join(said)
            said.append(line)
        raise AssertionError(f"{commands}\n{''.join(said)}")

    def environment(self) -> dict[str, str]:
        path = f"{self.root / 'tools'}:{programs()}:{PATH}"
        # HOME: psql reads a file there. Where everything is installed, pip would look at each
        # package's needs for seconds, and ask for a newer pip.
        pip = {"PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return {**environment(), "PATH": path, "HOME": str(self.root), **pip, **self.variables}

    def unit(self, name: str) -> "Unit":
        """The unit as it is installed, or will be."""
        installed = self.root / "etc" / "systemd" / "system"
        coming = self.code / "deploy" / "systemd"
        file = f"{name}.service"
        return Unit((installed if (installed / file).exists() else coming) / file)

    def start(self, name: str) -> Running:
        """What systemd would start for this unit."""
        unit = self.unit(f"budget-manager-{name}")
        env = {**self.environment(), **unit.environment}
        self.running.append(Running(unit.command, unit.folder, env))
        return self.running[-1]

    def program(self, *command: str) -> Running:
        self.running.append(Running(list(command), self.root, self.environment()))
        return self.running[-1]

    def close(self) -> None:
        for each in reversed(self.running):
            if each.process.poll() is None:
                each.stop()
        self.shell.kill()
        self.shell.communicate()
        self.user.leave()


def superuser(database_url: str) -> dict[str, str]:
    """The variables for ``psql`` as ``postgres``, where the page's own names are still free."""
    url = urlsplit(database_url)
    given: dict[str, Any] = {"host": url.hostname, "port": url.port, "password": url.password}
    for user, statements in (
        ("budget_manager", ["CREATE ROLE postgres SUPERUSER LOGIN PASSWORD {}"]),
        ("postgres", ["ALTER DATABASE budget_manager RENAME TO bundled",
                      "ALTER ROLE budget_manager RENAME TO bundled"]),
    ):  # fmt: skip
        with psycopg2.connect("", user=user, dbname="template1", **given) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(sql.SQL(statement).format(sql.Literal(url.password)))
        connection.close()
    return {
        "PGUSER": "postgres",
        "PGHOST": str(url.hostname),
        "PGPORT": str(url.port),
        "PGPASSWORD": str(url.password),
    }


class Unit:
    """What a systemd unit, with its drop-ins, says about its process."""

    def __init__(self, path: Path) -> None:
        files = [path, *sorted(path.with_name(f"{path.name}.d").glob("*.conf"))]
        lines = [line for file in files for line in file.read_text().splitlines()]
        self.said = [line.split("=", 1) for line in lines if "=" in line and line[0] != "#"]
        self.command = shlex.split(self._one("ExecStart").replace("%%", "%"))
        self.folder = Path(self._one("WorkingDirectory"))

    def _one(self, name: str) -> str:
        (value,) = [value for key, value in self.said if key == name]
        return value

    @property
    def environment(self) -> dict[str, str]:
        files = [Path(value) for key, value in self.said if key == "EnvironmentFile"]
        lines = [line for file in files for line in file.read_text().splitlines()]
        return dict(line.split("=", 1) for line in lines)
