"""``manage.py seed_data``: sample data to try things on."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.management.prepared import PreparedCommand
from ads.management.terminal import acting, count
from ads.rules.currencies import DEFAULT
from ads.rules.money import format_money, parse_amount
from ads.services.sample import seed


class Command(PreparedCommand):
    help = (
        "Adds sample brands, campaigns, schedules and spend; existing data stays unchanged. Some "
        "campaigns are close to their daily budget, so that with worker and beat running some are "
        "paused within ten minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--brands", type=int, default=2, help="default: %(default)s")
        parser.add_argument(
            "--campaigns",
            type=int,
            default=10,
            help="in total, spread over the brands, half of them dayparted; default: %(default)s",
        )
        parser.add_argument(
            "--spend-days",
            type=int,
            default=7,
            help="days of spend, including today so far; 0 for none; default: %(default)s",
        )
        parser.add_argument(
            "--daily-budget",
            default="75",
            help="for each campaign, in US dollars; brands get the sum of their campaigns'; "
            "default: %(default)s",
        )
        parser.add_argument(
            "--monthly-budget", default="1500", help="likewise; default: %(default)s"
        )
        parser.add_argument(
            "--seed",
            type=int,
            default=1,
            help="the same seed gives the same data at the same time of day; default: %(default)s",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            plan = seed.Plan(
                brands=options["brands"],
                campaigns=options["campaigns"],
                spend_days=options["spend_days"],
                daily_budget=parse_amount(options["daily_budget"], field="daily_budget"),
                monthly_budget=parse_amount(options["monthly_budget"], field="monthly_budget"),
                seed=options["seed"],
            )
        except ValueError as error:
            field, _, rest = str(error).partition(":")
            raise CommandError(f"--{field.replace('_', '-')}:{rest}") from error
        with acting("seed_data"):
            made = seed.seed(plan, timezone.now())
        self.stdout.write(_report(made))


def _report(made: seed.Seeded) -> str:
    report = (
        f"Added {count(len(made.brands), 'brand')} with {count(made.campaigns, 'campaign')}, "
        f"{made.dayparted:,} of them dayparted ({count(made.schedules, 'new schedule')}), and "
        f"{count(made.entries, 'spend entry', 'spend entries')}: "
        f"{format_money(made.spend, DEFAULT)}.\n"
        f"Now: {made.active:,} Active, {made.campaigns - made.active:,} Paused by system."
    )
    if made.brands_before:
        report += f"\nUnchanged: {count(made.brands_before, 'existing brand')}."
    return report
