"""From what an account answered to day totals of our campaigns, on the days of their brands.

An account's day is a brand's only if both begin and end at the same instants. Where they do not,
hours are added up to the brand's days; a day that does not begin and end with an hour of the
account, or that the hours do not cover wholly, is not recorded. Nor are amounts in another currency
than the brand's. What is not recorded is said.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from ads.platforms.interface import Cost, Costs, UnreadableAnswer
from ads.rules import calendar
from ads.rules.calendar import day_bounds, hour_span, local_date, local_time
from ads.rules.platform_ids import spelled
from ads.services.campaign_lookup import Owner
from ads.services.ledger import DayTotal, is_same_day
from ads.services.platforms import matching
from ads.services.platforms.matching import Matched
from ads.services.platforms.windows import ONE_DAY, Window


@dataclass(slots=True)
class Prepared:
    #: With the brand of each; None: unmatched.
    rows: list[tuple[DayTotal, int | None]] = field(default_factory=list)
    #: IDs in the account of campaigns on whose brands' days hours have to be added up.
    by_hours: set[str] = field(default_factory=set)
    #: By the sentence about them, the campaigns that are not recorded.
    left_out: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def added_up(self, those: Matched) -> set[str]:
        """Those of :attr:`by_hours` whose hours could be added up."""
        left_out = set().union(*self.left_out.values())
        return {one for one in self.by_hours if those.owners[one].campaign_id not in left_out}

    def problems(self) -> list[str]:
        """A sentence for each kind of campaigns that are not recorded."""
        return [
            f"{len(ids):,} {'campaign is' if len(ids) == 1 else 'campaigns are'} not recorded: "
            f"{because}"
            for because, ids in sorted(self.left_out.items())
        ]


def ids_in(costs: Costs) -> set[str]:
    return {spelled(cost.campaign) for cost in costs.rows}


def of_days(costs: Costs, window: Window, those: Matched, prepared: Prepared) -> None:
    account = those.account
    amounts, names = _added_up(costs.rows, window)
    totals = {
        key: DayTotal(those.given(key[0], names.get(key[0], "")), key[1], amount, None)
        for key, amount in amounts.items()
    }
    for remote_id, owner in those.owners.items():
        if _is_left_out(those, owner, prepared):
            continue
        if account.timezone and any(
            not is_same_day(window.since + n * ONE_DAY, account.timezone, owner.timezone)
            for n in range(window.days)
        ):
            prepared.by_hours.add(remote_id)
    totals = {**_on_record(costs, those, window), **totals}
    for (remote_id, day), total in totals.items():
        its = those.owners.get(remote_id)
        if its is None or (
            not _is_left_out(those, its, prepared)
            and (not account.timezone or is_same_day(day, account.timezone, its.timezone))
        ):
            _add(prepared, those, total, its, costs, is_account_day=True)


def of_hours(
    costs: Costs, window: Window, those: Matched, prepared: Prepared, now: datetime
) -> None:
    """Prepare the other days of ``prepared.by_hours``; the answer is of each hour of ``window``."""
    account = those.account
    begin, end = day_bounds(window.since, account.timezone)[0], _end(window, account.timezone)
    hours: dict[str, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for cost in costs.rows:
        if (remote_id := spelled(cost.campaign)) in prepared.by_hours and cost.amount:
            hours[remote_id].append((_begins(cost, account.timezone), cost.amount))
    wider = Window(window.since - ONE_DAY, window.until + ONE_DAY)
    # A day of theirs may be of two of the account's, of which one is not complete.
    known = _on_record(costs, those, wider, less=ONE_DAY)
    for remote_id in sorted(prepared.by_hours):
        owner = those.owners[remote_id]
        spent: dict[date, Decimal] = defaultdict(Decimal)
        for at, amount in hours[remote_id]:
            spent[local_date(at, owner.timezone)] += amount
        zero = {day for its_id, day in known if its_id == remote_id}
        for n in range(wider.days):
            day = wider.since + n * ONE_DAY
            day_begins, day_ends = day_bounds(day, owner.timezone)
            if (
                day_begins < begin
                # All that has been spent by now is known, also of a day that is not over.
                or (day_ends > end and end <= now)
                or day_begins > now
                or is_same_day(day, account.timezone, owner.timezone)
            ):
                continue
            if not (_fits(day_begins, account.timezone) and _fits(day_ends, account.timezone)):
                prepared.left_out[
                    f"days in {owner.timezone} do not begin on a whole hour of the account's "
                    f"timezone, {account.timezone}, so its hours cannot be added up to them."
                ].add(owner.campaign_id)
                continue
            if day in spent or day in zero:
                total = DayTotal(those.given(remote_id), day, spent[day], None)
                _add(prepared, those, total, owner, costs, is_account_day=False)


def without_hours(those: Matched, prepared: Prepared) -> None:
    """Say which campaigns are not recorded, as the platform gives no hours."""
    account = those.account
    for remote_id in prepared.by_hours:
        owner = those.owners[remote_id]
        prepared.left_out[
            f"the account's days are those of {account.timezone}, their brand's those of "
            f"{owner.timezone}, and the platform gives no hours. Give the brand the account's "
            "timezone."
        ].add(owner.campaign_id)


def _on_record(
    costs: Costs, those: Matched, window: Window, *, less: timedelta = timedelta(0)
) -> dict[tuple[str, date], DayTotal]:
    """What was reported before, as zero, on the days of which the answer leaves nothing out."""
    whole = whole_days(costs, window, less=less)
    return matching.on_record(those, whole) if whole else {}


def whole_days(costs: Costs, window: Window, *, less: timedelta = timedelta(0)) -> Window | None:
    """The days of ``window`` of which the answer leaves nothing out; None: it may of each.

    ``less``: so many fewer at either end of what the platform says.
    """
    whole = window
    if costs.complete_days is not None:
        first, last = costs.complete_days
        whole = Window(max(first + less, window.since), min(last - less, window.until))
    return whole if costs.complete and whole.days > 0 else None


def _added_up(
    rows: Iterable[Cost], window: Window
) -> tuple[dict[tuple[str, date], Decimal], dict[str, str]]:
    """Costs by ID and day, in case a platform splits them; and the campaigns' names."""
    amounts: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    names: dict[str, str] = {}
    for cost in rows:
        if window.since <= cost.date <= window.until:
            remote_id = spelled(cost.campaign)
            amounts[remote_id, cost.date] += cost.amount
            names[remote_id] = cost.name or names.get(remote_id, "")
    return amounts, names


