"""``manage.py export``: what is on record, as CSV."""

import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from ads.management.commands._terminal import brand_named
from ads.rules import written
from ads.services.exports import InvalidExport, Kind, Stream, Wanted, choose

_BROKEN_PIPE: Final = 141  # as a program killed by SIGPIPE ends


def _day(text: str) -> date:
    try:
        return written.day(text)
    except ValueError as error:
        raise ArgumentTypeError(f'"{text}" is no date: write it like 2026-03-15.') from error


class Command(BaseCommand):
    help = (
        "Writes what is on record as CSV, whatever its size: the ledger (spend), delivery changes "
        "(changes), the sums of every day and month (totals), or where the brands and campaigns "
        "stand now (summaries)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=[str(kind) for kind in Kind])
        parser.add_argument("--brand", help="this brand alone")
        parser.add_argument("--from", dest="first", type=_day, metavar="DATE", help="first day")
        parser.add_argument("--to", dest="last", type=_day, metavar="DATE", help="last day")
        parser.add_argument(
            "--output", metavar="FILE", help="write it there; the file appears once it is whole"
        )
        parser.add_argument(
            "--bom", action="store_true", help="begin with a mark by which Excel knows UTF-8"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        brand = None if options["brand"] is None else brand_named(options["brand"]).pk
        wanted = Wanted(brand=brand, first=options["first"], last=options["last"])
        try:
            export = choose(Kind(options["what"]), wanted, timezone.now())
            stream = Stream(export, bom=options["bom"])
            if options["output"] is None:
                _write(stream, self._print)
            else:
                _write_file(stream, Path(options["output"]))
        except InvalidExport as error:
            raise CommandError(f"--{error}") from error
        except BrokenPipeError:
            # Whoever read it has seen enough. Nothing is left to be written at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)
        except DatabaseError as error:
            raise CommandError(f"The export broke off and is not whole: {error}") from error

    def _print(self, piece: bytes) -> None:
        bytes_out: BinaryIO | None = getattr(self.stdout, "buffer", None)
        if bytes_out is None:
            self.stdout.write(piece.decode(), ending="")
        else:
            bytes_out.write(piece)


def _write(stream: Stream, write: Callable[[bytes], object]) -> None:
    for piece in stream:
        write(piece)


def _write_file(stream: Stream, path: Path) -> None:
    """Beside its place first: a file of that name is always whole."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            _write(stream, file.write)
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        stream.close()
        unfinished.unlink(missing_ok=True)
