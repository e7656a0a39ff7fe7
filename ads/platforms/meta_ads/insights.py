"""What campaigns have cost: Meta's insights, by day or hour, at once or as a report.

- ``spend`` is text in the account's currency; days are those of the account's timezone.
- Rows without impressions and cost are left out.
- An account's rows by campaign leave out deleted campaigns (they say "does not return stats for
  the deleted object"), while its total has their cost. So they are asked for by a filter.
- Hours are a breakdown, whose values are "14:00:00 - 14:59:59"; Meta has them for 13 months.
- What takes Meta too long at once is made into a report, as it says.
- A report (``POST insights``) is read when it says "Job Completed" and 100 percent; since v25.0 a
  failed one says why.

From Meta's pages "Manage your ad object's status", "Insights API" and "Limits and best practices".
Not verified on the real platform: that the filter also finds archived campaigns' hours.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from ads.platforms.interface import Cost, PlatformError, Unreachable
from ads.platforms.meta_ads.errors import TimedOut, TooMuchData, unreadable
from ads.platforms.meta_ads.graph import Graph
from ads.rules.calendar import InvalidDate, parse_date
from ads.rules.money import InvalidAmount, parse_amount
from ads.rules.platform_ids import spelled

#: What is answered at once, in days; longer ranges and more hours are made into a report.
_AT_ONCE: Final = 7
_AT_ONCE_BY_HOUR: Final = 2
#: Seconds between questions whether a report is ready; the last is repeated.
_POLLS: Final = (0.5, 1, 2, 3, 5)

_BY_HOUR: Final = "hourly_stats_aggregated_by_advertiser_time_zone"
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):00:00 - \1:59:59")
_ENDED_BADLY: Final = {"Job Failed", "Job Skipped"}
_DONE: Final = 100
_DAY: Final = timedelta(days=1)

_NOT_LIVE: Final = [
    {"field": "campaign.effective_status", "operator": "IN", "value": ["ARCHIVED", "DELETED"]}
]

Query = Mapping[str, str]
Row = Mapping[str, Any]


def by_campaign(
    graph: Graph, account: str, since: date, until: date, *, by_hour: bool
) -> Sequence[Cost]:
    """Each campaign's costs of each day, or hour; deleted campaigns' too."""
    live = {"level": "campaign", "fields": "campaign_id,campaign_name,spend"}
    if by_hour:
        live["breakdowns"] = _BY_HOUR
    queries = [live, live | {"filtering": json.dumps(_NOT_LIVE)}]
    found = (
        _cost(row, since, until, by_hour=by_hour)
        for row in _rows(graph, account, queries, since, until)
    )
    # What moves from one page to another while they are read comes twice, and a campaign that is
    # deleted meanwhile in both answers.
    return list({(cost.campaign, cost.date, cost.hour): cost for cost in found}.values())


def by_account(graph: Graph, account: str, since: date, until: date) -> Mapping[date, Decimal]:
    query = {"level": "account", "fields": "spend"}
    rows = graph.pages(f"act_{account}/insights", _ranged(query, since, until))
    return {_day(row, since, until): _amount(row) for row in rows}


def _rows(
    graph: Graph, account: str, queries: Sequence[Query], since: date, until: date
) -> Iterator[Row]:
    """The rows of all queries; some of them twice, where an answer was too much in the end."""
    days = (until - since).days + 1
    most = _AT_ONCE_BY_HOUR if "breakdowns" in queries[0] else _AT_ONCE
    ranged = [_ranged(query, since, until) for query in queries]
    path = f"act_{account}/insights"
    try:
        if days <= most:
            with suppress(TimedOut):
                for query in ranged:
                    yield from graph.pages(path, query)
                return
        for report in [_ordered(graph, path, query) for query in ranged]:
            yield from _report(graph, report)
    except TooMuchData:
        if days == 1:
            raise
    else:
        return
    middle = since + timedelta(days=days // 2 - 1)
    yield from _rows(graph, account, queries, since, middle)
    yield from _rows(graph, account, queries, middle + _DAY, until)


def _ranged(query: Query, since: date, until: date) -> Query:
    days = {"since": since.isoformat(), "until": until.isoformat()}
    return {**query, "time_increment": "1", "time_range": json.dumps(days)}


def _ordered(graph: Graph, path: str, query: Query) -> str:
    report = graph.post(path, query).get("report_run_id")
    if not isinstance(report, str) or not report.isdigit():
        raise unreadable("a report without an ID")
    return report


def _report(graph: Graph, report: str) -> Iterator[Row]:
    polls = 0
    while True:
        state = graph.get(report, {"fields": "async_status,async_percent_completion"})
        status = str(state.get("async_status"))
        if status in _ENDED_BADLY:
            raise _failure(graph, report, status)
        if status == "Job Completed" and state.get("async_percent_completion") == _DONE:
            return graph.pages(f"{report}/insights", {})
        if not graph.deadline.sleep(_POLLS[min(polls, len(_POLLS) - 1)]):
            raise Unreachable(f'Meta did not finish its report in time ("{status}").')
        polls += 1


def _failure(graph: Graph, report: str, status: str) -> PlatformError:
    """Why a report failed, as far as Meta says."""
    fields = "error_code,error_subcode,error_message,error_user_title,error_user_msg"
    said = graph.get(report, {"fields": fields})
    error = {
        **said,
        "code": said.get("error_code"),
        "message": said.get("error_message"),
    }
    found = graph.error({"error": error}) if said.get("error_code") else None
    if found is None:
        return Unreachable(f'Meta could not make the report ("{status}").')
    return found.as_platform_error(of_account=True)


def _cost(row: Row, since: date, until: date, *, by_hour: bool) -> Cost:
    campaign = row.get("campaign_id")
    if not isinstance(campaign, str) or not campaign.isdigit():
        raise unreadable("a cost without a campaign's ID")
    hour = None
    if by_hour:
        found = _HOUR.fullmatch(str(row.get(_BY_HOUR)))
        if found is None:
            raise unreadable("a cost without its hour")
        hour = int(found[1])
    name = row.get("campaign_name")
    return Cost(
        spelled(campaign),
        _day(row, since, until),
        _amount(row),
        hour,
        name if isinstance(name, str) else "",
    )


def _day(row: Row, since: date, until: date) -> date:
    try:
        first, last = parse_date(str(row.get("date_start"))), parse_date(str(row.get("date_stop")))
    except InvalidDate:
        raise unreadable("a cost without its day") from None
    if first != last or not since <= first <= until:
        raise unreadable("costs of days that were not asked for")
    return first


def _amount(row: Row) -> Decimal:
    """What was spent; a row without it had impressions and cost nothing."""
    try:
        return parse_amount(row.get("spend", "0"), field="spend", negative=True)
    except InvalidAmount as error:
        raise unreadable(f"a cost that is not an amount ({error.reason})") from None