def _is_left_out(those: Matched, owner: Owner, prepared: Prepared) -> bool:
    """Whether nothing of the campaign can be recorded, which is then said."""
    account = those.account
    if account.currency and owner.currency != account.currency:
        because = (
            f"the account's amounts are in {account.currency}, and their brand's currency is "
            f"{owner.currency}. Give these platform IDs to campaigns of a brand in "
            f"{account.currency}."
        )
    elif owner.timezone not in calendar.names():
        because = f"their brand's timezone, {owner.timezone!r}, is not known. Correct it."
    else:
        return False
    prepared.left_out[because].add(owner.campaign_id)
    return True


def _add(
    prepared: Prepared,
    those: Matched,
    total: DayTotal,
    owner: Owner | None,
    costs: Costs,
    *,
    is_account_day: bool,
) -> None:
    account = those.account
    row = replace(
        total,
        observed_at=costs.asked_at,
        currency=account.currency or None,
        timezone=(account.timezone or None) if is_account_day else None,
    )
    prepared.rows.append((row, owner.brand_id if owner else None))


def _begins(cost: Cost, timezone: str) -> datetime:
    """The instant at which the hour of the cost begins; both, where the clock repeats it."""
    if cost.hour is None:
        raise UnreadableAnswer(f"A cost on {cost.date} has no hour, though hours were asked for.")
    if (span := hour_span(cost.date, time(cost.hour), timezone)) is None:
        raise UnreadableAnswer(
            f"There are costs at {cost.hour}:00 on {cost.date}, an hour that the clock in "
            f"{timezone} leaves out."
        )
    return span[0]


def _end(window: Window, timezone: str) -> datetime:
    return day_bounds(window.until, timezone)[1]


@lru_cache(maxsize=4096)
def _fits(instant: datetime, timezone: str) -> bool:
    """Does an hour of this timezone begin at the instant? A repeated hour is one."""
    wall = local_time(instant, timezone).replace(tzinfo=None)
    if wall.minute or wall.second:
        return False
    span = hour_span(wall.date(), wall.time(), timezone)
    return span is not None and span[0] == instant
