"""What the Graph API answers to a request of a known token: objects, edges, reports, log-in."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar
from urllib.parse import urlencode

from stand_ins.faults import Call
from stand_ins.http import Reply
from stand_ins.meta_ads import insights, nodes
from stand_ins.meta_ads.errors import Refusal, no_such_object
from stand_ins.meta_ads.insights import Report
from stand_ins.stage import Stage
from stand_ins.world import Account, Campaign

T = TypeVar("T")

VERSION = "v26.0"
APP_ID = "1000000000000001"
APP_SECRET = "stand-in-app-secret"  # noqa: S105 - opens nothing
#: What a person's login brings, until it is exchanged.
SHORT_LIVED = "EAAStandInShortLivedToken00"
CODE = "stand-in-code"
SIXTY_DAYS = 60 * 24 * 3600

#: How many queries are remembered until their last page, and what is not of a query but of a page.
_QUERIES = 32
_OF_A_PAGE = {"after", "limit", "access_token", "appsecret_proof"}

_CALLS: Mapping[str, Call] = {
    "adaccounts": "accounts",
    "owned_ad_accounts": "accounts",
    "client_ad_accounts": "accounts",
    "campaigns": "campaigns",
    "access_token": "token",
}
_REPORT_FIELDS = {
    "id",
    "async_status",
    "async_percent_completion",
    "error_code",
    "error_subcode",
    "error_message",
    "error_user_title",
    "error_user_msg",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, alone or in a batch: ``/version/node/edge``."""

    method: str
    path: str
    params: Mapping[str, str]

    @property
    def version(self) -> str:
        """As in "v26.0"."""
        return self._part(0)

    @property
    def node(self) -> str:
        """The object's ID, or a word such as "me"."""
        return self._part(1)

    @property
    def edge(self) -> str:
        """What is connected with the object; "": the object itself."""
        return self._part(2)

    def _part(self, number: int) -> str:
        return [*self.path.strip("/").split("/"), "", ""][number]


