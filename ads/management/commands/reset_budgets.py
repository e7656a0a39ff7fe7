"""``manage.py reset_budgets``: rolls brands over as the tasks do; can let them run on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q, QuerySet
from django.utils import timezone

from ads.holds import BUDGET_HOLDS, Supposing
from ads.management.commands.check_budgets import show_switches
from ads.management.prepared import PreparedCommand
from ads.management.terminal import (
    SHOWN,
    Screen,
    acting,
    brand_named,
    called,
    campaign_named,
    count,
    say_held,
)
from ads.models import Brand, Campaign
from ads.models.spend import Period
from ads.rules.allowances import InvalidAllowance, Terms
from ads.rules.calendar import UnknownTimezone, local_date
from ads.rules.money import format_money
from ads.services.delivery import (
    Ends,
    Offered,
    Rollover,
    Trigger,
    allowances,
    bulk_allowances,
    preview_campaigns,
    rollover,
)
from ads.services.explain import switches

#: The reason on record where none is given.
DEFAULT_REASON: Final = "reset_budgets --waive"

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


class Command(PreparedCommand):
    help = (
        "Rolls over the brands whose local day or month has begun: campaigns that were out of "
        "budget come back, and ended flights are completed. With --waive, brands and campaigns are "
        "let run on: they may spend more than their budgets."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--daily", action="store_true", help="the day (default: both)")
        parser.add_argument("--monthly", action="store_true", help="the month (default: both)")
        parser.add_argument("--brand", help="this brand alone")
        parser.add_argument(
            "--waive",
            action="store_true",
            help="let brands and campaigns run on: allow as much as they have spent so far in the "
            "period beyond their budgets, so that these start anew; needs --daily or --monthly",
        )
        parser.add_argument(
            "--campaign", help="with --waive: this campaign alone (its name, Brand/Name, or id)"
        )
        parser.add_argument(
            "--amount",
            help="with --waive: allow this much, in its currency, to each that has such a budget",
        )
        parser.add_argument(
            "--until",
            help='with --waive: when it ends: "18:00" or "2026-11-28 18:00" in the timezone of the '
            'brand, "midnight", "end of month", or an instant with its offset (default: the end of '
            "the day or month)",
        )
        parser.add_argument("--reason", help=f"with --waive: why (default: {DEFAULT_REASON})")
        parser.add_argument("--dry-run", action="store_true", help="preview only; change nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        screen = Screen(self.stdout, no_color=options["no_color"])
        wanted = [
            period
            for period, option in ((Period.DAY, "daily"), (Period.MONTH, "monthly"))
            if options[option]
        ]
        if options["waive"] and not wanted:
            raise CommandError("--waive: choose the budgets: --daily, --monthly or both.")
        for name in ("campaign", "amount", "until", "reason"):
            if options[name] is not None and not options["waive"]:
                raise CommandError(
                    f"--{name}: it only works with --waive. Add --waive, or leave this out."
                )
        brands = Brand.objects.all()
        if options["brand"] is not None:
            brands = brands.filter(pk=brand_named(options["brand"]).pk)
        only = None
        if options["campaign"] is not None:
            only = campaign_named(options["campaign"])
            if not brands.filter(pk=only.brand_id).exists():
                raise CommandError(f"--campaign: {called(only)} is not of that brand.")
            brands = brands.filter(pk=only.brand_id)
        now = timezone.now()
        run_on = _RunOn.of(options, wanted, brands, only, now) if options["waive"] else None
        periods = wanted or list(Period)
        with acting("reset_budgets"):
            say_held(screen)
            if options["dry_run"]:
                _preview(screen, periods, brands, now)
                if run_on:
                    run_on.preview(screen)
                screen.line("Preview: nothing was changed.")
                return
            failed = sum(_roll_over(screen, period, brands, now) for period in periods)
            if run_on:
                run_on.carry_out(screen)
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


@dataclass(frozen=True, slots=True)
class _RunOn:
    """What --waive does, to whom."""

    terms: list[Terms]
    brands: QuerySet[Brand]
    only: Campaign | None
    now: datetime
    #: Why brands of some timezones are left out, if any are.
    refused: list[str]

    @classmethod
    def of(
        cls,
        options: dict[str, Any],
        periods: list[Period],
        brands: QuerySet[Brand],
        only: Campaign | None,
        now: datetime,
    ) -> "_RunOn":
        """Raises CommandError where the options cannot be used."""
        reason = DEFAULT_REASON if options["reason"] is None else options["reason"]
        try:
            given = (options["amount"], options["until"], reason)
            terms = [Terms.given(period, *given) for period in periods]
            if terms[0].amount is not None:
                bulk_allowances.one_currency(terms[0].amount, brands)
            ends = [Ends.of(each, brands, now) for each in terms]
            if only:
                for each in terms:
                    allowances.check(only, each, now)
        except InvalidAllowance as error:
            raise CommandError(f"--{error}") from error
        except UnknownTimezone as error:
            raise CommandError(str(error)) from error
        zones = set.intersection(*(set(each.by_zone) for each in ends))
        refused = {str(error) for each in ends for error in each.refused.values()}
        return cls(terms, brands.filter(timezone__in=zones), only, now, sorted(refused))

    def preview(self, screen: Screen) -> None:
        offered = self._offered()
        self._show(screen, offered, "would be ")
        campaigns = Campaign.objects.filter(brand__in=self.brands.order_by().values("pk"))
        if self.only:
            campaigns = campaigns.filter(pk=self.only.pk)
        allowed = {
            budget.hold.value: each.amount
            for each in self.terms
            for budget in BUDGET_HOLDS
            if budget.period == each.period and not (budget.of_brand and self.only)
        }
        outcome = preview_campaigns(campaigns, Supposing(allowed=allowed), self.now)
        names = ", ".join(one.name for one in outcome.starts.first)
        more = ", …" if outcome.starts.count > len(outcome.starts.first) else ""
        screen.line(
            f"{count(outcome.starts.count, 'campaign')} would start"
            + (f": {names}{more}." if names else ".")
        )

    def carry_out(self, screen: Screen) -> None:
        self._show(screen, bulk_allowances.allow_all(self._offered(), self.terms, now=self.now))
        changes = switches.made(self.now, [Trigger.RESET], limit=SHOWN)
        show_switches(screen, changes)
        _say(screen, "Campaigns", changes)

    def _offered(self) -> list[Offered]:
        return bulk_allowances.offered(self.terms, brands=self.brands, only=self.only, now=self.now)

    def _show(self, screen: Screen, those: list[Offered], would: str = "") -> None:
        for why in self.refused:
            screen.line(f"Left out: {why}", "yellow")
        if those:
            screen.table(
                ["brand", "campaign", "period", "allowed beyond the budget"],
                (
                    (
                        item.brand.name,
                        "(all campaigns of the brand)"
                        if isinstance(item.owner, Brand)
                        else item.owner.name,
                        item.period,
                        format_money(item.amount, item.brand.currency),
                    )
                    for item in those
                ),
                right=["allowed beyond the budget"],
            )
        screen.line(f"{count(len(those), 'allowance')} {would}given.")


def _say(screen: Screen, what: str, changes: switches.Switches, would: str = "") -> None:
    screen.line(f"{what}: {changes.started:,} {would}started, {changes.stopped:,} {would}paused.")


def _last(brand: Brand, period: Period) -> object:
    last = brand.last_daily_reset if period == Period.DAY else brand.last_monthly_reset
    return last or "never"
