"""``manage.py import_spend``: records the spend in a CSV or a workbook."""

import os
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from ads.management.files import name_of, opened
from ads.management.imported import show, show_missing, show_questions, show_refused
from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, acting, brand_named, check_enforced, count
from ads.models import Brand
from ads.rules.money import PLACES
from ads.services import imports
from ads.services.errors import InvalidSpend
from ads.services.imports import (
    Import,
    ImportRefused,
    NewBrand,
    Plan,
    Question,
    RefusedCsv,
    RowsRefused,
    Unanswered,
    unanswered,
)
from ads.services.ledger import check_instant


class Command(PreparedCommand):
    help = (
        "Records the spend in a CSV file or a workbook (.xlsx). Rows are day totals (rows of one "
        "campaign and day are added up, and importing again records only what is new), or entries "
        "where there is a column external_id (each id is recorded once). All or nothing, unless "
        "--skip-bad-rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the CSV or .xlsx file, or - for standard input")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            type=_mapped,
            metavar="FIELD=COLUMN",
            help=f"the column of a field; fields: {', '.join(imports.FIELDS)}",
        )
        parser.add_argument("--date-format", help="such as %%d-%%m-%%Y; default: detected")
        parser.add_argument(
            "--decimal",
            choices=imports.DECIMAL_SIGNS,
            metavar="SIGN",
            help="the decimal separator, a dot or a comma; the other may then be a thousands "
            "separator. Default: as the file shows; for a plain file a dot, and no thousands "
            "separator",
        )
        parser.add_argument(
            "--unit",
            choices=imports.UNITS,
            help="what the amounts are in: units of the currency, as they stand, or micros "
            "(millionths). Default: as they stand; what looks like micros is refused",
        )
        parser.add_argument(
            "--daily",
            action="store_true",
            help="each row is one day, though its only column of days is called a start",
        )
        parser.add_argument("--delimiter", help="the sign between columns; default: detected")
        parser.add_argument("--encoding", help="of the file; default: UTF-8, or UTF-16 if detected")
        parser.add_argument(
            "--format",
            choices=list(imports.FORMATS),
            help="the format of the file; default: detected",
        )
        parser.add_argument(
            "--sheet", help="of a workbook, by its name; default: the only one with a report"
        )
        parser.add_argument(
            "--header-line", type=int, help="the line with the column names; default: detected"
        )
        parser.add_argument(
            "--platform",
            help="the platform whose campaign names or ids the file has, such as google_ads. Spend "
            "of unmatched campaigns waits",
        )
        parser.add_argument(
            "--account", default="", help="the account on the platform, if no column has it"
        )
        parser.add_argument(
            "--source",
            help="duplicates are detected per source: give each platform its own, and always the "
            f'same. Default: the platform, or "{imports.DEFAULT_SOURCE}"',
        )
        parser.add_argument(
            "--timezone",
            help="of the days and hours in the file, such as America/New_York; default: as the "
            "file says. Hours are added up to the brands' days",
        )
        parser.add_argument(
            "--accept-timezone",
            action="store_true",
            help="count the days of another timezone as the brand's days of the same date",
        )
        parser.add_argument("--brand", help="look for campaigns only in this brand")
        parser.add_argument(
            "--campaign-by",
            choices=imports.CAMPAIGN_BY,
            default="auto",
            help="how the file identifies campaigns; default: either, unless ambiguous",
        )
        parser.add_argument(
            "--observed-at",
            type=_instant,
            help="the time of the day totals, such as 2024-05-01T12:00:00+00:00; default: now. "
            "Older figures never replace newer ones",
        )
        parser.add_argument(
            "--round",
            type=int,
            choices=[PLACES],
            help=f"round amounts to {PLACES} decimal places; default: refuse them",
        )
        parser.add_argument("--skip-bad-rows", action="store_true", help="record the good rows")
        parser.add_argument(
            "--refused", metavar="FILE", help="write the refused rows to this CSV, with reasons"
        )
        parser.add_argument(
            "--on-overlap",
            choices=imports.ANSWERS["overlap"],
            help="campaign-days that another source has reported: add (it is other money), replace "
            "(this file counts from now on) or skip. Default: refuse the file",
        )
        parser.add_argument(
            "--left-out",
            choices=imports.ANSWERS["left_out"],
            help="campaign-days that this report had before and leaves out now: set them to zero, "
            "or keep what is on record. Default: refuse the file",
        )
        parser.add_argument(
            "--accept",
            type=_accepted,
            default=(),
            metavar="WHAT",
            help="record a file although it is finer than a campaign, lowers days by more than "
            "20%% and $1.00, or starts campaigns: finer, lowered, starts, or several with commas "
            "between them. Default: refuse the file",
        )
        parser.add_argument(
            "--create-campaigns",
            action="store_true",
            help="create campaigns that do not exist yet in --brand, with their platform IDs: "
            "active, without budgets. Default: their spend waits, or is refused in a file of no "
            "platform",
        )
        parser.add_argument(
            "--new-brand",
            nargs=2,
            metavar=("CURRENCY", "TIMEZONE"),
            help="create the --brand too if there is none of that name, such as USD "
            "America/New_York",
        )
        parser.add_argument("--dry-run", action="store_true", help="show a preview; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        dry_run: bool = options["dry_run"]
        try:
            plan = _plan(options)
            with (
                acting("import_spend", file=name_of(options["file"])),
                opened(options["file"]) as file,
                _progress(file) as progress,
                _refused(options["refused"]) as sink,
            ):
                now = timezone.now()
                with Import.staged(file, plan, now=now, progress=progress, sink=sink) as staged:
                    if dry_run:
                        done = staged.preview(now=timezone.now())
                    else:
                        title = name_of(options["file"])
                        done = staged.record(now=timezone.now(), title=title)
                        staged.enforce_again(now=timezone.now())
        except Unanswered as error:
            show_questions(screen, error.questions, staged.done)
            raise CommandError(_to_decide(error.questions)) from error
        except RowsRefused as error:
            show_refused(screen, error.refused)
            show_missing(screen, error.refused)
            raise CommandError(str(error)) from error
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read completely: {error}.") from error
        except DatabaseError as error:
            raise CommandError(
                f"Database error: {str(error).strip()} Import the file again: nothing is recorded "
                "twice."
            ) from error
        show(screen, done, is_preview=dry_run)
        if dry_run and (open_ := unanswered(done.questions, plan.answers)):
            raise CommandError(_to_decide(open_))
        if done.refused.count:
            left_out = count(done.refused.count, "row")
            was = "would be" if dry_run else "was"
            raise CommandError(
                f"{left_out} refused and left out; the rest {was} recorded.",
                returncode=2,  # unlike "nothing was recorded", for scripts
            )
        check_enforced("Recorded", done.enforced.failed)


def _plan(options: dict[str, Any]) -> Plan:
    mapping: dict[str, str] = {}
    for name, column in options["map"]:
        if name in mapping:
            raise ImportRefused(f"--map {name} is given twice; a field has one column.")
        mapping[name] = column
    return Plan(
        source=options["source"],
        format=options["format"],
        encoding=options["encoding"],
        delimiter="\t" if options["delimiter"] == "\\t" else options["delimiter"],
        sheet=options["sheet"],
        header_line=options["header_line"],
        mapping=mapping,
        date_format=options["date_format"],
        decimal=options["decimal"],
        unit=options["unit"],
        is_daily=options["daily"],
        platform=options["platform"],
        account=options["account"],
        timezone=options["timezone"],
        accept_timezone=options["accept_timezone"],
        campaign_by=options["campaign_by"],
        round_amounts=options["round"] is not None,
        skip_bad_rows=options["skip_bad_rows"],
        observed_at=options["observed_at"],
        answers=_answers(options),
        **_brand(options),
    )


def _brand(options: dict[str, Any]) -> dict[str, Any]:
    """The brand of the plan, and whether campaigns are created in it."""
    name, new = options["brand"], options["new_brand"]
    creates: bool = options["create_campaigns"]
    if new and not creates:
        raise ImportRefused("--new-brand: it needs --create-campaigns too.")
    if name is None:
        if creates:
            raise ImportRefused(
                "--create-campaigns: name the brand in which they are created (--brand NAME)."
            )
        return {}
    if creates and new and not Brand.objects.filter(name=name).exists():
        return {"brand_id": imports.NOWHERE, "new_brand": NewBrand(name, *new)}
    try:
        brand = brand_named(name)
    except CommandError as error:
        if not creates:
            raise
        raise CommandError(
            f"{error} To create it with the campaigns, add its currency and its timezone: "
            "--new-brand USD America/New_York"
        ) from error
    if new and [brand.currency, brand.timezone] != new:
        raise ImportRefused(
            f"--new-brand: there is a brand {brand.name} already, in {brand.currency} and "
            f"{brand.timezone}. Leave --new-brand out to use it, or give the new one another name."
        )
    return {"brand_id": brand.pk, "create_in": brand.pk if creates else None}


def _to_decide(questions: Sequence[Question]) -> str:
    """Why nothing is recorded, with the options that answer."""
    options = "; ".join(each.options for each in questions)
    return f"Nothing was recorded. To record the file, decide and add: {options}."


def _accepted(text: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for code in text.split(","))
    for code in codes:
        if imports.ANSWERS.get(code) != ("accept",):
            raise ArgumentTypeError(f"{code!r}: write finer, lowered or starts")
    return codes


def _answers(options: dict[str, Any]) -> dict[str, str]:
    given = {"overlap": options["on_overlap"], "left_out": options["left_out"]}
    given |= dict.fromkeys(options["accept"], "accept")
    return {code: answer for code, answer in given.items() if answer}


def _mapped(text: str) -> tuple[str, str]:
    name, equals, column = text.partition("=")
    if not (name.strip() and equals and column.strip()):
        raise ArgumentTypeError(f"{text!r}: write FIELD=COLUMN, such as amount=Spent")
    return name.strip(), column.strip()


def _instant(text: str) -> datetime:
    try:
        return check_instant("observed_at", text)
    except InvalidSpend as error:
        raise ArgumentTypeError(f"{text!r}: {error.reason}") from None


@contextmanager
def _refused(name: str | None) -> Iterator[RefusedCsv | None]:
    """The CSV for refused rows, if wanted; with a byte order mark, for spreadsheets."""
    if name is None:
        yield None
        return
    try:
        file = Path(name).open("w", encoding="utf-8-sig", newline="")  # noqa: SIM115
    except OSError as error:
        raise CommandError(f"{name} cannot be written: {error}.") from error
    with file:
        yield RefusedCsv(file)


@contextmanager
def _progress(file: BinaryIO) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, by how much of the file has been read."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _rows: None
        return
    try:
        size = os.fstat(file.fileno()).st_size or None
    except OSError:
        size = None
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("Reading", total=size, rows=0)
        seen = 0

        def advance(rows: int) -> None:
            nonlocal seen
            seen += rows
            at = file.tell() if file.seekable() else 0
            bar.update(task, completed=at, rows=seen)
            if at and at == size:
                bar.update(task, description="Recording", total=None)

        yield advance
