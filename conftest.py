"""Gives every process that runs tests a database and a Redis database of its own.

So several test runs in one clone do not disturb each other, and no task of a test reaches the
worker of a running ``start.sh``. Each process takes the first free slot and locks it until it ends.
With ``-n 2`` two such processes share a run, file by file.
"""

import fcntl
import functools
import gc
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.db.models import Model
from django.template.base import Template
from django.template.context import Context
from django.test.signals import template_rendered
from django.utils.safestring import SafeString
from pytest_django.plugin import DjangoDbBlocker
from pytest_django.plugin import pytest_collection_modifyitems as sort_as_django_does
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from ads.models.timezones import TimezoneName
from budget_manager.tests.template import template

SLOTS = range(1, 16)  # Redis has 16 databases, and 0 is development's

BROWSER = Path(__file__).parent / "ads" / "tests" / "browser"

MADE_BY_MIGRATE = (ContentType, Permission, TimezoneName)

_held: list[int] = []  # the handle of the slot's lock, open until the process ends


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(20_000, 20, 20)
    if config.getoption("dist") != "no" and not hasattr(config, "workerinput"):
        return  # this process only distributes the tests
    slot = take_slot(settings.BASE_DIR / ".local")
    connection.settings_dict["TEST"]["NAME"] = f"test_budget_manager_{slot}"
    # Nobody misses what a power cut takes from a test.
    connection.settings_dict["OPTIONS"]["options"] = "-c synchronous_commit=off"
    parts = urlsplit(settings.REDIS_URL)
    redis_url = urlunsplit(parts._replace(path=f"/{slot}"))

    from budget_manager.celery import app

    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CELERY_RESULT_BACKEND = redis_url
    app.conf.update(broker_url=redis_url, result_backend=redis_url)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from the thousands of tests, which stay until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(django_db_blocker: DjangoDbBlocker) -> None:
    """The database's name contains the slot already, so that the next run finds and replaces it.

    It is copied from a template. Migrations run only when the template is made: the first time,
    and when a migration or a package has changed.
    """
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = template()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect only what may have faults when these alone are asked for: the rest takes a minute."""
    if config.option.markexpr != "faults" or not collection_path.name.startswith("test_"):
        return None
    return True if "faults" not in collection_path.read_text() else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Give each of Schemathesis's tests a node ID of its own, and put all in order.

    pytest drops "[GET /…]" from these IDs. Processes refer to tests by node ID, so of several tests
    with the same one, only one would run.
    """
    for item in items:
        assert item.parent is not None
        address = f"{item.parent.nodeid}::{item.name}"
        if item.nodeid != address:
            item._id = type(item.id).parse(address)  # noqa: SLF001 - there is no public way
    assert len({item.nodeid for item in items}) == len(items)
    yield
    # pytest brings together the tests for each parameter of a module's fixture: one that empties
    # the database came before others that need what migrations put there.
    sort_as_django_does(items)
    items.sort(key=in_browser)


def in_browser(item: pytest.Item) -> tuple[bool, bool]:
    """Is it a test in a browser, and not of the module that takes longest?

    No process waits for that module at the end if it comes first.
    """
    return item.path.is_relative_to(BROWSER), item.path.name != "test_every_page.py"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured, such as how long a stop took after a fault."""
    for report in terminalreporter.getreports("passed"):
        for _, value in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")


class InOrder(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no published types
    """Distributes whole files in order, so that each process keeps the order of a single process.

    The order is: tests that are rolled back, then those that commit and afterwards empty the
    database, including rows that migrations made, then those in browsers. A file with several of
    these kinds is distributed in as many parts. A module's fixtures serve all tests of a part.
    """

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Note to which part each test belongs."""
        super().add_node_collection(node, collection)
        self._parts: dict[str, str] = {}
        files = groupby(collection, key=lambda test: test.partition("::")[0])
        for number, (file, tests) in enumerate(files):
            self._parts |= dict.fromkeys(tests, f"{file} {number}")

    def _split_scope(self, nodeid: str) -> str:
        return self._parts[nodeid]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return InOrder(config, log)


@pytest.fixture(scope="session", autouse=True)
def django_test_environment(django_test_environment: None) -> None:  # noqa: ARG001
    """Note the context of a page only; not of each of the hundreds of templates it includes."""

    def render(template: Template, context: Context) -> SafeString:
        if context.template is template:
            template_rendered.send(sender=template, template=template, context=context)
        return template.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]  # noqa: SLF001 - as Django does


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,  # noqa: ARG001 - pytest-django's own comes first
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Let the ledger be emptied after a test that commits, which nothing else may do to it.

    Rows are deleted: they are few, and to truncate every table takes ten times as long. What each
    migration makes is made again only if a test has changed it.
    """

    def empty(_command: flush.Command, **_options: Any) -> None:
        if made_by_migrate() == made:
            delete_rows(but_of=MADE_BY_MIGRATE)
        else:
            delete_rows(but_of=())
            emit_post_migrate_signal(verbosity=0, interactive=False, db="default")

    with django_db_blocker.unblock():
        made = made_by_migrate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", empty)
        yield


def made_by_migrate() -> Any:
    """A sum of all rows that each migration makes, without their ids."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT (SELECT ARRAY[count(*), sum(hashtextextended(name, 0))] FROM ads_timezonename),
                count(DISTINCT type.id), count(permission.id),
                sum(hashtextextended(concat_ws('/', app_label, model, codename, name), 0))
            FROM django_content_type type
            LEFT JOIN auth_permission permission ON content_type_id = type.id""")
        return cursor.fetchone()


def delete_rows(*, but_of: Sequence[type[Model]]) -> None:
    """Delete the rows of all models but those, without triggers and foreign keys."""
    kept = {model._meta.db_table for model in but_of}
    with transaction.atomic(), connection.cursor() as cursor:
        # In one go: most of the tables are empty, and to ask for each takes longer than to delete.
        deletions = (f"DELETE FROM {table}" for table in tables() if table not in kept)  # noqa: S608 - names of our own
        cursor.execute("; ".join(["SET LOCAL session_replication_role = replica", *deletions]))


@functools.cache
def tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(only_existing=True))


def take_slot(local: Path) -> int:
    for slot in SLOTS:
        handle = os.open(local / f"test-{slot}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        _held.append(handle)
        return slot
    raise pytest.UsageError(
        f"{len(SLOTS)} processes already run tests in this clone: wait for some to end."
    )
