"""The server: which address is which operation, who may, and what goes wrong."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stand_ins.faults import Call, Fault
from stand_ins.http import Reply, Request, Server, before_it_is_done, spoiled
from stand_ins.microsoft_ads import campaigns, oauth, reports
from stand_ins.microsoft_ads.errors import Refusal, expired, invalid, not_accepted, not_allowed
from stand_ins.stage import Stage
from stand_ins.world import Account

DEVELOPER_TOKEN = "STANDIN00DEVELOPER"  # noqa: S105 - opens nothing
_CAMPAIGNS = "/CampaignManagement/v13/Campaigns"
_CALLS: Mapping[tuple[str, str], Call] = {
    ("POST", "/CustomerManagement/v13/User/Query"): "accounts",
    ("POST", "/CustomerManagement/v13/Accounts/Search"): "accounts",
    ("POST", f"{_CAMPAIGNS}/QueryByAccountId"): "campaigns",
    ("POST", f"{_CAMPAIGNS}/QueryByIds"): "read_back",
    ("PUT", _CAMPAIGNS): "switch",
    ("POST", "/Reporting/v13/GenerateReport/Submit"): "report_submit",
    ("POST", "/Reporting/v13/GenerateReport/Poll"): "report_poll",
    ("POST", f"{oauth.PATH}/token"): "token",
}


@dataclass(slots=True)
class MicrosoftAdsStandIn:
    stage: Stage
    server: Server

    @property
    def addresses(self) -> Mapping[str, str]:
        return {
            "address": self.server.address,
            "developer_token": DEVELOPER_TOKEN,
            "client_id": oauth.CLIENT_ID,
            "client_secret": oauth.CLIENT_SECRET,
            "refresh_token": self.stage.world.settings.secret,
        }

    def close(self) -> None:
        self.server.close()


def start(stage: Stage, port: int) -> MicrosoftAdsStandIn:
    """Answer on a port of loopback; 0: any that is free."""
    routes = Routes(stage)
    server = Server(routes.answer, port)
    routes.reports.address = server.address
    return MicrosoftAdsStandIn(stage, server)


class Routes:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.oauth = oauth.OAuth(stage)
        self.reports = reports.Reports(stage)

    def answer(self, request: Request) -> Reply:
        call = _call(request)
        self.stage.take_time()
        with self.stage.lock:
            fault = self.stage.faults.take(call) if call else None
        if reply := before_it_is_done(fault, self.stage.is_closing):
            return reply
        try:
            with self.stage.lock:
                _refuse(fault, call)
                reply = self._done(request, fault)
                self.stage.save()
        except Refusal as refusal:
            reply = refusal.reply(of_sign_in=request.path.startswith(oauth.PATH))
        if fault and fault.kind == "half" and fault.code:
            return reply
        return spoiled(fault, reply)

    def _done(self, request: Request, fault: Fault | None) -> Reply:
        if request.path == f"{oauth.PATH}/authorize":
            return self.oauth.page(request)
        if request.path == f"{oauth.PATH}/token":
            return self.oauth.token(request)
        if request.path.startswith(reports.PATH):
            return self.reports.download(request, fault)
        if _call(request) is None:
            return Reply("", 404)
        if "developertoken" not in request.headers:
            raise invalid("A header is missing.", 116, "RequestMissingHeaders")
        if request.headers["developertoken"] != DEVELOPER_TOKEN:
            raise not_accepted(request.headers["developertoken"])
        self.oauth.check(request)
        try:
            content = request.json()
        except ValueError:
            raise invalid("The request message is null.") from None
        return Reply(self._operation(request, content, fault))

    def _operation(self, request: Request, content: Any, fault: Fault | None) -> Any:
        world = self.stage.world
        operation = request.path.rpartition("/")[2]
        if operation == "Query":
            return campaigns.user(content)
        if operation == "Search":
            return campaigns.search(self.stage, content, fault)
        account = self._account(request, content)
        if operation == "Submit":
            return self.reports.submit(account, content, fault)
        if operation == "Poll":
            return self.reports.poll(account, content, fault)
        operations = {
            "QueryByAccountId": campaigns.query_by_account,
            "QueryByIds": campaigns.query_by_ids,
            "Campaigns": campaigns.update,
        }
        return operations[operation](world, account, content, fault)

    def _account(self, request: Request, content: Any) -> Account:
        """The account of the headers, which is that of the body, and the user's."""
        ids = [request.headers.get(name) for name in ("customeraccountid", "customerid")]
        if not all(ids):
            raise invalid("A header is missing.", 116, "RequestMissingHeaders")
        account = self.stage.world.accounts.get(str(ids[0]))
        if account is None or (account.parent or campaigns.USER) != ids[1]:
            raise not_allowed()
        if isinstance(content, Mapping) and content.get("AccountId", account.id) != account.id:
            raise invalid("Not that of the header.", 1102, "CampaignServiceInvalidAccountId")
        return account


def _call(request: Request) -> Call | None:
    if request.path.startswith(reports.PATH):
        return "report_download"
    call = _CALLS.get((request.method, request.path))
    return "set_cap" if call == "switch" and _sets_a_budget(request) else call


def _sets_a_budget(request: Request) -> bool:
    try:
        return any("DailyBudget" in each for each in request.json()["Campaigns"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return False


def _refuse(fault: Fault | None, call: Call | None) -> None:
    """Faults in which Microsoft itself says no."""
    match fault.kind if fault else "":
        case "quota" if call == "token":
            raise Refusal(0, "temporarily_unavailable", "AADSTS90033: try later.", status=429)
        case "quota":
            assert fault  # noqa: S101 - it has a kind
            code = int(fault.code or (207 if call == "report_submit" else 117))
            name = {117: "CallRateExceeded", 207: "ConcurrentRequestOverLimit"}.get(code, "")
            raise Refusal(code, name, "Too many requests.", status=429)
        case "revoked" if call == "token":
            raise Refusal(0, "invalid_grant", "AADSTS50173: The grant was revoked.")
        case "revoked":
            assert fault  # noqa: S101 - it has a kind
            raise expired() if fault.code == "109" else not_accepted("revoked")
        case "server_error" if call == "token":
            raise Refusal(0, "server_error", "AADSTS90036: An error occurred.", status=500)
        case "server_error" if call != "report_poll":
            raise Refusal(0, "InternalError", "An internal error has occurred.", status=500)
