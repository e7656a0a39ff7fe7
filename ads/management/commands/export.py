"""``manage.py export``: recorded data, and the setup, as CSV."""

import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import brand_named, count, day
from ads.services import setup
from ads.services.exports import (
    Export,
    InvalidExport,
    Kind,
    Stream,
    Wanted,
    choose,
    left_out,
    unreadable,
)
from ads.services.operations import say_clock

SETUP: Final = "setup"

_BROKEN_PIPE: Final = 141  # as a program killed by SIGPIPE ends


class Command(PreparedCommand):
    help = (
        "Exports data of any size as CSV: the ledger (spend), delivery changes (changes), the "
        "totals of every day and month (totals), what pauses for used-up budgets were worth "
        "(receipts), the current figures of brands and campaigns (summaries), or brands and "
        "campaigns as a file that import_setup reads (setup)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=[*map(str, Kind), SETUP])
        parser.add_argument("--brand", help="only this brand")
        parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="first day")
        parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="last day")
        parser.add_argument(
            "--output", metavar="FILE", help="write to this file, which appears once complete"
        )
        parser.add_argument(
            "--bom", action="store_true", help="start with a byte order mark, for Excel"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        brand = None if options["brand"] is None else brand_named(options["brand"]).pk
        wanted = Wanted(brand=brand, first=options["first"], last=options["last"])
        try:
            if options["what"] == SETUP:
                export = _setup(wanted)
            else:
                say_clock()
                export = choose(Kind(options["what"]), wanted, timezone.now())
                if months := left_out(Kind(options["what"]), wanted):
                    self.stderr.write(
                        f"Entries of {count(len(months), 'month')} ({months[0]:%Y-%m} to "
                        f"{months[-1]:%Y-%m}) are archived, so they are not exported."
                    )
                for lost in unreadable(Kind(options["what"]), wanted):
                    self.stderr.write(
                        f"{lost} has an invalid timezone ({lost.timezone}), so its receipts are "
                        "not exported. Correct the timezone."
                    )
            stream = Stream(export, bom=options["bom"])
            if options["output"] is None:
                for piece in stream:
                    self._print(piece)
            else:
                _write_file(stream, Path(options["output"]))
        except InvalidExport as error:
            raise CommandError(f"--{error}") from error
        except BrokenPipeError:
            # The reader has closed the pipe. Python must not flush to it when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_BROKEN_PIPE)
        except DatabaseError as error:
            raise CommandError(f"The export failed and is incomplete: {error}") from error

    def _print(self, piece: bytes) -> None:
        bytes_out: BinaryIO | None = getattr(self.stdout, "buffer", None)
        if bytes_out is None:
            self.stdout.write(piece.decode(), ending="")
        else:
            bytes_out.write(piece)


def _setup(wanted: Wanted) -> Export:
    if wanted.first or wanted.last:
        field = "from" if wanted.first else "to"
        raise InvalidExport(field, "a setup file is of the present; leave the dates out.")
    return setup.export(wanted.brands, wanted.campaigns)


def _write_file(stream: Stream, path: Path) -> None:
    """Write to a file beside it first, so that a file of this name is always complete."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.writelines(stream)
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        stream.close()
        unfinished.unlink(missing_ok=True)
