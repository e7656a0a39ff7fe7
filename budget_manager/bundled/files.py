"""The files under ``.local/``, and the error that says in a sentence why one cannot be used."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from django.core.exceptions import ImproperlyConfigured

REMEDIES = {
    "No space left on device": "The disk is full: free some space and start again.",
    "Disk quota exceeded": "Your disk quota is used up: free some space and start again.",
    "Permission denied": (
        "It may belong to another user who started this clone before (root, perhaps): start as "
        "that user, or take ownership of .local (chown -R)."
    ),
    "Read-only file system": (
        "The bundled servers keep their data there: move the clone, or set DATABASE_URL and "
        "REDIS_URL."
    ),
    "/usr/bin/setpriv": (
        "PostgreSQL does not run as root, and this program of util-linux, which runs it as another "
        "user, is missing: start as an ordinary user."
    ),
    "Address already in use": "Another program took its port: start again.",
}


class BundledServersError(ImproperlyConfigured):
    """A server could not be found or started; the text says why and what to do.

    Many programs import settings (celery, gunicorn, a plain script). One that does not catch this
    error prints the sentence instead of a traceback.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        sys.excepthook = print_sentence


def print_sentence(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if isinstance(error, BundledServersError):
        sys.stderr.write(f"error: {error}\n")
    else:
        sys.__excepthook__(kind, error, trace)


def remedy(text: str) -> str:
    """What to do about the operating system's refusal that `text` reports; empty if unknown."""
    return next((remedy for words, remedy in REMEDIES.items() if words in text), "")


@contextmanager
def in_sentences() -> Iterator[None]:
    """Turn the operating system's refusals into sentences with a remedy."""
    try:
        yield
    except OSError as error:
        where = error.filename or ".local"
        sentence = f"{where}: {error.strerror or error}. {remedy(str(error))}"
        raise BundledServersError(sentence.strip()) from error


def local_dir(base_dir: Path) -> Path:
    """``.local/`` of this clone, created when missing."""
    local = base_dir / ".local"
    with in_sentences():
        local.mkdir(mode=0o755, exist_ok=True)
        hand_over(local)
    return local


def hand_over(path: Path) -> None:
    """Give what root created in another user's clone to that user, who needs it next time."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def read_or_create(path: Path, text: str) -> str:
    """The content of `path`; a missing file is created with `text`, mode 0600.

    Of several processes that do so at once, the first one's text is what all of them get.
    """
    with in_sentences():
        if not path.exists():
            fresh = path.with_name(f"{path.name}.{os.getpid()}")
            write(fresh, text)
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text()


def write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, completely or not at all."""
    with in_sentences():
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # the passwords to the data must survive a power cut
        hand_over(fresh)
        fresh.replace(path)
