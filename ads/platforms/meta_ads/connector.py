"""One connection to Meta: what it says of accounts and campaigns, and switching them.

A batch's parts are told in parallel, and each has an answer of its own. Not verified on the real
platform: that ``validate_only`` also checks the permission to write.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Final

from ads.platforms.interface import (
    Account,
    CapAnswer,
    Changed,
    Confirmed,
    Costs,
    PlatformError,
    Refused,
    RemoteCampaign,
    SwitchAnswer,
    Unknown,
    Unreachable,
    UnreadableAnswer,
)
from ads.platforms.meta_ads import campaigns, insights
from ads.platforms.meta_ads.errors import GraphError
from ads.platforms.meta_ads.graph import BATCH, Graph, Outcome, Part
from ads.platforms.meta_ads.usage import INSIGHTS, MANAGEMENT
from ads.rules.platform_ids import is_number

#: The end of a token that ends: the year 3000, in seconds since 1970.
_LATEST: Final = 32_503_680_000
#: Seconds after which what was told is read back, until it is seen: the status in effect follows
#: the one that was set.
READ_BACK_AFTER: Final = (0.0, 1.0, 2.0)

#: What people enter as an ID becomes part of an address, so it has to be one.
_NO_ID: Final = Refused(
    "id",
    "This is not the ID of a campaign at Meta, which is a number.",
    "Correct the platform ID here.",
)


class MetaAdsConnector:
    """One connection.

    Args:
        token: of a system user, or of a person (OAuth).
        app_secret: signs each request, which an app can demand; "" where it is not known.
        business: the ID of a business whose accounts are meant; "": all that the token may see.
        timeout: of each call as a whole.
        endpoint: the address of a stand-in; "": Meta's own.
        read_back_after: pauses before each look at what a switch has become.
    """

    platform: Final = "meta_ads"
    gives_hours: Final = True
    #: Meta limits its own time and calls by the hour, and says in each answer how much is left.
    operations_per_day: Final = None

    def __init__(
        self,
        token: str,
        *,
        app_secret: str = "",
        business: str = "",
        timeout: timedelta,
        endpoint: str = "",
        read_back_after: Sequence[float] = READ_BACK_AFTER,
    ) -> None:
        self._graph = Graph(token, app_secret, endpoint, timeout)
        self._token = token
        self._business = business
        self._read_back_after = read_back_after

    @property
    def operations(self) -> int:
        """How many requests have been made, a batch's one by one."""
        return self._graph.operations

    def accounts(self) -> Sequence[Account]:
        """Ad accounts that the token may see, or those that a business owns or works for."""
        self._graph.begin()
        paths = ["me/adaccounts"]
        if self._business:
            paths = [f"{self._business}/{edge}_ad_accounts" for edge in ("owned", "client")]
        params = {"fields": campaigns.ACCOUNT_FIELDS}
        rows = chain.from_iterable(self._graph.pages(path, params) for path in paths)
        found = [campaigns.account(row) for row in rows]
        return list({account.id: account for account in found}.values())

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        """Campaigns in any status but archived and deleted.

        Asked without a filter: one by status would leave out those in a status that is not known.
        """
        self._read(account, MANAGEMENT)
        params = {"fields": campaigns.CAMPAIGN_FIELDS}
        rows = self._graph.pages(f"act_{account.id}/campaigns", params)
        found = [campaigns.campaign(row, account.currency) for row in rows]
        return list({campaign.id: campaign for campaign in found}.values())

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        """The costs of every campaign, deleted ones too. Meta does not say how fresh they are."""
        self._read(account, INSIGHTS)
        rows = insights.by_campaign(self._graph, account.id, since, until, by_hour=by_hour)
        return Costs(rows, asked_at=now)

    def account_totals(
        self, account: Account, since: date, until: date, *, now: datetime
    ) -> Mapping[date, Decimal]:
        del now
        self._read(account, INSIGHTS)
        return insights.by_account(self._graph, account.id, since, until)

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        """Set the campaigns' status in batches, and read back until it is in effect.

        What is seen decides, also where the answer to a change was lost.

        Raises:
            PlatformError: nothing could be told.
            Unreachable: it is not known whether anything was.
        """
        del now
        self._graph.begin(account.id)
        answers: dict[str, SwitchAnswer] = {each: _NO_ID for each in orders if not is_number(each)}
        ids = [each for each in orders if each not in answers]
        for start in range(0, len(ids), BATCH):
            part = {each: orders[each] for each in ids[start : start + BATCH]}
            try:
                answers |= self._switch(part)
            except PlatformError as error:
                if not start:
                    raise
                answers |= {each: Unknown(error.text) for each in ids[start:]}
                break
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
        """Set the daily budget of a campaign that has one, rounded down to Meta's smallest unit."""
        del now
        if not is_number(campaign):
            return _NO_ID
        self._graph.begin(account.id)
        seen = self._budgets(campaign)
        if isinstance(seen, GraphError):
            return self._not_done(seen)
        if not seen:
            return Unknown("Meta did not say what budget the campaign has.")
        minor = campaigns.in_minor_units(amount, account.currency)
        if refused := _without_daily_budget(seen):
            return refused
        found = campaigns.budget(seen.get("daily_budget"), account.currency)
        if found is not None and not _has_budget(seen, minor) and not is_expected(found):
            return Changed(found)
        return self._capped(account, campaign, minor, seen)

    def try_writing(self, account: Account, campaign: str, *, now: datetime) -> SwitchAnswer:
        """Have Meta check a stop of the campaign, and not carry it out."""
        del now
        if not is_number(campaign):
            return _NO_ID
        self._graph.begin(account.id)
        form = {"status": "PAUSED", "execution_options": '["validate_only"]'}
        (checked,) = self._graph.batch([Part(campaign, {}, form)])
        if isinstance(checked, GraphError):
            return self._not_done(checked)
        return (
            Confirmed("checked, and not carried out")
            if checked
            else Unknown("Meta gave no answer.")
        )

    def expires_at(self) -> datetime | None:
        """When the token, or its access to data, ends; None: never, or Meta does not say.

        Tokens of system users may last for ever, those of people about 60 days.
        """
        self._graph.begin()
        # In a batch, so that the token is in no address.
        (answer,) = self._graph.batch([Part("debug_token", {"input_token": self._token})])
        said = answer.get("data") if isinstance(answer, Mapping) else None
        named = ("expires_at", "data_access_expires_at")
        found = [said.get(name) for name in named] if isinstance(said, Mapping) else []
        ends = [each for each in found if isinstance(each, int) and 0 < each < _LATEST]
        return datetime.fromtimestamp(min(ends), UTC) if ends else None

    def close(self) -> None:
        self._graph.close()

    def _read(self, account: Account, use_case: str) -> None:
        self._graph.begin(account.id)
        self._graph.usage.check(account.id, use_case)

    def _budgets(self, campaign: str) -> Outcome:
        fields = {"fields": "id,daily_budget,lifetime_budget"}
        return self._graph.batch([Part(campaign, fields)])[0]

    def _capped(self, account: Account, campaign: str, minor: int, seen: Outcome) -> SwitchAnswer:
        told: Outcome = None
        if not _has_budget(seen, minor):
            (told,) = self._told([Part(campaign, {}, {"daily_budget": str(minor)})])
            seen = self._budgets(campaign)
        if _has_budget(seen, minor):
            shown = campaigns.budget(str(minor), account.currency)
            return Confirmed(f"daily budget {shown} {account.currency}".rstrip())
        if isinstance(told, GraphError):
            return self._not_done(told)
        return Unknown("Meta does not show the new budget yet.")

    def _switch(self, orders: Mapping[str, bool]) -> Mapping[str, SwitchAnswer]:
        parts = [
            Part(each, {}, {"status": "ACTIVE" if is_on else "PAUSED"})
            for each, is_on in orders.items()
        ]
        told = dict(zip(orders, self._told(parts), strict=True))
        seen: dict[str, Outcome] = {}
        answers: dict[str, SwitchAnswer] = {}
        for pause in self._read_back_after:
            left = [each for each in orders if each not in answers]
            if pause and not self._is_worth_waiting(told, left, pause):
                break
            try:
                seen |= zip(left, self._seen(left), strict=True)
            except PlatformError as error:
                if not any(told.values()) and not answers:
                    # Neither what was told nor what became of it is known: it may have been heard.
                    raise Unreachable(error.text, remedy=error.remedy) from None
                answers |= {
                    each: Unknown(error.text)
                    for each in left
                    if not isinstance(told[each], GraphError)
                }
                break
            answers |= {
                each: Confirmed(campaigns.shown(row))
                for each, row in seen.items()
                if isinstance(row, Mapping) and campaigns.is_so(row, is_on=orders[each])
            }
        return {
            each: answers.get(each) or self._not_seen(told[each], seen.get(each)) for each in orders
        }

    def _is_worth_waiting(
        self, told: Mapping[str, Outcome], left: Sequence[str], pause: float
    ) -> bool:
        """Whether what is not seen yet may follow; it will not where it was refused."""
        follows = any(not isinstance(told[each], GraphError) for each in left)
        return follows and self._graph.deadline.sleep(pause)

    def _told(self, parts: Sequence[Part]) -> Sequence[Outcome]:
        """What Meta answered to changes; None where it is not known whether they were made.

        Raises:
            PlatformError: they were not.
        """
        try:
            return self._graph.batch(parts)
        except (Unreachable, UnreadableAnswer):
            return [None] * len(parts)

    def _seen(self, ids: Sequence[str]) -> Sequence[Outcome]:
        fields = {"fields": campaigns.STATUS_FIELDS}
        return self._graph.batch([Part(each, fields) for each in ids])

    def _not_seen(self, told: Outcome, seen: Outcome) -> SwitchAnswer:
        """The answer about a campaign that is not, or not yet, as it was told to be."""
        if isinstance(told, GraphError):
            return self._not_done(told)
        if isinstance(seen, GraphError):
            return self._not_done(seen)
        if not seen:
            return Unknown("Meta did not say what became of it.")
        return Unknown(f"Told, but Meta still shows {campaigns.shown(seen)}.")

    @staticmethod
    def _not_done(error: GraphError) -> Refused | Unknown:
        if error.is_temporary:
            return Unknown(f"Meta: {error.text} (code {error.shown_code})")
        return Refused(error.shown_code, error.text, error.remedy)


def _has_budget(seen: Outcome, minor: int) -> bool:
    return isinstance(seen, Mapping) and seen.get("daily_budget") == str(minor)


def _without_daily_budget(seen: Mapping[str, object]) -> Refused | None:
    """Why the campaign's budget cannot be set, if it has no daily one of its own."""
    if campaigns.has_budget(seen.get("daily_budget")):
        return None
    if campaigns.has_budget(seen.get("lifetime_budget")):
        return Refused(
            "lifetime_budget",
            "The campaign has a lifetime budget.",
            "Give it a daily budget at Meta; a lifetime budget cannot be changed into one here.",
        )
    return Refused(
        "ad_set_budgets",
        "The campaign's ad sets have budgets of their own, and the campaign has none.",
        "Switch on the campaign budget (Advantage+) at Meta, or limit the ad sets there.",
    )
