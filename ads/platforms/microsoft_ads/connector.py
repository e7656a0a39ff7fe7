"""One connection to Microsoft Advertising."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from ads.platforms.interface import (
    Account,
    CapAnswer,
    Changed,
    Confirmed,
    Cost,
    Costs,
    PlatformError,
    Refused,
    RemoteCampaign,
    SwitchAnswer,
    Unknown,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.microsoft_ads.access import Access
from ads.platforms.microsoft_ads.campaigns import ALL_TYPES, OFF, ON, account, campaign, number
from ads.platforms.microsoft_ads.errors import (
    INTERNAL,
    NAME,
    ApiError,
    as_platform_error,
    unreadable,
)
from ads.platforms.microsoft_ads.reports import (
    CAMPAIGN,
    CAMPAIGN_NAME,
    Line,
    Order,
    Report,
    Reports,
)
from ads.rules.calendar import hour_span, local_date, local_time
from ads.rules.currencies import MINOR_UNITS
from ads.rules.zone_names import timezone_named

#: What Microsoft takes in one request.
_MOST_CAMPAIGNS: Final = 100
_MOST_ACCOUNTS: Final = 1000
_DAY: Final = timedelta(days=1)
_CAMPAIGNS: Final = "CampaignManagement/v13/Campaigns"
#: After these it is not known whether a request was carried out.
_MAYBE_DONE: Final = (Unreachable, UnreadableAnswer)

_SHARED: Final = Refused(
    "shared_budget",
    "The campaign spends from a budget that it shares with others.",
    "Change the shared budget in Microsoft Advertising, or give the campaign a budget of its own.",
)
_NOT_DAILY: Final = Refused(
    "no_daily_budget",
    "The campaign has no daily budget of its own.",
    "Give it one in Microsoft Advertising.",
)


class MicrosoftAdsConnector:
    """See :class:`ads.platforms.interface.Connector`."""

    platform = "microsoft_ads"
    gives_hours = True

    def __init__(
        self, credentials: Mapping[str, str], *, timeout: timedelta, endpoint: str = ""
    ) -> None:
        self._access = Access(credentials, timeout=timeout, endpoint=endpoint)
        self._reports = Reports(self._access)

    @property
    def changed_credentials(self) -> Mapping[str, str]:
        """The refresh token, if Microsoft has sent another in its place."""
        return self._access.changed

    def accounts(self) -> Sequence[Account]:
        """Every account that the user may open, page by page until one has nothing new."""
        self._access.begin()
        said = self._access.ask("CustomerManagement/v13/User/Query", {"UserId": None})
        user = said.get("User")
        if not isinstance(user, Mapping):
            raise unreadable("no user")
        predicate = {"Field": "UserId", "Operator": "Equals", "Value": number(user, "Id")}
        found: dict[str, Account] = {}
        index = 0
        while True:
            page = {"Index": index, "Size": _MOST_ACCOUNTS}
            content = {"Predicates": [predicate], "PageInfo": page}
            said = self._access.ask("CustomerManagement/v13/Accounts/Search", content)
            fresh = {each.id: each for each in map(account, _listed(said, "Accounts"))}
            if fresh.keys() <= found.keys():
                return list(found.values())
            found |= fresh
            index += 1

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        """Every campaign that is not deleted, which are not answered."""
        self._access.begin()
        content = {"AccountId": account.id, "CampaignType": ALL_TYPES}
        said = self._access.ask(f"{_CAMPAIGNS}/QueryByAccountId", content, account=account)
        return [campaign(each) for each in _listed(said, "Campaigns")]

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        """A report by campaign. Its last day is complete only if the report says so; of one without
        a file, nothing is known.
        """
        self._access.begin()
        today = local_date(now, account.timezone or "UTC")  # later days are refused
        last = min(until, today)
        if since > last:
            return Costs([], now, complete=False)
        columns = (CAMPAIGN, CAMPAIGN_NAME)
        if by_hour:
            # The days that are ordered are those of Pacific time: one more on either side.
            order = Order("Campaign", columns, since - _DAY, min(last + _DAY, today), by_hour=True)
            report = self._reports.report(account, order)
            lines: Sequence[Line] = list(_local(report, account, since, last))
        else:
            order = Order("Campaign", columns, since, last)
            report = self._reports.report(account, order)
            lines = _of_days(report, account, since)
        sums: dict[tuple[str, date, int | None], Decimal] = defaultdict(Decimal)
        names: dict[str, str] = {}
        for line in lines:
            sums[line.campaign, line.date, line.hour] += line.amount
            names[line.campaign] = line.name
        complete_until = min(last, order.until if report.is_final else order.until - _DAY)
        is_complete = report.has_file and since <= complete_until
        return Costs(
            [
                Cost(campaign, day, amount, hour, names[campaign])
                for (campaign, day, hour), amount in sums.items()
            ],
            now,
            report.fresh_until and min(report.fresh_until, now),
            is_complete,
            (since, complete_until) if is_complete else None,
        )

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        """A report of the account alone, which Microsoft adds up."""
        self._access.begin()
        last = min(until, local_date(now, account.timezone or "UTC"))
        if since > last:
            return {}
        report = self._reports.report(account, Order("Account", (), since, last))
        totals: dict[date, Decimal] = defaultdict(Decimal)
        for line in _of_days(report, account, since):
            totals[line.date] += line.amount
        return dict(totals)

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        """Update a hundred at a time, and read back those that were not refused."""
        self._access.begin()
        answers: dict[str, SwitchAnswer] = {}
        ids = list(orders)
        for start in range(0, len(ids), _MOST_CAMPAIGNS):
            some = ids[start : start + _MOST_CAMPAIGNS]
            changes = [{"Id": id_, "Status": ON if orders[id_] else OFF} for id_ in some]
            is_told = start > 0
            try:
                answers |= self._changed(account, changes)
                is_told = True
                rest = [id_ for id_ in some if id_ not in answers]
                for id_, seen in self._read_back(account, rest).items():
                    is_so = seen is not None and seen.is_on is orders[id_]
                    answers[id_] = _seen(seen.status if seen else None, is_so=is_so)
            except PlatformError as error:
                if not is_told:  # nothing has been done
                    raise
                return answers | {id_: Unknown(error.text) for id_ in ids if id_ not in answers}
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
        """Set its daily budget, rounded down to what the currency has coins for."""
        self._access.begin()
        before = self._read_back(account, [campaign])[campaign]
        if before and before.is_budget_shared:
            return _SHARED
        if before and before.daily_budget is None:
            return _NOT_DAILY
        step = Decimal(1).scaleb(-MINOR_UNITS.get(account.currency, 2))
        cap = amount.quantize(step, ROUND_DOWN)
        found = before.daily_budget if before else None
        if found is not None and found != cap and not is_expected(found):
            return Changed(found)
        # JSON's number: the shortest text of this float is the amount.
        change = {"Id": campaign, "DailyBudget": float(cap)}
        if refused := self._changed(account, [change]):
            return refused[campaign]
        try:
            after = self._read_back(account, [campaign])[campaign]
        except PlatformError as error:
            return Unknown(error.text)
        seen = f"daily budget {after.daily_budget}" if after else None
        return _seen(seen, is_so=after is not None and after.daily_budget == cap)

    def close(self) -> None:
        self._access.close()

    def _changed(
        self, account: Account, changes: Sequence[Mapping[str, Any]]
    ) -> dict[str, SwitchAnswer]:
        """Send changes; those that were refused, by ID. A lost answer is no reason not to look."""
        content = {"AccountId": account.id, "Campaigns": changes}
        try:
            said = self._access.ask(_CAMPAIGNS, content, account=account, method="PUT")
        except _MAYBE_DONE:
            return {}
        refused: dict[str, SwitchAnswer] = {}
        for error in self._access.errors(said):
            if error.index is None or not 0 <= error.index < len(changes):
                raise as_platform_error(error, of_account=True)
            refused[changes[error.index]["Id"]] = _refused(error)
        return refused

    def _read_back(self, account: Account, ids: Sequence[str]) -> dict[str, RemoteCampaign | None]:
        """What campaigns are now; None: it is not answered."""
        if not ids:
            return {}
        content = {"AccountId": account.id, "CampaignIds": list(ids), "CampaignType": ALL_TYPES}
        said = self._access.ask(f"{_CAMPAIGNS}/QueryByIds", content, account=account)
        found = [campaign(each) for each in _listed(said, "Campaigns") if each is not None]
        return dict.fromkeys(ids) | {each.id: each for each in found if each.id in ids}


def _listed(said: Mapping[str, Any], name: str) -> list[Any]:
    """A list of an answer; null is an empty one."""
    found = said.get(name, ...)
    if found is None:
        return []
    if not isinstance(found, list):
        raise unreadable(f"no {name}")
    return found


def _refused(error: ApiError) -> Refused | Unknown:
    text = f"{NAME} says: {error}."
    return Unknown(text) if error.code == INTERNAL else Refused(str(error.code), text)


def _seen(status: str | None, *, is_so: bool) -> SwitchAnswer:
    if status is None:
        return Unknown(f"{NAME} did not return the campaign.")
    return Confirmed(status) if is_so else Unknown(f"{NAME} still shows: {status}.")


def _of_days(report: Report, account: Account, since: date) -> Sequence[Line]:
    """The lines of a report by day.

    Raises:
        UnreadableAnswer: its days are those of another timezone than the account's.
    """
    if timezone_named(report.timezone, since.year):
        both = f"{report.timezone}; {account.timezone}"
        if timezone_named(both, since.year) is None:
            raise unreadable(f"a report of days in {report.timezone}, not in {account.timezone}")
    return report.lines


def _local(report: Report, account: Account, since: date, until: date) -> Iterator[Line]:
    """The lines of a report by hour, in the hours of the account.

    Raises:
        UnreadableAnswer: its timezone is not known, or is some minutes apart from the account's.
    """
    zone = timezone_named(report.timezone, since.year)
    for line in report.lines:
        span = hour_span(line.date, time(line.hour or 0), zone) if zone else None
        at = local_time(span[0], account.timezone) if span else None
        if at is None or at.minute or line.hour is None:
            raise unreadable(
                f"a report of hours in {report.timezone or 'an unknown timezone'}, which are none "
                f"in {account.timezone}"
            )
        if since <= at.date() <= until:
            yield Line(at.date(), at.hour, line.amount, line.campaign, line.name)
