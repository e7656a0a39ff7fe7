"""Runs both compose files with podman, and tries what containers alone can show.

    tools/containers.py [--local-bases] [--keep]

Builds the image, says how large it is, and runs docker-compose.yml, then docker-compose.prod.yml
with it: every service must become healthy, and healthy again after a restart; the login page must
find the files that it loads; web must not be ready without PostgreSQL; a worker that is stopped
while it records a file must end that first.

Needs podman and podman-compose 1.6. `--local-bases` makes the base images by debootstrap, on a
machine that reaches Debian's packages and no registry; their Python, PostgreSQL and Redis are
Debian's. In a sandbox, podman may need BUILDAH_ISOLATION=chroot, a containers.conf of its own
(runtime, default_ulimits) and iptables. Stops at what fails, and removes its containers.
"""

import argparse
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASES = ROOT / "tools" / "bases"
LARGEST_IMAGE = 250  # MB
LARGEST = 300  # MB, all processes of web or a worker together, after an import
PROJECT = "budget-manager-check"
HOST = "localhost"  # which development allows, too
FILES = {
    "development": ["docker-compose.yml"],
    "production": ["docker-compose.yml", "docker-compose.prod.yml"],
}
ORDER = ["postgres", "redis", "web", "celery-enforcement", "celery-orders", "celery-worker",
         "celery-beat", "celery-flower"]  # fmt: skip
ROWS = 400_000

# What a person does on the page of an import, until a worker records it.
RECORD = f"""
import time
from django.utils import timezone
from ads.models import Brand, Campaign, SpendImport
from ads.services.imports import Plan, uploads
if not Brand.objects.exists():
    from django.core.management import call_command
    call_command("seed_data", verbosity=0)
campaign = Campaign.objects.select_related("brand").order_by("pk").first()
day = timezone.now().date()
lines = (f"{{campaign.pk}},{{day}},0.000001,c{{number}}" for number in range({ROWS}))
file = "\\n".join(["campaign,date,amount,external_id", *lines]).encode()
plan = Plan(source="containers", campaign_by="id")
one = uploads.receive([file], name="many.csv", plan=plan, limit=1 << 30, now=timezone.now())
for _ in range(3000):
    one.refresh_from_db()
    if one.status == "checked":
        uploads.confirm(one, checks=one.checks, leaves_out=0, now=timezone.now())
    if one.status in ("recording", "recorded", "refused"):
        break
    time.sleep(0.1)
print("status:", one.status, one.error)
"""
RECORDED = """
from ads.models import Spend, SpendImport
spend = Spend.objects.filter(source="containers")
print("status:", SpendImport.objects.latest("pk").status, spend.count())
"""


