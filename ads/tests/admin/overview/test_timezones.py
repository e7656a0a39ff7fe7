"""System health shows the timezone database in use."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ads.services.operations import timezone_database

PAGES = ["index", "django_celery_beat_periodictask_changelist"]


@pytest.mark.parametrize("page", PAGES)
def test_the_release_and_the_version_are_shown(admin: Client, page: str) -> None:
    shown = admin.get(reverse(f"admin:{page}")).content.decode()

    database = timezone_database()
    assert f"timezone database {database.release} (tzdata {database.version})" in shown


@pytest.mark.parametrize("page", PAGES)
def test_another_version_than_the_pinned_one_is_told(
    admin: Client, page: str, settings: Any, tmp_path: Any
) -> None:
    (tmp_path / "requirements.txt").write_text("tzdata==2031.2\n")
    settings.BASE_DIR = tmp_path

    shown = admin.get(reverse(f"admin:{page}")).content.decode()

    assert "and requirements.txt pins 2031.2. Run pip install" in shown
