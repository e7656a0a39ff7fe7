"""Worlds by name: `empty`, `demo`, and `many:ACCOUNTS:CAMPAIGNS` (in each account)."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from stand_ins.world import Account, Campaign, World

_MANAGER = "7001000000"
_DEMO_DAYS = 40
_NEW_YORK = "America/New_York"
_BERLIN = "Europe/Berlin"

#: Account, name, a click's price, seconds between clicks, its daily budget ("": none;
#: "shared": with others), and whether it is on. At the pace of the first, a day costs $324.
_DEMO = (
    (0, "Brand search", "1.35", 360, "150", True),
    (0, "Generic search", "2.10", 300, "200", True),
    (0, "Running shoes | Shopping", "0.62", 120, "", True),
    (0, "Trail shoes | Shopping", "0.58", 180, "shared", True),
    (0, "Sandals | Shopping", "0.55", 240, "shared", True),
    (0, "Retargeting", "0.34", 90, "75", True),
    (0, "Clearance", "0.41", 120, "50", False),
    (1, "Marke", "0.80", 300, "80", True),
    (1, "Wanderschuhe", "1.15", 240, "120", True),
    (1, "Laufschuhe", "1.05", 200, "", True),
    (1, "Newsletter-Anmeldung", "0.47", 150, "60", True),
    (1, "Winterschlussverkauf", "0.66", 100, "90", True),
)


def named(name: str, *, now: datetime | None = None) -> World:
    """The world of this name, as it is at ``now``.

    Raises:
        ValueError: there is none.
    """
    now = now or datetime.now(UTC)
    match name.split(":"):
        case ["empty"]:
            return World()
        case ["demo"]:
            return demo(now)
        case ["many", accounts, campaigns]:
            return many(int(accounts), int(campaigns), now)
        case _:
            raise ValueError(f"world: {name!r} is none of empty, demo, many:ACCOUNTS:CAMPAIGNS.")


def demo(now: datetime) -> World:
    """A small agency: two accounts in different timezones and currencies, a dozen campaigns."""
    accounts = [
        Account("7001000001", "Fleet Foot US", _NEW_YORK, "USD", _MANAGER),
        Account("7001000002", "Fleet Foot DE", _BERLIN, "EUR", _MANAGER),
    ]
    campaigns = [
        Campaign(
            str(12070010001 + number),
            accounts[account].id,
            name,
            click=Decimal(click),
            click_every=every,
            is_on=is_on,
            daily_budget=Decimal(budget) if budget.isdigit() else None,
            shared_budget="9070010001" if budget == "shared" else "",
        )
        for number, (account, name, click, every, budget, is_on) in enumerate(_DEMO)
    ]
    world = World(
        {account.id: account for account in accounts},
        {campaign.id: campaign for campaign in campaigns},
        {"9070010001": Decimal(180)},
        began=_long_before(now),
    )
    world.settings.reporting_lag = 5 * 60
    world.settings.status_lag = 2
    world.settings.overdelivery = Decimal("1.75")
    return world


def many(accounts: int, campaigns: int, now: datetime) -> World:
    """So many accounts in dollars, alternately in New York and Berlin, and campaigns in each."""
    began = _long_before(now)
    numbers = range(1, accounts + 1)
    return World(
        {
            str(7002000000 + number): Account(
                str(7002000000 + number),
                f"Client {number}",
                (_NEW_YORK, _BERLIN)[number % 2],
                "USD",
                _MANAGER,
            )
            for number in numbers
        },
        {
            str(13000000000 + number * 100_000 + each): Campaign(
                str(13000000000 + number * 100_000 + each),
                str(7002000000 + number),
                f"Campaign {each} of client {number}",
                click=Decimal("0.01") * (25 + each % 200),
                click_every=60 + each % 240,
                daily_budget=Decimal(50 + each % 100) if each % 3 else None,
            )
            for number in numbers
            for each in range(1, campaigns + 1)
        },
        began=began,
    )


def _long_before(now: datetime) -> datetime:
    day = (now - timedelta(days=_DEMO_DAYS)).date()
    return datetime.combine(day, time(0), tzinfo=UTC)
