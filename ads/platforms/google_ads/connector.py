"""The calls to Google Ads. What is asked and read is in `queries`, what errors mean in `errors`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any, Final, TypeVar

import grpc
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.errors import GoogleAdsException
from google.api_core.exceptions import GoogleAPICallError

from ads.platforms.google_ads import queries
from ads.platforms.google_ads.access import Login
from ads.platforms.google_ads.errors import Failures, Gone, Rejected, Said, word
from ads.platforms.interface import (
    Account,
    CapAnswer,
    Changed,
    Confirmed,
    Costs,
    CredentialsRefused,
    PlatformError,
    Refused,
    RemoteCampaign,
    SwitchAnswer,
    Unknown,
    Unreachable,
    UnreadableAnswer,
)
from ads.rules.currencies import MINOR_UNITS
from ads.rules.platform_ids import is_number

#: Google allows 10,000 operations a request; fewer are answered in time, and lose less.
MOST_OPERATIONS: Final = 1_000

_CENTS: Final = 2
_NO_MULTIPLE: Final = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"

Read = TypeVar("Read")


class GoogleAdsConnector:
    """A login to Google Ads, for one process and one task."""

    platform = "google_ads"
    gives_hours = True

    def __init__(self, login: Login, *, timeout: timedelta, address: str = "") -> None:
        self._manager = login.manager
        self._timeout = timeout.total_seconds()
        self._client = GoogleAdsClient(
            login.credentials,
            developer_token=login.developer_token or None,
            endpoint=address or None,
            use_proto_plus=False,  # plain messages, read in a third of the time
        )
        self._services: dict[str, Any] = {}
        kind = type(self._client.get_type("GoogleAdsFailure"))
        self._failures = Failures(kind, [login.developer_token])
        self.operations_per_day = login.operations_per_day
        #: How many of them were used: a query is one, and so is each change.
        self.operations = 0

    def accounts(self) -> Sequence[Account]:
        """Every account under the manager, or under what the login can open."""
        found: dict[str, Account] = {}
        for root in [self._manager] if self._manager else self._accessible():
            try:
                accounts = self._accounts_of(root)
            except Gone as error:
                if self._manager:
                    raise CredentialsRefused(
                        error.text, remedy="Check the ID of the manager account, and its users."
                    ) from None
                state = error.code.lower().replace("_", " ")
                accounts = [Account(root, root, state=state, is_closed=True)]
            for account in accounts:
                found.setdefault(account.id, account)
        return list(found.values())

    def campaigns(self, account: Account) -> Sequence[RemoteCampaign]:
        """Every campaign, removed ones too."""
        return self._search(account, queries.CAMPAIGNS, queries.remote_campaign)

    def costs(
        self, account: Account, since: date, until: date, *, now: datetime, by_hour: bool = False
    ) -> Costs:
        """What campaigns cost. Google leaves out zeros, so what is left out is zero."""
        query = queries.costs(since, until, by_hour=by_hour)
        rows = self._search(account, query, partial(queries.cost, by_hour=by_hour))
        return Costs(rows, asked_at=now)

    def account_totals(
        self,
        account: Account,
        since: date,
        until: date,
        *,
        now: datetime,
    ) -> Mapping[date, Decimal]:
        return dict(self._search(account, queries.totals(since, until), queries.total))

    def switch(
        self, account: Account, orders: Mapping[str, bool], *, now: datetime
    ) -> Mapping[str, SwitchAnswer]:
        """Enable or pause campaigns, and read their status back.

        An error is raised as long as nothing was done; later it is the answer for the rest.
        """
        answers: dict[str, SwitchAnswer] = {
            campaign: Refused(
                "INVALID_ID", f"{campaign!r} is not a Google Ads ID.", "Correct the platform ID."
            )
            for campaign in orders
            if not is_number(campaign)
        }
        ids = [campaign for campaign in orders if is_number(campaign)]
        for first in range(0, len(ids), MOST_OPERATIONS):
            some = {each: orders[each] for each in ids[first : first + MOST_OPERATIONS]}
            try:
                answers |= self._switch(account, some)
            except PlatformError as error:
                if first == 0:
                    raise
                answers |= dict.fromkeys(ids[first:], Unknown(error.text))
                break
        return answers

    def try_writing(self, account: Account, campaign: str, *, now: datetime) -> SwitchAnswer:
        """Have Google check a pause of this campaign, and change nothing."""
        refused = self._set_statuses(account, {campaign: False}, validate_only=True)
        return refused.get(campaign) or Confirmed("may be switched")

    def set_cap(
        self,
        account: Account,
        campaign: str,
        amount: Decimal,
        *,
        is_expected: Callable[[Decimal], bool],
        now: datetime,
    ) -> CapAnswer:
        """Set the daily budget, rounded down to the currency's smallest unit, and read it back."""
        unit = queries.MILLION // 10 ** MINOR_UNITS.get(account.currency, _CENTS)
        micros = int((amount * queries.MILLION / unit).to_integral_value(ROUND_DOWN)) * unit
        row = self._budget(account, campaign)
        if refusal := _cannot_be_capped(row):
            return refusal
        if row.campaign_budget.amount_micros == micros:
            return _capped(account, micros)
        found = queries.amount(row.campaign_budget.amount_micros)
        return self._cap(account, row, micros) if is_expected(found) else Changed(found)

    def close(self) -> None:
        for service in self._services.values():
            service.transport.close()
        self._services.clear()

    def _cap(self, account: Account, row: Any, micros: int) -> SwitchAnswer:
        request = self._client.get_type("MutateCampaignBudgetsRequest")
        operation = request.operations.add()
        operation.update.resource_name = row.campaign.campaign_budget
        operation.update.amount_micros = micros
        operation.update_mask.paths.append("amount_micros")
        if errors := self._mutate("CampaignBudgetService", "campaign_budgets", account, request):
            whole = micros - micros % queries.MILLION
            if errors[0].name == _NO_MULTIPLE and 0 < whole < micros:
                # Google takes whole rupiahs only, where ISO 4217 has hundredths.
                return self._cap(account, row, whole)
            return _refusal(errors[0])
        try:
            row = self._budget(account, str(row.campaign.id))
        except PlatformError as error:
            return Unknown(error.text)
        seen = row.campaign_budget.amount_micros if row else 0
        if seen != micros:
            return Unknown(f"Google Ads still shows {queries.amount(seen):f} a day.")
        return _capped(account, micros)

    def _accounts_of(self, root: str) -> list[Account]:
        for resource in ("customer_client", "customer"):  # the first is of managers alone
            read = partial(queries.account, resource=resource, manager=root)
            rows = self._search(Account(root, root), queries.accounts(resource), read)
            if rows:
                return [account for account in rows if account]
        return []

    def _accessible(self) -> list[str]:
        self.operations += 1
        with self._speaking():
            answer = self._service("CustomerService").list_accessible_customers(
                retry=None, timeout=self._timeout
            )
        return [name.rpartition("/")[2] for name in answer.resource_names]

    def _budget(self, account: Account, campaign: str) -> Any:
        """The row of a campaign and its budget; None: there is no such campaign."""
        if not is_number(campaign):
            return None
        rows = self._search(account, queries.budget(campaign), lambda row: row)
        return rows[0] if rows else None

    def _switch(self, account: Account, orders: Mapping[str, bool]) -> dict[str, SwitchAnswer]:
        lost: Unreachable | None = None
        refused: Mapping[str, SwitchAnswer] = {}
        try:
            refused = self._set_statuses(account, orders)
        except Unreachable as error:
            lost = error  # it may have been done nevertheless
        asked = [campaign for campaign in orders if campaign not in refused]
        answers: dict[str, SwitchAnswer] = dict(refused)
        if not asked:
            return answers
        try:
            seen = dict(
                self._search(
                    account,
                    queries.statuses(asked),
                    lambda row: (str(row.campaign.id), word(row.campaign, "status")),
                )
            )
        except PlatformError as error:
            if lost:
                raise lost from None
            return answers | dict.fromkeys(asked, Unknown(error.text))
        if lost and not seen:
            raise lost
        for campaign in asked:
            wanted = queries.ENABLED if orders[campaign] else queries.PAUSED
            shown = seen.get(campaign, "no such campaign")
            if shown == wanted:
                answers[campaign] = Confirmed(shown)
            else:
                text = f"{lost.text} " if lost else ""
                answers[campaign] = Unknown(f"{text}Google Ads still shows {shown}.")
        return answers

    def _set_statuses(
        self, account: Account, orders: Mapping[str, bool], *, validate_only: bool = False
    ) -> dict[str, SwitchAnswer]:
        """Ask for the statuses; which of the orders are refused, or not done for now."""
        request = self._client.get_type("MutateCampaignsRequest")
        request.validate_only = validate_only
        for campaign, is_on in orders.items():
            operation = request.operations.add()
            operation.update.resource_name = f"customers/{account.id}/campaigns/{campaign}"
            values = operation.update.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_name
            operation.update.status = values[queries.ENABLED if is_on else queries.PAUSED].number
            operation.update_mask.paths.append("status")
        ids = list(orders)
        refused: dict[str, SwitchAnswer] = {}
        for error in self._mutate("CampaignService", "campaigns", account, request):
            at = error.operation
            concerned = ids if at is None else ids[at : at + 1]
            refused |= dict.fromkeys(concerned, _refusal(error))
        return refused

    def _mutate(self, service: str, what: str, account: Account, request: Any) -> list[Said]:
        """Send changes; why which of them are refused. The library raises nothing for those."""
        request.customer_id = account.id
        request.partial_failure = True
        self.operations += len(request.operations)
        mutate = getattr(self._service(service), f"mutate_{what}")
        metadata = self._metadata(account)
        try:
            with self._speaking():
                answer = mutate(
                    request=request, metadata=metadata, retry=None, timeout=self._timeout
                )
            return self._failures.partial(answer.partial_failure_error)
        except Rejected as error:  # all of them
            return [error.said]

    def _search(self, account: Account, query: str, read: Callable[[Any], Read]) -> list[Read]:
        self.operations += 1
        # Held while its rows come: a channel that nobody holds is closed after the first of them.
        service = self._service("GoogleAdsService")
        with self._speaking():
            stream = service.search_stream(
                customer_id=account.id,
                query=query,
                metadata=self._metadata(account),
                retry=None,
                timeout=self._timeout,
            )
            return [read(row) for answer in stream for row in answer.results]

    def _service(self, name: str) -> Any:
        if name not in self._services:
            self._services[name] = self._client.get_service(name)
        return self._services[name]

    def _metadata(self, account: Account) -> list[tuple[str, str]]:
        """Through which manager an account is reached."""
        return [("login-customer-id", self._manager or account.parent or account.id)]

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except (GoogleAdsException, GoogleAPICallError, grpc.RpcError) as error:
            raise self._failures.translated(error) from None
        except ValueError as error:
            raise UnreadableAnswer(f"Google Ads' answer cannot be read: {error}.") from None


def _refusal(error: Said) -> Refused | Unknown:
    if error.is_temporary:
        return Unknown(error.sentence)
    return Refused(error.name, error.text, error.remedy)


def _cannot_be_capped(row: Any) -> Refused | None:
    if row is None:
        return Refused(
            "RESOURCE_NOT_FOUND", "There is no such campaign.", "Check the campaign's platform ID."
        )
    if word(row.campaign, "status") == queries.REMOVED:
        return Refused("REMOVED", "The campaign was removed in Google Ads.")
    if row.campaign_budget.explicitly_shared:
        return Refused(
            "SHARED_BUDGET",
            "The budget is shared with other campaigns, which a cap would stop too.",
            "Give the campaign a budget of its own in Google Ads.",
        )
    if word(row.campaign_budget, "period") != "DAILY":
        return Refused(
            "CUSTOM_PERIOD",
            "The budget is for the whole time of the campaign, not for a day.",
            "Give the campaign a daily budget in Google Ads.",
        )
    return None


def _capped(account: Account, micros: int) -> Confirmed:
    return Confirmed(f"{account.currency} {queries.amount(micros):f} a day".strip())
