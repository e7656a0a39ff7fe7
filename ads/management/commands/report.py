"""``manage.py report``: a brand's month for its client, as PDF or CSV."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import brand_named
from ads.rules.calendar import UnknownTimezone
from ads.services import reports
from ads.services.exports import Stream
from ads.services.operations import say_clock
from ads.services.reports import CannotMakePdf, InvalidMonth


class Command(PreparedCommand):
    help = "Writes the report of one brand and month for its client, as PDF or CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("brand", help="its name")
        parser.add_argument(
            "--month", default="", metavar="YYYY-MM", help="otherwise the last that has ended"
        )
        parser.add_argument(
            "--output", required=True, type=Path, metavar="FILE", help="ends in .pdf or .csv"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["output"]
        if path.suffix not in (".pdf", ".csv"):
            raise CommandError(f"--output: {path} must end in .pdf or .csv.")
        say_clock()
        brand, now = brand_named(options["brand"]), timezone.now()
        try:
            month = reports.month_of(brand, options["month"], now)
            if path.suffix == ".pdf":
                content = reports.as_pdf(reports.brand_month(brand, month, now), now)
            else:
                content = b"".join(Stream(reports.spend_by_day(brand, month), bom=True))
            path.write_bytes(content)
        except InvalidMonth as error:
            raise CommandError(f"--{error}") from error
        except (CannotMakePdf, UnknownTimezone) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