@dataclass(slots=True)
class Routes:
    """The answers from one stage; the caller holds its lock."""

    stage: Stage
    address: str = ""
    reports: dict[str, Report] = field(default_factory=dict)
    #: The rows of the latest queries.
    queries: dict[tuple[tuple[str, str], ...], Sequence[nodes.Row]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(600100))

    def call(self, asked: Asked) -> Call | None:
        """Which kind of call a request is; None: none that has faults."""
        if asked.edge in _CALLS:
            return _CALLS[asked.edge]
        if asked.edge == "insights":
            return self._call_of_insights(asked)
        if asked.node in self.reports:
            return "report_poll"
        if not asked.node.isdigit():
            return None
        change: Call = "switch" if "status" in asked.params else "set_cap"
        return "read_back" if asked.method == "GET" else change

    def _call_of_insights(self, asked: Asked) -> Call:
        if asked.method == "POST":
            return "report_submit"
        if asked.node in self.reports:
            return "report_download"
        return "totals" if asked.params.get("level") == "account" else "costs"

    def reply(self, asked: Asked, token: str, kind: str) -> Reply:
        """The answer, with a fault of this kind.

        Raises:
            Refusal: it is an error.
        """
        if asked.version != VERSION:
            raise Refusal(
                2635,
                "(#2635) You are calling a deprecated version of the Ads API. Please update to the"
                f" latest version: {VERSION}.",
            )
        match asked.node, asked.edge:
            case _, "adaccounts" | "owned_ad_accounts" | "client_ad_accounts":
                return self._accounts(asked, token, kind)
            case _, "campaigns":
                return self._campaigns(asked, token, kind)
            case _, "insights":
                return self._insights(asked, token, kind)
            case (("dialog" | "oauth" | "debug_token"), _):
                return self._login(asked)
            case _, "":
                return Reply(self._object(asked, kind))
        raise Refusal(2500, f"Unknown path components: /{asked.edge}")

    def _accounts(self, asked: Asked, token: str, kind: str) -> Reply:
        nodes.fields(asked.params, nodes.ACCOUNT_FIELDS, "AdAccount")
        accounts = list(self.stage.world.accounts.values())
        if asked.node != "me":
            owned = asked.edge == "owned_ad_accounts"
            accounts = [each for each in accounts if owned and each.parent == asked.node]

        def show(account: Account) -> nodes.Row:
            row = nodes.account_row(account, kind == "unknown_enum")
            return nodes.selected(row, asked.params, nodes.ACCOUNT_FIELDS, "AdAccount")

        return self._page(accounts, show, asked, token, kind)

    def _campaigns(self, asked: Asked, token: str, kind: str) -> Reply:
        nodes.fields(asked.params, nodes.CAMPAIGN_FIELDS, "Campaign")
        campaigns = self.stage.world.campaigns_of(self._account(asked.node).id)
        found = nodes.by_status(self.stage.world, campaigns, asked.params)
        return self._page(found, lambda each: self._shown(each, asked, kind), asked, token, kind)

    def _shown(self, campaign: Campaign, asked: Asked, kind: str) -> nodes.Row:
        row = nodes.campaign_row(self.stage.world, campaign, kind == "unknown_enum")
        return nodes.selected(row, asked.params, nodes.CAMPAIGN_FIELDS, "Campaign")

    def _insights(self, asked: Asked, token: str, kind: str) -> Reply:
        if asked.node in self.reports:
            return self._page(self.reports[asked.node].rows, _as_it_is, asked, token, kind)
        world = self.stage.world
        account = self._account(asked.node)
        if asked.method == "GET":
            # The pages of a query are those of its first one.
            query = tuple(sorted((*asked.params.items(), ("account", account.id))))
            key = tuple(each for each in query if each[0] not in _OF_A_PAGE)
            if "after" not in asked.params or key not in self.queries:
                self.queries[key] = insights.rows(world, account.id, asked.params)
                for old in list(self.queries)[:-_QUERIES]:
                    del self.queries[old]
            return self._page(self.queries[key], _as_it_is, asked, token, kind)
        rows = insights.rows(world, account.id, asked.params)
        number = str(next(self.numbers))
        ready_at = time.monotonic() + world.settings.asynchronous_seconds
        self.reports[number] = Report(rows, ready_at)
        return Reply({"report_run_id": number})

    def _object(self, asked: Asked, kind: str) -> nodes.Row:
        if asked.node in self.reports:
            return self._progress(asked, kind)
        world = self.stage.world
        campaign = self._campaign(asked)
        if asked.method == "GET":
            return self._shown(campaign, asked, kind)
        nodes.change(world, campaign, asked.params)
        return {"success": True}

    def _progress(self, asked: Asked, kind: str) -> nodes.Row:
        nodes.fields(asked.params, _REPORT_FIELDS, "AdReportRun")
        report = self.reports[asked.node]
        report.has_failed |= kind == "partial"
        state: dict[str, Any] = {"id": asked.node, "async_percent_completion": 50}
        if report.has_failed:
            message = "Service temporarily unavailable"
            return state | {"async_status": "Job Failed", "error_code": 2, "error_message": message}
        if kind == "unknown_enum":
            return state | {"async_status": "Job Dreaming"}
        if time.monotonic() < report.ready_at:
            return state | {"async_status": "Job Running"}
        return state | {"async_status": "Job Completed", "async_percent_completion": 100}

    def _page(
        self,
        things: Sequence[T],
        show: Callable[[T], nodes.Row],
        asked: Asked,
        token: str,
        kind: str,
    ) -> Reply:
        content = nodes.page(
            things,
            show,
            asked.params,
            address=f"{self.address}{asked.path}",
            token=token,
            most=self.stage.world.settings.page_size,
            is_empty=kind == "empty_page",
        )
        return Reply(content)

    def _account(self, node: str) -> Account:
        account = self.stage.world.accounts.get(node.removeprefix("act_"))
        if account is None or not node.startswith("act_"):
            raise no_such_object(node)
        return account

    def _campaign(self, asked: Asked) -> Campaign:
        campaign = self.stage.world.campaigns.get(asked.node)
        if campaign is None or campaign.account not in self.stage.world.accounts:
            raise no_such_object(asked.node, asked.method.lower())
        return campaign

    def _login(self, asked: Asked) -> Reply:
        params = asked.params
        if asked.node == "debug_token":
            is_short = params.get("input_token") == SHORT_LIVED
            ends = int(time.time()) + 3600 if is_short else 0
            return Reply({"data": {"app_id": APP_ID, "is_valid": True, "expires_at": ends}})
        if asked.node == "dialog":
            query = urlencode({"code": CODE, "state": params.get("state", "")})
            return Reply("", 302, {"Location": f"{params.get('redirect_uri')}?{query}"})
        if (params.get("client_id"), params.get("client_secret")) != (APP_ID, APP_SECRET):
            raise Refusal(101, "Error validating client secret.")
        if params.get("grant_type") == "fb_exchange_token":
            if (given := params.get("fb_exchange_token")) != SHORT_LIVED:
                raise Refusal(190, f"Invalid OAuth access token {given}")
            token, seconds = self.stage.world.settings.secret, SIXTY_DAYS
        else:
            if params.get("code") != CODE:
                raise Refusal(100, "This authorization code has been used.", subcode=36009)
            token, seconds = SHORT_LIVED, 3600
        return Reply({"access_token": token, "token_type": "bearer", "expires_in": seconds})


def _as_it_is(row: nodes.Row) -> nodes.Row:
    return row
