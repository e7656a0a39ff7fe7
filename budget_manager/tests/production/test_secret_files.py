"""A secret may be in a file that NAME_FILE names."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from budget_manager.secret_files import SECRETS, read_secret_files


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_its_file_without_the_line_break_at_its_end(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "secret"
    path.write_text(" $ecret with spaces \r\n\n")
    environ = {f"{name}_FILE": str(path), name: ""}

    read_secret_files(environ)

    assert environ == {f"{name}_FILE": str(path), name: " $ecret with spaces "}
    read_secret_files(environ)  # as a process does that one of ours has started


def test_a_variable_that_differs_from_its_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("one\n")
    environ = {"SECRET_KEY_FILE": str(path), "SECRET_KEY": "another"}

    with pytest.raises(ImproperlyConfigured) as refused:
        read_secret_files(environ)

    assert str(refused.value) == (
        "SECRET_KEY and SECRET_KEY_FILE are both set, and differ: set one of them to nothing, "
        "such as 'SECRET_KEY_FILE='."
    )
    assert environ["SECRET_KEY"] == "another"  # noqa: S105


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "which cannot be read: No such file or directory."),
        (b"\xff\xfe", "which cannot be read: it is not text in UTF-8."),
        (b"\n", "and that file is empty."),
    ],
)
def test_a_file_that_serves_for_nothing_is_refused(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ImproperlyConfigured, match=f"{re.escape(reason)}$") as refused:
        read_secret_files({"REDIS_URL_FILE": str(path)})

    assert str(refused.value).startswith(f"REDIS_URL_FILE is '{path}', ")


def test_other_variables_that_end_in_file_are_left_alone() -> None:
    environ = {"HISTORY_FILE": "/nowhere", "SECRET_KEY_FILE": ""}

    read_secret_files(environ)

    assert environ == {"HISTORY_FILE": "/nowhere", "SECRET_KEY_FILE": ""}
