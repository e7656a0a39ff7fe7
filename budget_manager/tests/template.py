"""The database that tests copy: it is migrated once for these migrations and packages."""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from urllib.parse import urlsplit

import time_machine
from django.conf import settings
from django.db import connection

from ads.services.ledger import shortcut
from budget_manager.bundled.postgres import programs


def template() -> str:
    """Its name on the server of the settings, where it is made when it is missing.

    What migrations write has the real time, whatever the clock of the test that comes first.
    """
    handle = os.open(settings.BASE_DIR / ".local" / "test-template.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with _real_clock():
            return _found_or_made()
    finally:
        os.close(handle)


def _real_clock() -> AbstractContextManager[object]:
    hatch = time_machine.escape_hatch
    return time_machine.travel(hatch.time.time()) if hatch.is_travelling() else nullcontext()


def _found_or_made() -> str:
    sources = [
        settings.BASE_DIR / "requirements.txt",
        *settings.BASE_DIR.glob("ads/migrations/*.py"),
    ]
    # The names too: a migration that is called otherwise is another one.
    content = b"".join(path.name.encode() + path.read_bytes() for path in sorted(sources))
    content += "".join(sorted(shortcut.NAMES)).encode()
    name = f"test_template_{hashlib.sha256(content).hexdigest()[:16]}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_template_%%'")
        found = [row[0] for row in cursor.fetchall()]
        if name in found:
            return name
        for left in found:
            cursor.execute(f"DROP DATABASE {left} WITH (FORCE)")
    before = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "test_template_new"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"] = before
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE test_template_new RENAME TO {name}")
    return name


def copy_template(*, to: str) -> None:
    """Fill the empty database at this URL, which may be on another server."""
    with using(settings.DATABASE_URL):
        name = template()
    dump = [f"{programs()}/pg_dump", "--no-owner", url_of(name)]
    fill = [f"{programs()}/psql", "--no-psqlrc", "--quiet", "--single-transaction", to]
    made = subprocess.run(dump, check=True, capture_output=True)
    options = ["--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    subprocess.run([*fill, *options], input=made.stdout, check=True, capture_output=True)


def copy_all_tables_but_one(*, to: str) -> None:
    """As ``copy_template``, and leave one table to be migrated.

    To migrate all of them takes long, and is how the template itself was made.
    """
    copy_template(to=to)
    with using(to), connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_session")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")


def url_of(name: str) -> str:
    """Of a database on the server of the settings."""
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()


@contextmanager
def using(url: str) -> Iterator[None]:
    """Have Django use this database in this process."""
    parts = urlsplit(url)
    now = connection.settings_dict
    before = {key: now[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    connection.close()
    now.update(
        NAME=parts.path[1:],
        USER=parts.username,
        PASSWORD=parts.password,
        HOST=parts.hostname,
        PORT=parts.port,
    )
    try:
        yield
    finally:
        connection.close()
        now.update(before)
