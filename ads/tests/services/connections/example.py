"""A platform of the tests: it implements the whole interface, over a world in memory."""

# ruff: noqa: ARG002  (the interface has more arguments than this platform needs)

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from ads.platforms.interface import (
    Account,
    AccountGone,
    CapAnswer,
    Confirmed,
    Cost,
    Costs,
    Credential,
    CredentialsRefused,
    OAuth,
    PlatformError,
    Refused,
    RemoteCampaign,
    SwitchAnswer,
)

CODE = "example_ads"
TOKEN = "example-token-7f3a9c"  # noqa: S105


@dataclass
class World:
    """What the platform has, and what was asked of it."""

    accounts: list[Account] = field(default_factory=list)
    campaigns: dict[str, list[RemoteCampaign]] = field(default_factory=dict)
    costs: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    may_write: bool = True
    failing: dict[str, PlatformError] = field(default_factory=dict)
    renews_to: str = ""
    calls: list[str] = field(default_factory=list)
    timeouts: set[timedelta] = field(default_factory=set)
    still_open: int = 0


WORLD = World()


def reset() -> World:
    """A new world, with an account of two campaigns."""
    WORLD.__init__()  # type: ignore[misc]
    WORLD.accounts = [Account("100", "Acme", "Europe/Berlin", "EUR")]
    WORLD.campaigns = {
        "100": [
            RemoteCampaign("1", "Spring", is_on=True, daily_budget=Decimal(50), status="ENABLED"),
            RemoteCampaign("2", "Summer", is_on=False, status="PAUSED"),
        ]
    }
    WORLD.costs = {"100": {"1": Decimal("12.34")}}
    return WORLD


class ExampleConnector:
    """See :class:`ads.platforms.interface.Connector`."""

    platform = CODE

    def __init__(self, credentials: Mapping[str, str], gives_hours: bool) -> None:
        self.gives_hours = gives_hours
        self._token = credentials["token"]
        WORLD.still_open += 1

    def _ask(self, what: str) -> None:
        WORLD.calls.append(what)
        if self._token not in WORLD.tokens:
            raise CredentialsRefused("The token was revoked.", remedy="Make another.")

    @property
    def changed_credentials(self) -> Mapping[str, str]:
        return {"token": WORLD.renews_to} if WORLD.renews_to else {}

    def accounts(self) -> Sequence[Account]:
        self._ask("accounts")
        return WORLD.accounts

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        self._ask(f"campaigns {account.id}")
        if error := WORLD.failing.get(account.id):
            raise error
        if account.id not in WORLD.campaigns:
            raise AccountGone("The account was closed.")
        return WORLD.campaigns[account.id]

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        self._ask(f"costs {account.id} {since} {until}")
        rows = [Cost(pk, since, amount) for pk, amount in WORLD.costs.get(account.id, {}).items()]
        return Costs(rows, now, fresh_until=now - timedelta(hours=1))

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        return {since: sum(WORLD.costs.get(account.id, {}).values(), start=Decimal(0))}

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        self._ask(f"switch {orders}")
        return {pk: Confirmed("ENABLED" if on else "PAUSED") for pk, on in orders.items()}

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        return Refused("no", "No caps here.")

    def close(self) -> None:
        WORLD.still_open -= 1


class Checking(ExampleConnector):
    """One that finds out whether it may write."""

    def try_writing(self, account: Account, campaign: str, *, now: datetime) -> SwitchAnswer:
        self._ask(f"try_writing {account.id} {campaign}")
        if WORLD.may_write:
            return Confirmed("valid")
        return Refused("PERMISSION_DENIED", "The login may only look.", "Give it another role.")


class Example:
    """See :class:`ads.platforms.interface.Platform`."""

    code = CODE
    name = "Example Ads"
    credentials: Sequence[Credential] = (
        Credential("token", "Token", "The refresh token.", is_secret=True),
        Credential("manager", "Manager ID", "The manager's ID.", is_required=False),
        Credential("client_id", "Client ID", "Of an app of your own.", is_required=False),
        Credential(
            "client_secret",
            "Client secret",
            "Of an app of your own.",
            is_secret=True,
            is_required=False,
        ),
        Credential(
            "key", "Key file", "The whole file.", is_secret=True, is_required=False, is_long=True
        ),
    )
    oauth: OAuth | None = None
    usual_lag = "within an hour"
    overspend: Decimal | None = Decimal(2)
    gives_hours = False
    connector = Checking

    def connect(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> ExampleConnector:
        if credentials.get("token", "").startswith("bad"):
            raise PlatformError("token: it is not one of this platform.", remedy="Copy it anew.")
        WORLD.timeouts.add(timeout)
        return self.connector(credentials, self.gives_hours)


PLATFORM = Example()
