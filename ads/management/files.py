"""Opening the file that a command is given."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, cast

from django.core.management.base import CommandError

STDIN: Final = "-"


def name_of(file: str) -> str:
    """The name of the file for the audit, as far as it is text."""
    name = "standard input" if file == STDIN else Path(file).name
    return name.encode("utf-8", "replace").decode()


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """The file, or standard input.

    Raises:
        CommandError: it cannot be opened.
    """
    path: str | int = sys.stdin.fileno() if file == STDIN else file
    try:
        found = open(path, "rb", buffering=0, closefd=file != STDIN)  # noqa: SIM115  (closed below)
    except FileNotFoundError as error:
        raise CommandError(f"There is no file {file} (looked in {Path.cwd()}).") from error
    except IsADirectoryError as error:
        raise CommandError(f"{file} is a directory; name a file in it.") from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read: {error}.") from error
    with found:
        yield cast("BinaryIO", found)
