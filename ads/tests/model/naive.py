"""A small independent model of the whole, to compare the engine with.

Plain dictionaries and loops, written from what the product promises and from nothing else: it
imports none of the engine's rules. Ledger entries are added up by looking at every one of them,
and windows are asked minute by minute of the local week.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

WEEK = 7 * 24 * 60
DAY = timedelta(days=1)

#: An owner of budgets: ("brand", id) or ("campaign", id).
Owner = tuple[str, int]
#: Day of the week, and first and last minute of the day; an end at or before the start is on the
#: next day.
Window = tuple[int, int, int]


def local_date(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def start_of(period: str, day: date) -> date:
    return day if period == "day" else day.replace(day=1)


def minutes_of(window: Window) -> set[int]:
    day, start, end = window
    length = (end - start) % (24 * 60) or 24 * 60
    return {(day * 24 * 60 + start + minute) % WEEK for minute in range(length)}


def overlap(windows: list[Window]) -> bool:
    covered = [minute for window in windows for minute in minutes_of(window)]
    return len(covered) != len(set(covered))


@dataclass
class Allowed:
    """What an owner may spend beyond its budget in a period."""

    owner: Owner
    period: str
    start: date
    amount: Decimal
    until: datetime | None = None
    is_undone: bool = False


@dataclass
class World:
    """Everything there is, by primary key."""

    brands: dict[int, dict[str, Any]] = field(default_factory=dict)
    campaigns: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: Budget groups; a campaign names its own under "budget_group".
    groups: dict[int, dict[str, Any]] = field(default_factory=dict)
    schedules: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: Which schedules a campaign has.
    attached: dict[int, set[int]] = field(default_factory=dict)
    #: Campaign, accounting day, amount.
    ledger: list[tuple[int, date, Decimal]] = field(default_factory=list)
    #: What was allowed beyond budgets.
    allowances: list["Allowed"] = field(default_factory=list)
    #: What was last reported for a campaign and day, and when that was seen.
    reported: dict[tuple[int, date], tuple[Decimal, datetime]] = field(default_factory=dict)
    #: External ids with what was recorded under them.
    known: dict[str, tuple[int, date, Decimal]] = field(default_factory=dict)

    #: When an account on an ad platform was last heard of, and the accounts of a campaign.
    heard: dict[int, datetime] = field(default_factory=dict)
    accounts: dict[int, set[int]] = field(default_factory=dict)

    # --- money ----------------------------------------------------------------------------------

    def spent(self, owner: Owner, period: str, start: date) -> Decimal:
        kind, pk = owner
        return sum(
            (
                amount
                for campaign, day, amount in self.ledger
                if (campaign if kind == "campaign" else self.campaigns[campaign]["brand"]) == pk
                and start_of(period, day) == start
            ),
            start=Decimal(0),
        )

    def spent_since(self, campaigns: set[int], first: date | None) -> Decimal:
        """By these campaigns, from a day on; None: ever."""
        return sum(
            (
                amount
                for campaign, day, amount in self.ledger
                if campaign in campaigns and (first is None or day >= first)
            ),
            start=Decimal(0),
        )

    def is_group_used_up(self, pk: int, today: date) -> bool:
        group = self.groups[pk]
        members = {one for one, row in self.campaigns.items() if row["budget_group"] == pk}
        month = today.replace(day=1)
        day_after = (month + 31 * DAY).replace(day=1)
        spent = {
            "daily_budget": self.spent_since(members, today)
            - self.spent_since(members, today + DAY),
            "monthly_budget": self.spent_since(members, month)
            - self.spent_since(members, day_after),
            "total_budget": self.spent_since(members, group["start_date"]),
        }
        return any(
            group[name] is not None and amount >= group[name] for name, amount in spent.items()
        )

    def totals(self) -> dict[tuple[Owner, str, date], Decimal]:
        """Every sum that has entries, which may add up to zero."""
        keys = {
            (owner, period, start_of(period, day))
            for campaign, day, _ in self.ledger
            for owner in (
                ("campaign", campaign),
                ("brand", self.campaigns[campaign]["brand"]),
            )
            for period in ("day", "month")
        }
        return {key: self.spent(*key) for key in keys}

    def record(self, campaign: int, day: date, amount: Decimal, known_as: str | None) -> str:
        """Recorded, duplicate or conflict."""
        if known_as is not None and known_as in self.known:
            same = self.known[known_as] == (campaign, day, amount)
            return "duplicate" if same else "conflict"
        if amount:
            self.ledger.append((campaign, day, amount))
            if known_as is not None:
                self.known[known_as] = (campaign, day, amount)
        return "recorded"

    def report(self, campaign: int, day: date, amount: Decimal, seen: datetime) -> str:
        """Recorded, unchanged or older."""
        before, when = self.reported.get((campaign, day), (Decimal(0), None))
        if when is not None and seen < when:
            return "older"
        self.reported[campaign, day] = (amount, seen)
        if amount == before:
            return "unchanged"
        self.ledger.append((campaign, day, amount - before))
        return "recorded"

    def allowed(self, owner: Owner, period: str, start: date, now: datetime | None) -> Decimal:
        """What is in force at ``now``; None: everything that nobody has undone."""
        return sum(
            (
                one.amount
                for one in self.allowances
                if (one.owner, one.period, one.start) == (owner, period, start)
                and not one.is_undone
                and (now is None or one.until is None or now < one.until)
            ),
            start=Decimal(0),
        )

    def zone_of(self, owner: Owner) -> str:
        kind, pk = owner
        zone: str = self.brands[pk if kind == "brand" else self.campaigns[pk]["brand"]]["timezone"]
        return zone

    def allow(
        self,
        owner: Owner,
        period: str,
        now: datetime,
        amount: Decimal | None = None,
        until: datetime | None = None,
    ) -> Decimal | None:
        """What is allowed now: what was spent and counts, or ``amount``; None: refused."""
        start = start_of(period, local_date(now, self.zone_of(owner)))
        kind, pk = owner
        row = (self.brands if kind == "brand" else self.campaigns)[pk]
        if (
            amount is not None
            and row["daily_budget" if period == "day" else "monthly_budget"] is None
        ):
            return None
        if until is not None:
            last = local_date(until - timedelta(microseconds=1), self.zone_of(owner))
            if start_of(period, last) != start:
                return None
        if amount is None:
            amount = self.spent(owner, period, start) - self.allowed(owner, period, start, now)
        if amount <= 0:
            return Decimal(0)
        self.allowances.append(Allowed(owner, period, start, amount, until))
        return amount

    def undo(self, number: int, now: datetime) -> bool:
        """Whether it could be undone: it has to be in force."""
        one = self.allowances[number]
        today = start_of(one.period, local_date(now, self.zone_of(one.owner)))
        is_over = one.until <= now if one.until else today > one.start
        if one.is_undone or is_over:
            return False
        one.is_undone = True
        return True

    # --- who delivers ---------------------------------------------------------------------------

    def holds(self, pk: int, now: datetime) -> list[str]:
        """Why the campaign may not deliver, in the order of the specification."""
        campaign = self.campaigns[pk]
        brand = self.brands[campaign["brand"]]
        today = local_date(now, brand["timezone"])
        holds = []
        if campaign["status"] != "active":
            holds.append("status")
        if not brand["is_active"]:
            holds.append("brand_inactive")
        begun = campaign["start_date"] is None or campaign["start_date"] <= today
        ended = campaign["end_date"] is not None and campaign["end_date"] < today
        if not begun or ended:
            holds.append("flight")
        owners: list[tuple[str, Owner, dict[str, Any]]] = [
            ("brand_", ("brand", campaign["brand"]), brand),
            ("", ("campaign", pk), campaign),
        ]
        for prefix, owner, row in owners:
            for period, word in (("day", "daily"), ("month", "monthly")):
                budget = row[f"{word}_budget"]
                key = owner, period, start_of(period, today)
                if budget is not None and self.spent(*key) >= budget + self.allowed(*key, now):
                    holds.append(f"{prefix}{word}_budget")
        total = campaign["total_budget"]
        if total is not None and self.spent_since({pk}, campaign["start_date"]) >= total:
            holds.append("total_budget")
        group = campaign["budget_group"]
        if group is not None and self.is_group_used_up(group, today):
            holds.append("group_budget")
        if brand.get("stops_when_stale"):
            oldest = now - timedelta(minutes=brand["stale_after_minutes"])
            if any(self.heard[account] < oldest for account in self.accounts[pk]):
                holds.append("stale_spend")
        if campaign["is_dayparting_enabled"] and not self.is_open(pk, now):
            holds.append("dayparting")
        return holds

    def is_open(self, pk: int, now: datetime) -> bool:
        if not self.attached[pk]:
            return True
        candidates = []
        for schedule in (self.schedules[number] for number in self.attached[pk]):
            wall = now.astimezone(ZoneInfo(schedule["timezone"]))
            begun = schedule["valid_from"] is None or schedule["valid_from"] <= wall.date()
            ended = schedule["valid_until"] is not None and schedule["valid_until"] < wall.date()
            if schedule["is_active"] and begun and not ended:
                minute = (wall.weekday() * 24 + wall.hour) * 60 + wall.minute
                is_open = any(minute in minutes_of(window) for window in schedule["windows"])
                candidates.append((schedule["priority"], is_open))
        highest = max((priority for priority, _ in candidates), default=None)
        return any(is_open for priority, is_open in candidates if priority == highest)

    # --- the turn of day and month --------------------------------------------------------------

    def due(self, field_name: str, now: datetime) -> list[int]:
        """Brands whose local day (or month) has turned since they were last rolled over."""
        due = []
        for pk, brand in self.brands.items():
            today = local_date(now, brand["timezone"])
            begins = today if field_name == "last_daily_reset" else today.replace(day=1)
            if brand[field_name] is None or brand[field_name] < begins:
                due.append(pk)
        return due

    def roll_over(self, field_name: str, now: datetime) -> None:
        for pk in self.due(field_name, now):
            today = local_date(now, self.brands[pk]["timezone"])
            self.brands[pk][field_name] = today
            if field_name == "last_daily_reset":
                for campaign in self.campaigns.values():
                    past = campaign["end_date"] is not None and campaign["end_date"] < today
                    if campaign["brand"] == pk and campaign["status"] == "active" and past:
                        campaign["status"] = "completed"
