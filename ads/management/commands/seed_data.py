"""``manage.py seed_data``: sample data to look at and to try things on."""

from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ads.rules.money import format_usd, parse_amount
from ads.services.sample import seed


class Command(BaseCommand):
    help = (
        "Adds sample brands, campaigns, schedules and spend; what is there already stays as it "
        "is. Some campaigns are about to use up their daily budget, so that within ten minutes "
        "of running worker and beat some are seen to be paused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--brands", type=int, default=2, help="default: %(default)s")
        parser.add_argument(
            "--campaigns",
            type=int,
            default=10,
            help="in all, spread over the brands; half of them dayparted; default: %(default)s",
        )
        parser.add_argument(
            "--spend-days",
            type=int,
            default=7,
            help="days of spend, today so far included; 0 for none; default: %(default)s",
        )
        parser.add_argument(
            "--daily-budget",
            default="75",
            help="of each campaign, in US dollars; a brand's covers its campaigns'; "
            "default: %(default)s",
        )
        parser.add_argument(
            "--monthly-budget", default="1500", help="likewise; default: %(default)s"
        )
        parser.add_argument(
            "--seed",
            type=int,
            default=1,
            help="the same seed makes the same data, at the same time of day; default: %(default)s",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            plan = seed.Plan(
                brands=options["brands"],
                campaigns=options["campaigns"],
                spend_days=options["spend_days"],
                daily_budget=_amount(options["daily_budget"], "daily_budget"),
                monthly_budget=_amount(options["monthly_budget"], "monthly_budget"),
                seed=options["seed"],
            )
        except ValueError as error:
            field, _, rest = str(error).partition(":")
            raise CommandError(f"--{field.replace('_', '-')}:{rest}") from error
        made = seed.seed(plan, timezone.now())
        self.stdout.write(_report(made))


def _amount(value: object, field: str) -> Decimal:
    return parse_amount(value, field=field)


def _report(made: seed.Seeded) -> str:
    report = (
        f"Added {_count(len(made.brands), 'brand')} with {_count(made.campaigns, 'campaign')}, "
        f"{made.dayparted} of them dayparted ({_count(made.schedules, 'new schedule')}), and "
        f"{_count(made.entries, 'spend entry', 'spend entries')}: {format_usd(made.spend)}.\n"
        f"Now: {made.active} Active, {made.campaigns - made.active} Paused by system."
    )
    if made.brands_before:
        report += f"\nAs they were: {_count(made.brands_before, 'brand')} there before."
    return report


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
