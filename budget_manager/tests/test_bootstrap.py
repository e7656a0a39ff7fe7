"""The administrator that a first start makes."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from budget_manager.bootstrap import ensure_admin, login

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_chosen_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)


def test_the_password_is_random_works_and_is_kept(tmp_path: Path) -> None:
    ensure_admin(tmp_path)

    kept = (tmp_path / ".local" / "admin-password").read_text().strip()
    admin = get_user_model().objects.get(username="admin")
    assert admin.is_superuser
    assert admin.check_password(kept)
    assert len(kept) >= 16
    assert login(tmp_path) == f"admin / {kept}   (kept in .local/admin-password)"


def test_a_second_time_changes_nothing_and_says_the_same(tmp_path: Path) -> None:
    ensure_admin(tmp_path)
    first = login(tmp_path)
    stored = get_user_model().objects.get(username="admin").password

    ensure_admin(tmp_path)

    assert login(tmp_path) == first
    assert get_user_model().objects.get(username="admin").password == stored


def test_a_password_changed_since_is_neither_shown_nor_undone(tmp_path: Path) -> None:
    ensure_admin(tmp_path)
    admin = get_user_model().objects.get(username="admin")
    admin.set_password("mine")
    admin.save()

    ensure_admin(tmp_path)

    assert login(tmp_path).startswith("admin, with the password you gave it")
    admin.refresh_from_db()
    assert admin.check_password("mine")


def test_a_password_chosen_in_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "chosen")

    ensure_admin(tmp_path)

    assert get_user_model().objects.get(username="admin").check_password("chosen")
