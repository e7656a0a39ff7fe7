"""One timezone database, the pinned one, decides all days."""

import runpy
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management.base import SystemCheckError

import manage
from ads.checks import require_timezones
from ads.models import TimezoneName
from ads.models.timezones import keep_names
from ads.rules.calendar import local_date, local_time, names
from ads.services.operations import timezone_database
from ads.tests.factories import BrandFactory, ScheduleFactory
from ads.tests.support import execute, refused
from budget_manager import celery_app
from budget_manager.tests.support import ROOT

#: Places that changed their clocks' rules lately: machines still have the rules of before.
LATELY = {
    "America/Vancouver": "2026-11-28 00:45",
    "America/Edmonton": "2026-11-28 01:45",
    "America/Winnipeg": "2026-11-28 02:45",
    "Africa/Casablanca": "2026-11-28 07:45",
    "America/Havana": "2026-11-28 03:45",
}


@pytest.mark.parametrize("timezone", LATELY)
def test_a_day_begins_by_the_newest_rules(timezone: str) -> None:
    now = datetime(2026, 11, 28, 7, 45, tzinfo=UTC)

    assert f"{local_time(now, timezone):%Y-%m-%d %H:%M}" == LATELY[timezone]
    assert local_date(now, timezone) == date(2026, 11, 28)


def test_the_database_is_the_package_that_is_pinned() -> None:
    database = timezone_database()

    pins = (ROOT / "requirements.txt").read_text().split()
    assert f"tzdata=={database.version}" in pins
    year, letter = database.release[:4], database.release[4:]
    assert database.version == f"{year}.{ord(letter) - ord('a') + 1}"
    assert database.problem == ""
    assert zoneinfo.TZPATH == ()


@pytest.fixture
def _another_pinned(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "requirements.txt").write_text("pytz==2026.6\ntzdata==2031.2\n")


@pytest.mark.usefixtures("_another_pinned")
def test_another_version_than_the_pinned_one_is_an_error_with_the_remedy() -> None:
    (error,) = run_checks(tags=["timezones"])

    assert error.id == "ads.E001"
    assert error.msg == (
        f"The timezone database is tzdata {timezone_database().version}, and requirements.txt pins "
        "2031.2. Run pip install -r requirements.txt (./start.sh does), and start again."
    )
    with pytest.raises(SystemCheckError, match=r"pins 2031\.2"):
        require_timezones()


def test_the_machines_own_database_is_an_error() -> None:
    try:
        zoneinfo.reset_tzpath(("/usr/share/zoneinfo",))
        (error,) = run_checks(tags=["timezones"])
    finally:
        zoneinfo.reset_tzpath(())

    assert error.msg.startswith("Timezones are read from /usr/share/zoneinfo, not from the package")


WEB = partial(runpy.run_module, "budget_manager.wsgi")
WORKER = celery_app.loader.import_default_modules


@pytest.mark.usefixtures("_another_pinned")
@pytest.mark.parametrize(
    ("start", "end"),
    [(WEB, SystemCheckError), (WORKER, SystemCheckError), (manage.main, SystemExit)],
    ids=["web", "worker", "command"],
)
def test_nothing_starts_with_another_version(
    start: Callable[[], object],
    end: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("django.core.wsgi.get_wsgi_application", lambda: None)  # Django is set up
    monkeypatch.setattr("sys.argv", ["manage.py", "check"])

    with pytest.raises(end) as ended:
        start()

    said = f"{ended.value}{capsys.readouterr().err}"
    assert f"is tzdata {timezone_database().version}, and requirements.txt pins 2031.2." in said


@pytest.mark.django_db
def test_the_database_accepts_every_name_that_the_package_has() -> None:
    assert set(TimezoneName.objects.values_list("name", flat=True)) == names()
    brand, schedule = BrandFactory.create(), ScheduleFactory.create()

    for name in sorted(names()):
        execute("UPDATE ads_brand SET timezone = %s WHERE id = %s", [name, brand.pk])
        execute("UPDATE ads_daypartingschedule SET timezone = %s WHERE id = %s",
                [name, schedule.pk])  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["europe/berlin", "CEST", "Foo+3", "Factory", "posixrules", ""])
def test_the_database_refuses_other_names(name: str) -> None:
    brand = BrandFactory.create()

    with refused("is not a known timezone; use an IANA name such as Europe/Berlin"):
        execute("UPDATE ads_brand SET timezone = %s WHERE id = %s", [name, brand.pk])


@pytest.mark.django_db
def test_a_new_release_brings_its_names() -> None:
    TimezoneName.objects.get(name="Europe/Berlin").delete()
    TimezoneName.objects.create(name="Mars/Olympus")

    keep_names()

    assert set(TimezoneName.objects.values_list("name", flat=True)) == names()
