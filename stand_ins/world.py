"""The world behind a stand-in: accounts, campaigns, and what they have cost by any instant.

A campaign that serves is clicked on at every full multiple of ``click_every`` seconds since 1970;
each click costs ``click``. So the cost of any stretch of time is a number of clicks, and hours add
up to days exactly. A switch is configured at once and takes effect after the status lag. Answers of
the platform leave out clicks of the last ``reporting_lag`` seconds; a restatement changes what the
platform says about a past day from some instant on.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from ads.rules.calendar import day_bounds, hour_span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Account:
    """An account. ``state`` is "" or what is wrong with it; then nothing in it serves."""

    id: str
    name: str
    timezone: str = "UTC"
    currency: str = "USD"
    parent: str = ""
    state: str = ""


@dataclass(slots=True)
class Change:
    """What is in effect from an instant on: whether the campaign serves, and its own cap."""

    at: datetime
    is_serving: bool
    daily_budget: Decimal | None = None


@dataclass(slots=True)
class Restatement:
    """From ``at`` on the platform says ``amount`` more (or less) about an hour of a local day."""

    date: date
    amount: Decimal
    at: datetime
    hour: int = 12


@dataclass(slots=True)
class Campaign:
    """A campaign, as it is configured.

    Args:
        daily_budget: its own; a local day's clicks stop before they would exceed it times the
            world's ``overdelivery``.
        shared_budget: the ID of one in :attr:`World.shared_budgets`, which limits nothing here.
        parts_have_budgets: its ad sets (ad groups) have budgets, itself has none.
        issue: a status in the platform's words that is reported in place of "active".
        budget_changes: when its budget was changed by the platform's own API.
        history: what was and will be in effect; empty until the campaign is in a world.
    """

    id: str
    account: str
    name: str
    click: Decimal = Decimal("0.50")
    click_every: int = 60
    is_on: bool = True
    daily_budget: Decimal | None = None
    shared_budget: str = ""
    parts_have_budgets: bool = False
    is_removed: bool = False
    issue: str = ""
    restatements: list[Restatement] = field(default_factory=list)
    budget_changes: list[datetime] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)

    def in_effect(self, at: datetime) -> Change | None:
        """What is in effect at an instant; None before the campaign began."""
        index = bisect_right(self.history, at, key=lambda change: change.at)
        return self.history[index - 1] if index else None


@dataclass(slots=True)
class Settings:
    """How the platform behaves.

    Args:
        overdelivery: how much of a daily budget a day may cost, as Meta's 1.75.
        secret: the access token that the stand-in accepts.
        is_revoked: it accepts it no more.
        can_write: it may change campaigns.
        page_size: most rows on a page, whatever is asked for; 0: as asked for.
        asynchronous_seconds: how long a report that is not answered at once takes.
        quota_used: what the platform says of its quota, in percent, where it says so unasked.
        answers_after: how many seconds each answer takes.
    """

    reporting_lag: int = 0
    status_lag: int = 0
    overdelivery: Decimal = Decimal(1)
    secret: str = "stand-in-token"  # noqa: S105 - opens nothing
    is_revoked: bool = False
    can_write: bool = True
    page_size: int = 0
    asynchronous_seconds: int = 0
    quota_used: int = 1
    answers_after: float = 0


@dataclass(slots=True)
class Switched:
    """One switch of one campaign, told by the platform's own API ("api") or "by hand"."""

    at: datetime
    campaign: str
    is_on: bool
    by: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a campaign has cost in a local day, or in one of its hours."""

    campaign: str
    date: date
    hour: int | None
    amount: Decimal


@dataclass(slots=True)
class World:
    """Accounts and campaigns by ID. ``clock`` is the instant it is there; None: the real one."""

    accounts: dict[str, Account] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    shared_budgets: dict[str, Decimal] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    clock: datetime | None = None
    #: When campaigns that have no history yet began.
    began: datetime = _EPOCH
    switches: list[Switched] = field(default_factory=list)

    def __post_init__(self) -> None:
        for campaign in self.campaigns.values():
            if not campaign.history:
                self._settle(campaign, self.began)

    def now(self) -> datetime:
        return self.clock or datetime.now(UTC)

    def campaigns_of(self, account: str) -> list[Campaign]:
        """The account's campaigns, removed ones too, in order of their IDs."""
        return sorted(
            (campaign for campaign in self.campaigns.values() if campaign.account == account),
            key=lambda campaign: (len(campaign.id), campaign.id),
        )

    def is_serving(self, campaign: Campaign) -> bool:
        """Whether it delivers now: the effective status, which follows a switch after a while."""
        change = campaign.in_effect(self.now())
        return change is not None and change.is_serving

    def add(self, campaign: Campaign) -> None:
        if not campaign.history:
            self._settle(campaign, self.now())
        self.campaigns[campaign.id] = campaign

    def switch(self, campaign: Campaign, is_on: bool, by: str = "api") -> None:
        """Switch it on or off; that is configured at once, and in effect after the status lag."""
        campaign.is_on = is_on
        self.switches.append(Switched(self.now(), campaign.id, is_on, by))
        self.settle(campaign)

    def set_budget(self, campaign: Campaign, amount: Decimal) -> None:
        """Change its own daily budget; that is in effect after the status lag."""
        campaign.daily_budget = amount
        campaign.budget_changes.append(self.now())
        self.settle(campaign)

    def settle(self, campaign: Campaign) -> None:
        """Let what is configured take effect after the status lag."""
        self._settle(campaign, self.now() + timedelta(seconds=self.settings.status_lag))

    def _settle(self, campaign: Campaign, at: datetime) -> None:
        account = self.accounts.get(campaign.account)
        serves = (
            campaign.is_on and not campaign.is_removed and account is not None and not account.state
        )
        while campaign.history and campaign.history[-1].at >= at:
            campaign.history.pop()
        campaign.history.append(Change(at, serves, campaign.daily_budget))

    def costs(
        self,
        campaigns: Iterable[Campaign],
        since: date,
        until: date,
        *,
        as_of: datetime,
        by_hour: bool = False,
    ) -> Iterator[Row]:
        """What each campaign had really cost by ``as_of``; without rows of zero."""
        for campaign in campaigns:
            if (account := self.accounts.get(campaign.account)) is None:
                continue
            for number in range((until - since).days + 1):
                day = since + number * _DAY
                for hour, amount in self._day(campaign, day, account.timezone, as_of, by_hour):
                    if amount:
                        yield Row(campaign.id, day, hour, amount)

    def reported(
        self, campaigns: Iterable[Campaign], since: date, until: date, *, by_hour: bool = False
    ) -> Iterator[Row]:
        """What the platform says now: clicks up to the reporting lag ago, and restatements."""
        now = self.now()
        as_of = now - timedelta(seconds=self.settings.reporting_lag)
        by_campaign = {campaign.id: campaign for campaign in campaigns}
        rows = {
            (row.campaign, row.date, row.hour): row.amount
            for row in self.costs(by_campaign.values(), since, until, as_of=as_of, by_hour=by_hour)
        }
        for campaign in by_campaign.values():
            for said in campaign.restatements:
                if said.at <= now and since <= said.date <= until:
                    key = (campaign.id, said.date, said.hour if by_hour else None)
                    rows[key] = rows.get(key, Decimal(0)) + said.amount
        for (campaign_id, day, hour), amount in sorted(
            rows.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or 0)
        ):
            if amount:
                yield Row(campaign_id, day, hour, amount)

    def _day(
        self, campaign: Campaign, day: date, timezone: str, as_of: datetime, by_hour: bool
    ) -> Iterator[tuple[int | None, Decimal]]:
        begins, ends = _bounds(day, timezone)
        if as_of <= begins:
            return
        if not by_hour:
            yield None, self._clicks(campaign, begins, min(ends, as_of)) * campaign.click
            return
        for hour, since, until in hours(day, timezone):
            if since < as_of:
                before = self._clicks(campaign, begins, since)
                after = self._clicks(campaign, begins, min(until, as_of))
                yield hour, (after - before) * campaign.click

    def _clicks(self, campaign: Campaign, begins: datetime, until: datetime) -> int:
        """Clicks in ``[begins, until)`` of a local day that begins at ``begins``."""
        history = campaign.history
        first = max(bisect_right(history, begins, key=lambda change: change.at) - 1, 0)
        last = bisect_right(history, until, key=lambda change: change.at)
        if not last:  # it had not begun
            return 0
        clicks = 0
        ends = [*(change.at for change in history[first + 1 : last]), until]
        for change, end in zip(history[first:last], ends, strict=True):
            if not change.is_serving:
                continue
            found = _points(max(change.at, begins), end, campaign.click_every)
            if change.daily_budget is not None:
                most = int(change.daily_budget * self.settings.overdelivery // campaign.click)
                found = min(found, max(most - clicks, 0))
            clicks += found
        return clicks


def _points(since: datetime, until: datetime, every: int) -> int:
    """How many multiples of ``every`` seconds since 1970 are in ``[since, until)``."""
    step = timedelta(seconds=every)
    return max((_EPOCH - since) // step - (_EPOCH - until) // step, 0)


_bounds = lru_cache(maxsize=4096)(day_bounds)


@lru_cache(maxsize=4096)
def hours(day: date, timezone: str) -> tuple[tuple[int, datetime, datetime], ...]:
    """The hours of a local day, and the instants between which each is shown by the clock.

    A repeated hour is one, of twice the length; a skipped one is left out.
    """
    found = ((hour, hour_span(day, time(hour), timezone)) for hour in range(24))
    spans = [(hour, *span) for hour, span in found if span]
    # What is between two hours (half an hour is repeated on Lord Howe) belongs to the earlier.
    ends = [later[1] for _, later in pairwise(spans)] + [_bounds(day, timezone)[1]]
    return tuple((hour, since, end) for (hour, since, _), end in zip(spans, ends, strict=True))
