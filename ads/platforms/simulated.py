"""An ad platform that stands in for real ones: campaigns spend while they are on.

Every brand is an account. The platform keeps its own record of switches, from which alone the costs
follow (see :mod:`ads.platforms.curve`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ads.models import Brand, Campaign, SimulatedSwitch
from ads.platforms import curve
from ads.platforms.base import Account, ObservedTotal
from ads.platforms.curve import Run
from ads.rules.currencies import MINOR_UNITS


@dataclass(frozen=True, slots=True)
class SimulatedPlatform:
    """See :class:`ads.platforms.base.AdPlatform`; the same seed, the same spend."""

    seed: int
    source: str = "simulated"

    def accounts(self) -> Sequence[Account]:
        """Every brand that has campaigns."""
        brands = Brand.objects.filter(campaigns__isnull=False).order_by("pk").distinct()
        return [Account(*row) for row in brands.values_list("pk", "name", "timezone", "currency")]

    def day_totals(
        self,
        account: Account,
        campaigns: QuerySet[Campaign],
        days: Collection[date],
        *,
        now: datetime,
    ) -> Iterable[ObservedTotal]:
        """The costs of the campaigns while they were on; one query.

        Raises:
            UnknownTimezone: the account's timezone is invalid.
        """
        local_days = [curve.local_day(day, account.timezone) for day in days]
        if not local_days:
            return
        begin = min(day.begins for day in local_days)
        places = MINOR_UNITS.get(account.currency, 2)
        for campaign_id, runs in _runs(campaigns, begin, now).items():
            for day in local_days:
                amount = curve.spent(
                    runs, day, curve.noise(self.seed, campaign_id, day.date), places
                )
                if amount:
                    yield ObservedTotal(campaign_id, day.date, amount, now)

    def out_of_step(self, campaigns: QuerySet[Campaign]) -> dict[int, bool]:
        """Campaigns whose last switch differs from ``is_active``; never switched is off."""
        differing = campaigns.annotate(runs=_runs_now()).exclude(is_active=F("runs"))
        return dict(differing.order_by("pk").values_list("pk", "is_active"))

    def switch(self, campaign_ids: Collection[int], *, is_on: bool, now: datetime) -> None:
        """Append a switch for each that is not already so, at the pace of its current budget."""
        campaigns = (
            Campaign.objects.filter(pk__in=campaign_ids)
            .annotate(runs=_runs_now(), switched_at=Subquery(_last_switch().values("at")[:1]))
            .exclude(runs=is_on)
            .order_by("pk")
            .values_list("pk", "brand__name", "name", "daily_budget", "switched_at")
        )
        SimulatedSwitch.objects.bulk_create(
            (
                SimulatedSwitch(
                    campaign_id=pk,
                    # Never before its last one, so that their order stays right.
                    at=now if switched_at is None else max(now, switched_at),
                    is_on=is_on,
                    pace=curve.pace(self.seed, brand, name, budget) if is_on else Decimal(0),
                )
                for pk, brand, name, budget, switched_at in campaigns
            ),
            batch_size=2000,
        )


def _last_switch(**conditions: object) -> QuerySet[SimulatedSwitch]:
    """The last switch of the campaign of the outer query."""
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
