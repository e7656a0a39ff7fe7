"""``manage.py replay``: what other budgets, hours, checks or lags would have done."""

from argparse import ArgumentTypeError
from decimal import Decimal
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ads.holds import Hold
from ads.management.prepared import PreparedCommand
from ads.management.terminal import Screen, brand_named, count, day, instant
from ads.models import Brand, DaypartingSchedule
from ads.rules.money import InvalidAmount, format_money, parse_amount
from ads.services.operations import say_clock
from ads.services.replay import CHECKS, Budgets, InvalidScenario, Replayed, Scenario, replay

NONE: Final = "none"


def _amount(text: str) -> Decimal | str:
    if text == NONE:
        return NONE
    try:
        return parse_amount(text)
    except InvalidAmount as error:
        raise ArgumentTypeError(f'{error} Use "{NONE}" for no limit.') from error


class Command(PreparedCommand):
    help = (
        "Replays a brand's recorded spend with other budgets, hours, check intervals or reporting "
        "lags, and shows what would have stopped when and what would have been spent. Whatever is "
        "not given is as it is set today. Nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("brand", help="its name")
        parser.add_argument("--from", dest="first", type=day, required=True, metavar="DATE")
        parser.add_argument("--to", dest="last", type=day, required=True, metavar="DATE")
        parser.add_argument(
            "--budgets", type=Decimal, default=100, metavar="PERCENT",
            help="of today's budgets of all campaigns, daily and monthly; 110 raises them by 10 %%",
        )  # fmt: skip
        for whose in ("brand-", ""):
            for period in ("daily", "monthly"):
                help_ = f"an amount, or {NONE}; " + (
                    "the brand's" if whose else "of the campaign that --campaign names"
                )
                parser.add_argument(f"--{whose}{period}-budget", type=_amount, help=help_)
        parser.add_argument("--campaign", help="the name of one campaign with other budgets")
        parser.add_argument(
            "--schedule", action="append", default=[], metavar="NAME",
            help="hours of all campaigns in place of their own; may be given several times",
        )  # fmt: skip
        parser.add_argument("--all-hours", action="store_true", help="no dayparting")
        parser.add_argument("--check-every", type=int, default=5, choices=CHECKS, metavar="MINUTES")
        parser.add_argument(
            "--lag", type=int, default=0, metavar="MINUTES",
            help="how much later spend is known than it was recorded",
        )  # fmt: skip

        parser.add_argument(
            "--stop-early", choices=["yes", "no"],
            help="whether campaigns stop early, in the order of their priorities",
        )  # fmt: skip

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        say_clock()
        brand = brand_named(options["brand"])
        try:
            found = replay(brand, _scenario(brand, options), timezone.now())
        except InvalidScenario as error:
            raise CommandError(f"--{error}") from error
        _show(screen, found)


def _scenario(brand: Brand, options: dict[str, Any]) -> Scenario:
    campaigns = {}
    own = {name: options[name] for name in ("daily_budget", "monthly_budget")}
    if options["campaign"] is None:
        given = [name for name, value in own.items() if value is not None]
        if given:
            option = given[0].replace("_", "-")
            raise CommandError(
                f"--{option}: name the campaign with --campaign, or use --brand-{option}."
            )
    else:
        campaign = brand.campaigns.filter(name=options["campaign"]).first()
        if campaign is None:
            raise CommandError(
                f'--campaign: {brand.name} has no campaign "{options["campaign"]}"; use its name.'
            )
        campaigns[campaign.pk] = _budgets(campaign, own["daily_budget"], own["monthly_budget"])
    return Scenario(
        options["first"],
        options["last"],
        brand=_budgets(brand, options["brand_daily_budget"], options["brand_monthly_budget"]),
        campaigns=campaigns,
        percent=Decimal(options["budgets"]),
        schedules=_schedules(options["schedule"], all_hours=options["all_hours"]),
        check_every=options["check_every"],
        lag=options["lag"],
        stops_early={"yes": True, "no": False}.get(options["stop_early"]),
    )


def _budgets(owner: Any, daily: Decimal | str | None, monthly: Decimal | str | None) -> Budgets:
    def chosen(given: Decimal | str | None, present: Decimal | None) -> Decimal | None:
        return present if given is None else None if isinstance(given, str) else given

    return Budgets(chosen(daily, owner.daily_budget), chosen(monthly, owner.monthly_budget))


def _schedules(names: list[str], *, all_hours: bool) -> frozenset[int] | None:
    if all_hours and names:
        raise CommandError("--all-hours: leave it out, or leave out --schedule.")
    if not names:
        return frozenset() if all_hours else None
    found = dict(DaypartingSchedule.objects.filter(name__in=names).values_list("name", "pk"))
    if missing := [name for name in names if name not in found]:
        raise CommandError(f'--schedule: there is no schedule "{missing[0]}"; use its name.')
    return frozenset(found.values())


def _show(screen: Screen, found: Replayed) -> None:
    brand, scenario, money = found.brand, found.scenario, found.money
    screen.line(f"{brand.name}, {scenario.first} to {scenario.last}", "bold")
    screen.table(
        ["campaign", "on record", "replayed", "of it estimated", "over daily budgets", "stops"],
        (
            (
                one.campaign.name,
                format_money(one.recorded, brand.currency),
                money(one.replayed),
                money(one.estimated),
                money(one.over),
                f"{one.stops:,}",
            )
            for one in found.campaigns
        ),
    )
    if found.stops:
        screen.table(
            ["stopped", "campaign", "why", "until"],
            (
                (
                    instant(stop.at, brand.timezone),
                    stop.campaign.name,
                    ", ".join(str(Hold(code).label) for code in stop.holds),
                    instant(stop.until, brand.timezone) if stop.until else "the end",
                )
                for stop in found.stops
            ),
        )
    screen.line(
        f"On record: {format_money(found.recorded, brand.currency)}. "
        f"Replayed: {money(found.replayed)}, of which {money(found.estimated)} is estimated. "
        f"{count(len(found.stops), 'stop')}; over the brand's daily budget by {money(found.over)}."
    )
    left = sum((one.unspent for one in found.campaigns), Decimal(0))
    if left or found.unspent:
        screen.line(
            f"Left unspent by stopping early: {money(left)} of campaigns' daily budgets, "
            f"{money(found.unspent)} of the brand's."
        )
    screen.line("Replay: nothing was changed.")
