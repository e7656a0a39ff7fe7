"""The files under ``.local/``: created with care, their faults said in sentences."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from budget_manager.bundled.errors import BundledServersError
from budget_manager.bundled.guard import hand_over


@contextmanager
def in_sentences(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals at `path` into sentences with a remedy."""
    try:
        yield
    except OSError as error:
        raise BundledServersError(sentence(error, path)) from error


def sentence(error: OSError, path: Path) -> str:
    where = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: {where} could not be written. Free some space and start again."
    if error.errno in (errno.EACCES, errno.EPERM):
        return (
            f"Permission denied: {where}. It may belong to another user who started this clone "
            f"before (root, perhaps): start as that user, or give yourself the directory "
            f"{path} (chown -R)."
        )
    if error.errno == errno.EROFS:
        return (
            f"{where} is on a read-only file system, and the bundled servers keep their data "
            "there. Move the clone, or set DATABASE_URL and REDIS_URL."
        )
    return f"{where}: {error.strerror or error}."


def local_dir(base_dir: Path) -> Path:
    """``.local/`` of this clone, made when missing."""
    local = base_dir / ".local"
    with in_sentences(local):
        local.mkdir(mode=0o755, exist_ok=True)
        hand_over(local)
    return local


def read_or_create(path: Path, text: str) -> str:
    """What `path` holds; if there is no such file it is made, holding `text`, mode 0600.

    Several processes may do so at once: the first one's text is what all of them get.
    """
    with in_sentences(path.parent):
        if not path.exists():
            write(fresh := path.with_name(f"{path.name}.{os.getpid()}"), text)
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text()


def write(path: Path, text: str) -> None:
    """Writes a file that its owner alone may read, whole or not at all."""
    with in_sentences(path.parent):
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # the passwords to the data must survive a power cut
        hand_over(fresh)
        fresh.replace(path)