def run(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def wait(what: str, condition: Callable[[], bool], seconds: float = 300) -> None:
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            sys.exit(f"failed: {what}, after {seconds:.0f} s")
        time.sleep(1)
    print(f"  {what} after {time.monotonic() - begun:.0f} s", flush=True)


def ask(path: str) -> str:
    headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:8000{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return str(answer.read().decode(errors="replace"))
    except OSError as error:
        sys.exit(f"failed: {path}: {error}")


def make_bases() -> None:
    with tempfile.TemporaryDirectory() as folder:
        system = Path(folder) / "system"
        run("debootstrap", "--variant=minbase", "trixie", str(system))
        for left in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
            shutil.rmtree(system / left)
        run("tar", "-C", str(system), "-cf", f"{folder}/system.tar", ".")
        run("podman", "import", f"{folder}/system.tar", "debian")
        context = Path(folder) / "context"
        shutil.copytree(BASES, context)
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", context)
        for image in ("python:3.12-slim", "postgres:18", "redis:7"):
            target = image.partition(":")[0]
            run("podman", "build", "--target", target, "-t", image, str(context))
            print(f"  stand-in for {image}", flush=True)


def build() -> None:
    # docker's format, because OCI's has no health check
    run("podman", "build", "--format", "docker", "-t", "budget-manager", ".")
    sizes = [
        int(run("podman", "image", "inspect", "--format", "{{.Size}}", image)) // 10**6
        for image in ("budget-manager", "python:3.12-slim")
    ]
    print(f"The image: {sizes[0]} MB, {sizes[1]} of them its base's")
    if sizes[0] > LARGEST_IMAGE:
        sys.exit(f"failed: the image is larger than {LARGEST_IMAGE} MB")


class Stack:
    def __init__(self, name: str) -> None:
        files = [word for file in FILES[name] for word in ("-f", file)]
        self.compose = ["podman-compose", "-p", PROJECT, *files]

    def __call__(self, *words: str, check: bool = True) -> str:
        return run(*self.compose, *words, check=check)

    def id(self, service: str) -> str:
        labels = {"io.podman.compose.project": PROJECT, "io.podman.compose.service": service}
        filters = [f"--filter=label={name}={value}" for name, value in labels.items()]
        return run("podman", "ps", "-aq", *filters)

    def is_healthy(self, service: str) -> bool:
        """Runs its check now: podman's timers need systemd."""
        checked = subprocess.run(
            ["podman", "healthcheck", "run", self.id(service)], capture_output=True, check=False
        )
        return checked.returncode == 0

    def has_check(self, service: str) -> bool:
        form = "{{json .Config.Healthcheck}}"
        check = json.loads(run("podman", "inspect", "--format", form, self.id(service)) or "null")
        return bool(check) and check["Test"] != ["NONE"]

    def wait_for(self, service: str) -> None:
        if self.has_check(service):
            wait(f"{service} is healthy", lambda: self.is_healthy(service))
        else:
            time.sleep(5)
            state = run("podman", "inspect", "--format", "{{.State.Status}}", self.id(service))
            if state != "running":
                sys.exit(f"failed: {service} is {state}\n{run('podman', 'logs', self.id(service))}")
            print(f"  {service} runs, and has no check")

    def try_page(self) -> None:
        """The login page and what it loads, as a proxy in front would ask."""
        page = ask("/admin/login/")
        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        for file in files:
            ask(file)
        if not files:
            sys.exit("failed: the login page loads no files")
        print(f"  the login page has its {len(files)} files", flush=True)

    def python(self, code: str) -> str:
        said = run("podman", "exec", self.id("web"), "python", "manage.py", "shell", "-v", "0",
                   "-c", code)  # fmt: skip
        return next(line for line in said.splitlines() if line.startswith("status:"))

    def memory(self, service: str) -> list[int]:
        """Of each of its processes, in MB: what they share is divided among them."""
        each = "grep -qs ^/venv $one/cmdline && cat $one/smaps_rollup"
        script = f"for one in /proc/[0-9]*; do {each}; done"
        rolled = run("podman", "exec", self.id(service), "sh", "-c", script, check=False)
        found = re.findall(r"^Pss: +(\d+)", rolled, re.MULTILINE)
        return [int(kilobytes) * 1024 // 10**6 for kilobytes in found]


def try_stack(name: str, keep: bool) -> None:
    print(f"{name}:", flush=True)
    stack = Stack(name)
    stack("down", "-v", check=False)
    try:
        for service in ORDER:
            stack("up", "-d", "--no-deps", "--no-build", service)
            stack.wait_for(service)
        stack.try_page()
        for service in ORDER:
            run("podman", "restart", stack.id(service))
            stack.wait_for(service)
        for service in ("postgres", "web", "celery-enforcement", "celery-orders", "celery-worker"):
            wait(f"{service} is well after all restarts", partial(stack.is_healthy, service))

        run("podman", "stop", stack.id("postgres"))
        wait("web is not ready without PostgreSQL", lambda: not stack.is_healthy("web"))
        run("podman", "start", stack.id("postgres"))
        wait("web is ready again", lambda: stack.is_healthy("web"))

        print(f"  an import of {ROWS:,} rows: {stack.python(RECORD)}", flush=True)
        services = ("web", "celery-enforcement", "celery-orders", "celery-worker")
        taken = {name: stack.memory(name) for name in services}
        for service, shares in taken.items():
            print(f"  {service} takes {sum(shares)} MB in {len(shares)} processes", flush=True)
        begun = time.monotonic()
        stack("stop", "celery-worker")
        status = stack.python(RECORDED)
        print(f"  the worker stopped in {time.monotonic() - begun:.0f} s: {status}", flush=True)
        if status != f"status: recorded {ROWS}":
            sys.exit("failed: the worker was stopped before it had recorded the file")
        if max(map(sum, taken.values())) > LARGEST:
            sys.exit(f"failed: a service takes more than {LARGEST} MB")
    finally:
        if not keep:
            stack("down", "-v", check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--local-bases", action="store_true", help="make the base images first")
    parser.add_argument("--keep", action="store_true", help="leave the containers running")
    options = parser.parse_args()
    if options.local_bases:
        make_bases()
    build()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (
            ("secret_key", secrets.token_urlsafe(50)),
            ("database_password", secrets.token_urlsafe(24)),
            ("flower_basic_auth", "operator:secret"),
        ):
            (Path(folder) / name).write_text(f"{text}\n")
        os.environ.update(SECRETS=folder, ALLOWED_HOSTS=HOST)
        for name in FILES:
            try_stack(name, options.keep)


if __name__ == "__main__":
    main()
