"""Worlds by name: `empty`, `demo`, and `many:ACCOUNTS:CAMPAIGNS` (in each account)."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from stand_ins.world import Account, Campaign, World

_MANAGER = "7001000000"
_DEMO_DAYS = 40
_NEW_YORK = "America/New_York"
_BERLIN = "Europe/Berlin"

#: The first IDs of accounts, campaigns and budgets, as long as the platform's own.
_IDS = {
    "google_ads": (7001000001, 12070010001, 9070010001),
    "meta_ads": (102030405060701, 120210700000701, 120310700000701),
    "microsoft_ads": (170010001, 470010001, 8070010001),
}

#: A click's price, seconds between clicks, the daily budget ("": none; "shared": with others), and
#: whether it is on. At the pace of the first, a day costs $324.
_US = (
    ("1.35", 360, "150", True),
    ("2.10", 300, "200", True),
    ("0.62", 120, "", True),
    ("0.58", 180, "shared", True),
    ("0.55", 240, "shared", True),
    ("0.34", 90, "75", True),
    ("0.41", 120, "50", False),
)
_DE = (
    ("0.80", 300, "80", True),
    ("1.15", 240, "120", True),
    ("1.05", 200, "", True),
    ("0.47", 150, "60", True),
    ("0.66", 100, "90", True),
)
_SEARCH = (
    ("Brand", "Generic", "Running shoes", "Trail shoes", "Sandals", "Retargeting", "Clearance"),
    ("Marke", "Wanderschuhe", "Laufschuhe", "Sandalen", "Winterschlussverkauf"),
)
_SOCIAL = (
    ("Prospecting", "Lookalikes", "Shopping", "Trail reels", "Stories", "Retargeting", "Outlet"),
    ("Neukunden", "Wandern", "Katalog", "Newsletter", "Winterschlussverkauf"),
)


def named(name: str, platform: str, *, now: datetime | None = None) -> World:
    """The world of this name on a platform, as it is at ``now``.

    Raises:
        ValueError: there is none.
    """
    now = now or datetime.now(UTC)
    match name.split(":"):
        case ["empty"]:
            return World()
        case ["demo"]:
            return demo(platform, now)
        case ["many", accounts, campaigns]:
            return many(int(accounts), int(campaigns), now)
        case _:
            raise ValueError(f"world: {name!r} is none of empty, demo, many:ACCOUNTS:CAMPAIGNS.")


def demo(platform: str, now: datetime) -> World:
    """A small agency: two accounts in different timezones and currencies, a dozen campaigns."""
    first_account, first_campaign, budget = _IDS[platform]
    accounts = [
        Account(str(first_account), "Fleet Foot US", _NEW_YORK, "USD", _MANAGER),
        Account(str(first_account + 1), "Fleet Foot DE", _BERLIN, "EUR", _MANAGER),
    ]
    names = _SOCIAL if platform == "meta_ads" else _SEARCH
    # Meta has no budgets that campaigns share; there, ad sets have budgets.
    has_shared = platform != "meta_ads"
    campaigns: list[Campaign] = []
    for account, called, paces in zip(accounts, names, (_US, _DE), strict=True):
        for campaign, (click, every, amount, is_on) in zip(called, paces, strict=True):
            campaigns.append(
                Campaign(
                    str(first_campaign + len(campaigns)),
                    account.id,
                    campaign,
                    click=Decimal(click),
                    click_every=every,
                    is_on=is_on,
                    daily_budget=Decimal(amount) if amount.isdigit() else None,
                    shared_budget=str(budget) if amount == "shared" and has_shared else "",
                    parts_have_budgets=not amount or (amount == "shared" and not has_shared),
                )
            )
    world = World(
        {account.id: account for account in accounts},
        {campaign.id: campaign for campaign in campaigns},
        {str(budget): Decimal(180)} if has_shared else {},
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
