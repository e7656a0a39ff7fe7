"""How much of its quotas Meta says is used up, in the headers of its answers.

``X-Business-Use-Case-Usage`` has, by ad account and use case (``ads_insights``,
``ads_management``), three percentages and the minutes until access is regained;
``X-Ad-Account-Usage`` and ``X-FB-Ads-Insights-Throttle`` are those of the account that was asked
about, ``X-App-Usage`` of the whole app. At 100 percent Meta refuses. Names and units are those of
its pages on rate limiting (2026).
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from ads.platforms.interface import OutOfQuota

#: Reading stops here, in percent, so that what is left is there for switching.
MOST: Final = 85
#: Where Meta does not say when access is regained: its windows are an hour, and decline steadily.
_PAUSE: Final = timedelta(minutes=5)

#: Use cases.
INSIGHTS: Final = "ads_insights"
MANAGEMENT: Final = "ads_management"
_ALL: Final = ""
_ABSURD: Final = 1_000_000
Key = tuple[str, str]


class Usage:
    """What the answers so far have said; by account and use case, "" for any."""

    def __init__(self) -> None:
        self._percent: dict[Key, int] = {}
        self._regained: dict[Key, timedelta] = {}

    def note(self, headers: Mapping[str, str], account: str) -> timedelta | None:
        """Remember what an answer about an account says; until when access is lost, if it is."""
        said = [*_by_use_case(headers), *_of_account(headers, account)]
        for key, percent, regained in said:
            self._percent[key] = percent
            self._regained[key] = regained
        return max((regained for _, _, regained in said), default=None) or None

    def check(self, account: str, use_case: str) -> None:
        """Refuse to read when little of the quota is left.

        Raises:
            OutOfQuota: with what is used up, and when to ask again.
        """
        keys = [(owner, case) for owner in (account, _ALL) for case in (use_case, _ALL)]
        percent, key = max((self._percent.get(key, 0), key) for key in keys)
        if percent >= MOST:
            raise OutOfQuota(
                f"Meta says that {percent} % of its quota for this account is used up;"
                f" reading pauses at {MOST} %, so that campaigns can still be stopped.",
                retry_after=self._regained.get(key) or _PAUSE,
            )


def _by_use_case(headers: Mapping[str, str]) -> Iterator[tuple[Key, int, timedelta]]:
    for owner, cases in _read(headers, "X-Business-Use-Case-Usage").items():
        for case in cases if isinstance(cases, list) else []:
            if isinstance(case, Mapping):
                key = (owner.removeprefix("act_"), str(case.get("type", _ALL)))
                minutes = _whole(case.get("estimated_time_to_regain_access"))
                yield key, _most(case), timedelta(minutes=minutes)


def _of_account(headers: Mapping[str, str], account: str) -> Iterator[tuple[Key, int, timedelta]]:
    if usage := _read(headers, "X-Ad-Account-Usage"):
        reset = timedelta(seconds=_whole(usage.get("reset_time_duration")))
        yield (account, _ALL), _whole(usage.get("acc_id_util_pct")), reset
    if usage := _read(headers, "X-FB-Ads-Insights-Throttle"):
        yield (account, INSIGHTS), _whole(usage.get("acc_id_util_pct")), timedelta()
        yield (_ALL, INSIGHTS), _whole(usage.get("app_id_util_pct")), timedelta()
    if usage := _read(headers, "X-App-Usage"):
        yield (_ALL, _ALL), _most(usage), timedelta()


def _read(headers: Mapping[str, str], name: str) -> Mapping[str, Any]:
    try:
        content = json.loads(headers.get(name, "{}"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _most(usage: Mapping[str, Any]) -> int:
    return max(_whole(usage.get(name)) for name in ("call_count", "total_cputime", "total_time"))


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < _ABSURD else 0
