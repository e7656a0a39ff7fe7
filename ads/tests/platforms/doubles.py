"""A connection whose platform says what it is told to, and asking platforms as the tasks do."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

from ads import platforms as registry
from ads.models import Campaign, CampaignReference, Connection, PlatformAccount, SpendTotal
from ads.platforms.interface import (
    Account,
    CapAnswer,
    Changed,
    Confirmed,
    Cost,
    Costs,
    PlatformError,
    RemoteCampaign,
    SwitchAnswer,
)
from ads.services import platforms
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.platforms.accounts import keep_simulated
from ads.services.platforms.recording import Outcome

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
TODAY = NOON.date()
SCRIPTED = "scripted"


@dataclass(slots=True)
class Scripted:
    """A platform, and the one connector to it; tests change what it says.

    Costs are given by account, campaign, day and, perhaps, hour.
    """

    listed: list[Account] = field(default_factory=list)
    costs_of: dict[str, list[Cost]] = field(default_factory=dict)
    campaigns_of: dict[str, list[RemoteCampaign]] = field(default_factory=dict)
    totals_of: dict[str, dict[date, Decimal]] = field(default_factory=dict)
    gives_hours: bool = False
    complete: bool = True
    complete_days: tuple[date, date] | None = None
    note: str = ""
    fresh_until: datetime | None = None
    operations_per_day: int | None = None
    operations: int = 0
    #: Called before each answer of an account, by its ID: it may raise, or do something meanwhile.
    before: dict[str, Callable[[], Any]] = field(default_factory=dict)
    #: What was asked: account, since, until, by hour.
    asked: list[tuple[str, date, date, bool]] = field(default_factory=list)
    switched: list[tuple[str, dict[str, bool]]] = field(default_factory=list)
    #: What it answers to a switch instead of confirming it, by ID.
    answers: dict[str, SwitchAnswer | PlatformError] = field(default_factory=dict)
    closed: int = 0

    platform: str = SCRIPTED
    code: str = SCRIPTED
    name: str = "Scripted platform"
    credentials: tuple[()] = ()
    oauth: None = None
    usual_lag: str = "usually within 3 hours"
    overspend: Decimal | None = Decimal(2)
    #: What it was told, and what it answers instead of confirming, by ID.
    capped: list[tuple[str, Decimal]] = field(default_factory=list)
    caps: dict[str, SwitchAnswer | PlatformError] = field(default_factory=dict)
    #: Daily budgets there, of campaigns whose budget is not as expected.
    budgets: dict[str, Decimal] = field(default_factory=dict)

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> "Scripted":
        del credentials, timeout, endpoint
        self.operations = 0
        return self

    def accounts(self) -> Sequence[Account]:
        self._call("accounts")
        return self.listed

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        self._call(f"campaigns of {account.id}")
        return self.campaigns_of.get(account.id, [])

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        self.asked.append((account.id, since, until, by_hour))
        self._call(account.id)
        rows = [
            cost
            for cost in self.costs_of.get(account.id, [])
            if since <= cost.date <= until and (cost.hour is not None) is by_hour
        ]
        return Costs(rows, now, self.fresh_until, self.complete, self.complete_days, self.note)

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        del now
        self._call(f"totals of {account.id}")
        return {
            day: amount
            for day, amount in self.totals_of.get(account.id, {}).items()
            if since <= day <= until
        }

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        del now
        self._call(f"switch {account.id}")
        self.switched.append((account.id, dict(orders)))
        answers: dict[str, SwitchAnswer] = {}
        for pk, is_on in orders.items():
            answer = self.answers.get(pk, Confirmed("ENABLED" if is_on else "PAUSED"))
            if isinstance(answer, PlatformError):
                raise answer
            answers[pk] = answer
        return answers

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        del now
        self._call(f"cap {account.id}")
        found = self.budgets.get(campaign, amount)
        if found != amount and not is_expected(found):
            return Changed(found)
        self.capped.append((campaign, amount))
        answer = self.caps.get(campaign, Confirmed(f"{amount} a day"))
        if isinstance(answer, PlatformError):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1

    def _call(self, what: str) -> None:
        self.operations += 1
        if what in self.before:
            self.before[what]()


def offer(monkeypatch: Any) -> Scripted:
    """A scripted platform that is known, as if it had a module."""
    its = Scripted()
    module = ModuleType("ads.tests.platforms.scripted_platform")
    module.PLATFORM = its  # type: ignore[attr-defined]
    monkeypatch.setitem(registry.MODULES, SCRIPTED, module.__name__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return its


def connection(name: str = "Agency", **given: Any) -> Connection:
    """A connection to the scripted platform."""
    return Connection.objects.create(name=name, platform=SCRIPTED, source=SCRIPTED, **given)


def account(
    connection: Connection, remote_id: str = "1", timezone: str = "UTC", **given: Any
) -> PlatformAccount:
    """An account of it that has been read, in US dollars."""
    return PlatformAccount.objects.create(
        connection=connection,
        platform=SCRIPTED,
        source=connection.source,
        remote_id=remote_id,
        **{"name": f"Account {remote_id}", "timezone": timezone, "currency": "USD", **given},
    )


def difference(now: datetime) -> dict[str, Any]:
    """The columns of a difference of an account's day."""
    return {
        "span": "day",
        "start": now.date(),
        "platform_amount": Decimal("10.26"),
        "campaigns_amount": Decimal("10.25"),
        "ledger_amount": Decimal("10.25"),
        "found_at": now,
        "checked_at": now,
    }


def known_as(campaign: Campaign, reference: str, account: str = "1") -> CampaignReference:
    """The campaign gets this platform ID."""
    return CampaignReference.objects.create(
        campaign=campaign, platform=SCRIPTED, account=account, reference=reference
    )


def enforced(now: datetime = NOON) -> None:
    enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)


def update(now: datetime) -> Outcome:
    """What a tick does, in one process: ask each account that is due; what came of it in all."""
    keep_simulated(now)
    outcome = Outcome()
    accounts, _ = platforms.to_ask(now)
    for pk in accounts:
        outcome += platforms.ask(pk, now).outcome
    platforms.sync_platforms(now)
    return outcome


def spent(campaign: Campaign, day: date = TODAY) -> Decimal:
    totals = SpendTotal.objects.filter(campaign=campaign, period="day", start=day)
    return sum(totals.values_list("amount", flat=True), start=Decimal(0))
