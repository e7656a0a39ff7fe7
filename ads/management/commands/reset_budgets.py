"""``manage.py reset_budgets``: rolls brands over as the tasks do; can let them run on."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q, QuerySet
from django.utils import timezone

from ads.management.commands._terminal import SHOWN, Screen, acting, brand_named, count
from ads.management.commands.check_budgets import show_switches
from ads.models import Brand, Campaign
from ads.models.spend import Period
from ads.rules.calendar import local_date
from ads.rules.money import format_money
from ads.services.delivery import Rollover, Trigger, Waived, rollover, waivers
from ads.services.explain import switches

Due = Callable[[datetime, QuerySet[Brand]], QuerySet[Brand]]

#: By period: who is due, what rolls them over, and under which trigger.
ROLLOVERS: Final[dict[Period, tuple[Due, Callable[..., Rollover], Trigger]]] = {
    Period.DAY: (rollover.due_for_day, rollover.roll_over_days, Trigger.RESET_DAILY_BUDGETS),
    Period.MONTH: (
        rollover.due_for_month,
        rollover.roll_over_months,
        Trigger.RESET_MONTHLY_BUDGETS,
    ),
}


class Command(BaseCommand):
    help = (
        "Rolls over the brands whose local day or month has begun: campaigns that were out of "
        "budget come back, and ended flights are completed. Spend still counts, unless --waive is "
        "given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--daily", action="store_true", help="the day (default: both)")
        parser.add_argument("--monthly", action="store_true", help="the month (default: both)")
        parser.add_argument("--brand", help="this brand alone")
        parser.add_argument(
            "--waive",
            action="store_true",
            help="let them run on: spend so far in the period no longer counts against the budgets "
            "of brands and campaigns (reports still show it); needs --daily or --monthly",
        )
        parser.add_argument("--dry-run", action="store_true", help="preview only; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        wanted = [
            period
            for period, option in ((Period.DAY, "daily"), (Period.MONTH, "monthly"))
            if options[option]
        ]
        if options["waive"] and not wanted:
            raise CommandError("--waive: choose the spend to waive: --daily, --monthly or both.")
        brands = Brand.objects.all()
        if options["brand"] is not None:
            brands = brands.filter(pk=brand_named(options["brand"]).pk)
        now = timezone.now()
        periods = wanted or list(Period)
        with acting("reset_budgets"):
            if options["dry_run"]:
                _preview(screen, periods, brands, now)
                if options["waive"]:
                    _show_waived(screen, waivers.waivable(brands, wanted, now=now), "would be ")
                screen.line("Preview: nothing was changed.")
                return
            failed = sum(_roll_over(screen, period, brands, now) for period in periods)
            if options["waive"]:
                _waive(screen, brands, wanted, now)
        if failed:
            raise CommandError(
                f"{failed} failed; see the log. The others were rolled over, "
                "and the next run tries these again."
            )


def _preview(screen: Screen, periods: list[Period], brands: QuerySet[Brand], now: datetime) -> None:
    due_at_all = Q(pk__in=())
    for period in periods:
        due = ROLLOVERS[period][0](now, brands)
        _show_due(screen, period, due, now)
        due_at_all |= Q(brand__in=due.order_by().values("pk"))
    changes = switches.preview(Campaign.objects.filter(due_at_all), now, limit=SHOWN)
    show_switches(screen, changes)
    _say(screen, "Campaigns", changes, "would be ")
    if Period.DAY in periods:
        ended = rollover.ended_flights(rollover.due_for_day(now, brands), now)
        screen.line(f"{count(ended.count(), 'ended flight')} would be completed.")


def _roll_over(screen: Screen, period: Period, brands: QuerySet[Brand], now: datetime) -> int:
    """Roll over and show it; how many brands and campaigns failed."""
    due_for, roll, trigger = ROLLOVERS[period]
    _show_due(screen, period, due_for(now, brands), now)
    done = roll(now, brands=brands)
    changes = switches.made(now, [trigger], limit=SHOWN)
    show_switches(screen, changes)
    _say(screen, f"{period.label}: {count(done.brands, 'brand')} rolled over; campaigns", changes)
    if done.completed:
        screen.line(f"{count(done.completed, 'ended flight')} completed.")
    return len(done.failed) + len(done.enforced.failed)


def _show_due(screen: Screen, period: Period, due: QuerySet[Brand], now: datetime) -> None:
    number = due.count()
    if not number:
        screen.line(f"{period.label}: no brand is due.")
        return
    screen.table(
        ["brand", "timezone", "local date", "last rolled over"],
        (
            (brand.name, brand.timezone, local_date(now, brand.timezone), _last(brand, period))
            for brand in due.order_by("name")[:SHOWN]
        ),
        title=f"{period.label}: {count(number, 'brand')} due.",
    )
    if number > SHOWN:
        screen.line(f"… and {number - SHOWN:,} more.")


def _waive(screen: Screen, brands: QuerySet[Brand], periods: list[Period], now: datetime) -> None:
    offered = waivers.waivable(brands, periods, now=now)
    _show_waived(screen, waivers.waive_all(offered, now=now))
    changes = switches.made(now, [Trigger.RESET], limit=SHOWN)
    show_switches(screen, changes)
    _say(screen, "Campaigns", changes)


def _show_waived(screen: Screen, waived: list[Waived], would: str = "") -> None:
    if waived:
        screen.table(
            ["brand", "campaign", "period", "no longer counts"],
            (
                (
                    item.brand.name,
                    "(all campaigns of the brand)"
                    if isinstance(item.owner, Brand)
                    else item.owner.name,
                    item.period,
                    format_money(item.amount, item.brand.currency),
                )
                for item in waived
            ),
            right=["no longer counts"],
        )
    screen.line(f"{count(len(waived), 'sum')} {would}waived.")


def _say(screen: Screen, what: str, changes: switches.Switches, would: str = "") -> None:
    screen.line(f"{what}: {changes.started:,} {would}started, {changes.stopped:,} {would}paused.")


def _last(brand: Brand, period: Period) -> object:
    last = brand.last_daily_reset if period == Period.DAY else brand.last_monthly_reset
    return last or "never"
