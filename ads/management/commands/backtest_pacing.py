"""``manage.py backtest_pacing``: how good projections of a past month would have been."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, count
from ads.rules.calendar import InvalidDate, month_start, parse_date
from ads.services.pacing import backtest


class Command(PreparedCommand):
    help = (
        "Projects a month that has ended as of its days 5, 10 and 20, and compares that with what "
        "was spent: the mean error of a straight line, of the last seven days and of pacing "
        "(by weekday), and how many of the 80% ranges were right. Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", help="such as 2026-10; default: the last that has ended")
        parser.add_argument(
            "--generated",
            type=int,
            metavar="CAMPAIGNS",
            help="on made-up spend of so many campaigns, in place of what is on record",
        )
        parser.add_argument(
            "--event", action="store_true", help="with --generated: with a Black Friday in it"
        )
        parser.add_argument(
            "--campaigns", type=int, default=1000, help="at most so many (default: %(default)s)"
        )
        parser.add_argument("--seed", type=int, default=1, help="with --generated")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        month = _month(options["month"], timezone.now().date())
        for name in ("campaigns", "generated"):
            if options[name] is not None and options[name] < 1:
                raise CommandError(f"--{name}: {options[name]} cannot be used; use 1 or more.")
        if options["event"] and not options["generated"]:
            raise CommandError("--event: is for made-up spend; add --generated 1000.")
        if options["generated"]:
            found = backtest.of_generated(
                options["generated"], month, seed=options["seed"], event=options["event"]
            )
        else:
            found = backtest.of_history(month, options["campaigns"])
        if not found:
            raise CommandError(
                f"--month: no campaign has spend enough in {month:%B %Y} and before; choose "
                "another month, or use --generated 1000."
            )
        screen.table(
            ["as of day", "straight line", "last 7 days", "by weekday", "within 80% range"],
            (
                (
                    str(one.day),
                    f"{one.straight_line:.1f}%",
                    f"{one.last_week:.1f}%",
                    f"{one.by_weekday:.1f}%",
                    f"{one.covered:.0f}%",
                )
                for one in found
            ),
        )
        screen.line(
            f"Mean error in percent of the spend of {month:%B %Y}, of "
            f"{count(max(one.projections for one in found), 'campaign')}."
        )


def _month(text: str | None, today: date) -> date:
    """The first day of the month that is meant.

    Raises:
        CommandError: it is no month, or one that has not ended.
    """
    current = month_start(today)
    if text is None:
        return month_start(current - timedelta(days=1))
    try:
        month = parse_date(f"{text}-01")
    except InvalidDate as error:
        raise CommandError(f"--month: {text!r} is not a month; use one such as 2026-10.") from error
    if month >= current:
        raise CommandError(f"--month: {text} has not ended; choose an earlier one.")
    return month
