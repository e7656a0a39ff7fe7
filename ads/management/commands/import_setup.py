"""``manage.py import_setup``: creates and updates brands and campaigns from a file."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.files import name_of, opened
from ads.management.prepared import PreparedCommand
from ads.management.terminal import SHOWN, Screen, acting, check_enforced, count, say_held
from ads.services import setup
from ads.services.setup import ChangedMeanwhile, Preview, RowsRefused, SetupRefused, Sheet


class Command(PreparedCommand):
    help = (
        "Creates and updates brands, campaigns, budgets, flights, attached schedules and platform "
        "IDs from a CSV or an Excel workbook (.xlsx), all or nothing. A row is a campaign, or a "
        "brand where the campaign is empty. An empty cell leaves a value as it is, the word none "
        'takes it away. "export setup" writes such a file.'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument("--encoding", help="of a CSV; default: UTF-8, or UTF-16 if detected")
        parser.add_argument(
            "--sheet", help="of a workbook, by its name; default: the only one with rows"
        )
        parser.add_argument("--dry-run", action="store_true", help="preview only; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        try:
            with opened(options["file"]) as file:
                name = name_of(options["file"])
                sheet = Sheet.read(file, name, encoding=options["encoding"], sheet=options["sheet"])
            now = timezone.now()
            found = setup.preview(sheet, now)
            _show(screen, found)
            if options["dry_run"]:
                screen.line("Preview: nothing was changed.", "bold")
                return
            with acting("import_setup"):
                done = setup.apply(sheet, now, seen=found.plan.digests())
        except RowsRefused as error:
            for problem in error.problems[:SHOWN]:
                screen.line(f"  {problem}")
            if len(error.problems) > SHOWN:
                screen.line(f"  … and {len(error.problems) - SHOWN:,} more.")
            raise CommandError(str(error)) from error
        except ChangedMeanwhile as error:
            raise CommandError("\n  ".join([str(error), *error.rows])) from error
        except SetupRefused as error:
            raise CommandError(str(error)) from error
        screen.line(
            f"Applied. {count(done.enforced.started, 'campaign')} started, "
            f"{done.enforced.stopped:,} stopped.",
            "bold",
        )
        for sentence in done.left_behind():
            screen.line(sentence)
        check_enforced("Everything in the file was applied", done.enforced.failed)


def _show(screen: Screen, found: Preview) -> None:
    screen.table(
        ["line", "brand", "campaign", "", "column", "before", "after"],
        (
            (line, brand, campaign, what, change.column, change.old, change.new)
            for line, brand, campaign, what, change in found.plan.told()
        ),
        right=["line"],
    )
    counts = found.counts
    screen.line(
        f"{count(counts['brands_new'], 'new brand')}, {counts['brands_changed']:,} changed; "
        f"{count(counts['campaigns_new'], 'new campaign')}, {counts['campaigns_changed']:,} "
        f"changed; {count(counts['unchanged'], 'row')} as stored."
    )
    outcome = found.outcome
    say_held(screen)
    screen.line(
        f"{count(outcome.starts.count, 'campaign')} would start, "
        f"{outcome.stops.count:,} would stop."
    )
    for note in found.plan.notes:
        screen.line(f"Note: {note}", "yellow")
