"""An ad platform that stands in for real ones: campaigns spend while they are on.

Its accounts are the timezones and currencies of brands, and its campaigns are ours, by our IDs. The
platform keeps its own record of switches, from which alone the costs follow (see
:mod:`ads.platforms.curve`). The same seed, the same spend.

Campaigns that are connected on a real platform are not its own. What they had spent here before is
zero from then on, as they did not spend it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ads.freshness import is_connected
from ads.models import Brand, Campaign, SimulatedSwitch
from ads.platforms import SIMULATED, curve
from ads.platforms.curve import Run
from ads.platforms.interface import (
    Account,
    AccountGone,
    CapAnswer,
    Confirmed,
    Connector,
    Cost,
    Costs,
    Credential,
    OAuth,
    Refused,
    RemoteCampaign,
    SwitchAnswer,
)
from ads.rules.currencies import MINOR_UNITS

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SimulatedConnector:
    """See :class:`ads.platforms.interface.Connector`."""

    seed: int
    platform: ClassVar[str] = SIMULATED
    gives_hours: ClassVar[bool] = False

    def accounts(self) -> Sequence[Account]:
        """A timezone and a currency of brands with campaigns; one query."""
        brands = Brand.objects.filter(campaigns__isnull=False).order_by("timezone", "currency")
        pairs = brands.values_list("timezone", "currency").distinct()
        return [Account(f"{tz} {code}", f"{tz}, {code}", tz, code) for tz, code in pairs]

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        """The campaigns of the brands in the account's timezone and currency; one query."""
        rows = _of(account).annotate(runs=_runs_now()).order_by("pk")
        return [
            RemoteCampaign(str(pk), name, runs, runs, "on" if runs else "off", budget)
            for pk, name, runs, budget in rows.values_list("pk", "name", "runs", "daily_budget")
        ]

    def costs(
        self,
        account: Account,
        since: date,
        until: date,
        *,
        now: datetime,
        by_hour: bool = False,
    ) -> Costs:
        """The costs of the campaigns while they were on; two queries.

        Raises:
            UnknownTimezone: the account's timezone is invalid.
        """
        days = [since + n * _DAY for n in range((until - since).days + 1)]
        local_days = [curve.local_day(day, account.timezone) for day in days]
        places = MINOR_UNITS.get(account.currency, 2)
        rows = [
            Cost(str(pk), day.date, amount)
            for pk, runs in _runs(_of(account), local_days[0].begins, now).items()
            for day in local_days
            if (amount := curve.spent(runs, day, curve.noise(self.seed, pk, day.date), places))
        ]
        before = _all_of(account).filter(is_connected(), Exists(_last_switch())).order_by("pk")
        rows += [
            Cost(str(pk), day.date, Decimal(0))
            for pk in before.values_list("pk", flat=True)
            for day in local_days
        ]
        # A campaign whose brand has moved to another timezone is in another account from then on,
        # and what it spent until then stays.
        return Costs(rows, now, fresh_until=now, complete=False)

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        totals: dict[date, Decimal] = defaultdict(Decimal)
        for cost in self.costs(account, since, until, now=now).rows:
            totals[cost.date] += cost.amount
        return totals

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        """Append a switch for each that is not already so, at the pace of its current budget."""
        wanted = {int(pk): is_on for pk, is_on in orders.items()}
        campaigns = (
            _of(account)
            .filter(pk__in=wanted)
            .annotate(runs=_runs_now(), switched_at=Subquery(_last_switch().values("at")[:1]))
            .order_by("pk")
            .values_list("pk", "brand__name", "name", "daily_budget", "runs", "switched_at")
        )
        found = list(campaigns)
        SimulatedSwitch.objects.bulk_create(
            (
                SimulatedSwitch(
                    campaign_id=pk,
                    # Never before its last one, so that their order stays right.
                    at=now if switched_at is None else max(now, switched_at),
                    is_on=wanted[pk],
                    pace=curve.pace(self.seed, brand, name, budget) if wanted[pk] else Decimal(0),
                )
                for pk, brand, name, budget, runs, switched_at in found
                if runs is not wanted[pk]
            ),
            batch_size=2000,
        )
        answers: dict[str, SwitchAnswer] = {
            str(pk): Confirmed("on" if wanted[pk] else "off") for pk, *_ in found
        }
        left = _all_of(account).filter(is_connected(), pk__in=wanted)
        answers |= {str(pk): Confirmed("connected") for pk in left.values_list("pk", flat=True)}
        gone = Refused("not_found", f"There is no such campaign in {account.name}.")
        return {pk: answers.get(pk, gone) for pk in orders}

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        """Refused: its campaigns have no budgets but ours."""
        return Refused("no_budgets", "The simulated platform has no budgets of its own.")

    def close(self) -> None:
        """There is nothing to let go of."""


class Simulated:
    """See :class:`ads.platforms.interface.Platform`."""

    code = SIMULATED
    name = "Simulated platform"
    credentials: Sequence[Credential] = ()
    oauth: OAuth | None = None
    usual_lag = "at once"
    overspend: Decimal | None = None

    def connect(
        self,
        credentials: Mapping[str, str],
        *,
        timeout: timedelta,
        endpoint: str = "",
    ) -> Connector:
        return SimulatedConnector(settings.SIMULATED_PLATFORM_SEED)


PLATFORM = Simulated()


def _of(account: Account) -> QuerySet[Campaign]:
    return _all_of(account).filter(~is_connected())


def _all_of(account: Account) -> QuerySet[Campaign]:
    timezone, _, currency = account.id.rpartition(" ")
    if not timezone:
        raise AccountGone(f"There is no account {account.id!r}.")
    return Campaign.objects.filter(brand__timezone=timezone, brand__currency=currency)


def _last_switch(**conditions: object) -> QuerySet[SimulatedSwitch]:
    switches = SimulatedSwitch.objects.filter(campaign=OuterRef("pk"), **conditions)
    return switches.order_by("-at", "-id")


def _runs_now() -> Coalesce:
    return Coalesce(Subquery(_last_switch().values("is_on")[:1]), False)


def _runs(campaigns: QuerySet[Campaign], begin: datetime, now: datetime) -> dict[int, list[Run]]:
    """The times from ``begin`` to ``now`` in which each of ``campaigns`` was on.

    Of the switches up to ``begin`` only the last is read, so that years of history cost nothing.
    """
    campaigns = campaigns.order_by()
    before = campaigns.values(last=Subquery(_last_switch(at__lte=begin).values("pk")[:1]))
    every = SimulatedSwitch.objects.order_by()
    since = every.filter(campaign__in=campaigns.values("pk"), at__gt=begin, at__lte=now)
    switches = every.filter(pk__in=before).union(since, all=True)
    on: dict[int, tuple[datetime, Decimal]] = {}
    runs: dict[int, list[Run]] = defaultdict(list)
    columns = switches.values_list("campaign_id", "at", "id", "is_on", "pace")
    for pk, at, _, is_on, pace in columns.order_by("campaign_id", "at", "id"):
        if pk in on:
            since_at, its_pace = on.pop(pk)
            runs[pk].append(Run(since_at, at, its_pace))
        if is_on:
            on[pk] = (at, pace)
    for pk, (at, pace) in on.items():
        runs[pk].append(Run(at, now, pace))
    return runs
