"""The gRPC server: which method is which call, who may, and what goes wrong."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
from google.ads.googleads.v26.services.types import (
    campaign_budget_service,
    campaign_service,
    customer_service,
    google_ads_service,
)

from stand_ins.faults import Call, Fault
from stand_ins.google_ads import certificate, gaql, mutates, rows
from stand_ins.google_ads.failures import VERSION, Refusal, abort, partial
from stand_ins.google_ads.oauth import CLIENT_ID, CLIENT_SECRET, OAuth
from stand_ins.stage import Stage

_METHOD = re.compile(r"/google\.ads\.googleads\.(v[0-9]+)\.services\.(\w+)/(\w+)")
_ROWS = 10_000
_THREADS = 64
_CODES = grpc.StatusCode


def start(stage: Stage, port: int) -> "GoogleAdsServer":
    """Answer on loopback until closed: gRPC at the port, OAuth at the next (or at any, with 0)."""
    return GoogleAdsServer(stage, port)


class GoogleAdsServer:
    def __init__(self, stage: Stage, port: int) -> None:
        files = certificate.files()
        self._oauth = OAuth(stage, files, port + 1 if port else 0)
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS), handlers=[Methods(stage, self._oauth)]
        )
        credentials = grpc.ssl_server_credentials([(files.key, files.certificate)])
        port = self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
        self._server.start()
        self.addresses: Mapping[str, str] = {
            "address": f"127.0.0.1:{port},{self._oauth.server.address}",
            "roots": str(files.roots),
            "service_account": str(files.service_account),
            "refresh_token": stage.world.settings.secret,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def close(self) -> None:
        self._oauth.server.close()
        self._server.stop(grace=None)


class Methods(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpc has no published types
    """Finds the handler of a method by its name."""

    def __init__(self, stage: Stage, oauth: OAuth) -> None:
        self._stage = stage
        self._oauth = oauth

    def service(self, details: Any) -> Any:
        """The handler; None is answered with UNIMPLEMENTED."""
        if (found := _METHOD.fullmatch(details.method)) is None:
            return None
        version, service, name = found.groups()
        if version != VERSION:
            return grpc.unary_unary_rpc_method_handler(_old_version)
        if (service, name) == ("GoogleAdsService", "SearchStream"):
            return grpc.unary_stream_rpc_method_handler(
                self._search_stream,
                google_ads_service.SearchGoogleAdsStreamRequest.deserialize,
                google_ads_service.SearchGoogleAdsStreamResponse.serialize,
            )
        handlers: dict[tuple[str, str], tuple[Callable[..., Any], Any, Any]] = {
            ("GoogleAdsService", "Search"): (
                self._search,
                google_ads_service.SearchGoogleAdsRequest,
                google_ads_service.SearchGoogleAdsResponse,
            ),
            ("CustomerService", "ListAccessibleCustomers"): (
                self._accessible,
                customer_service.ListAccessibleCustomersRequest,
                customer_service.ListAccessibleCustomersResponse,
            ),
            ("CampaignService", "MutateCampaigns"): (
                self._mutate_campaigns,
                campaign_service.MutateCampaignsRequest,
                campaign_service.MutateCampaignsResponse,
            ),
            ("CampaignBudgetService", "MutateCampaignBudgets"): (
                self._mutate_budgets,
                campaign_budget_service.MutateCampaignBudgetsRequest,
                campaign_budget_service.MutateCampaignBudgetsResponse,
            ),
        }
        if (service, name) not in handlers:
            return None
        handler, request, response = handlers[service, name]
        return grpc.unary_unary_rpc_method_handler(handler, request.deserialize, response.serialize)

    def _begin(self, call: Call, context: Any, *, operations: int = 1) -> Fault | None:
        """Count a call and let its fault happen; returns those that spoil the answer."""
        stage = self._stage
        stage.take_time()
        with stage.lock:
            fault = stage.faults.take(call)
            stage.faults.calls["operations"] += operations
            is_revoked = stage.world.settings.is_revoked
        kind = fault.kind if fault else ""
        if fault and kind == "timeout":
            ended = threading.Event()
            context.add_callback(ended.set)
            ended.wait(fault.seconds)
            context.abort(_CODES.DEADLINE_EXCEEDED, "Deadline exceeded.")
        if kind == "html_502":
            context.abort(_CODES.UNAVAILABLE, "Received http2 header with status: 502")
        if kind == "not_json":
            context.abort(_CODES.UNKNOWN, "Stream removed")
        if fault and kind == "quota":
            code = fault.code or "quota_error.RESOURCE_EXHAUSTED"
            wait = timedelta(seconds=fault.seconds)
            abort(context, [Refusal(code, "Too many requests.", retry_after=wait)])
        if kind == "server_error":
            abort(context, [Refusal("internal_error.TRANSIENT_ERROR", "Try again later.")])
        if is_revoked or (fault and kind == "revoked"):
            code = (fault and fault.code) or "authentication_error.OAUTH_TOKEN_REVOKED"
            shown = _header(context, "authorization"), _header(context, "developer-token")
            abort(context, [Refusal(code, f"Refused: {' '.join(shown)}.")])  # as no server should
        token = _header(context, "authorization").removeprefix("Bearer ")
        if token not in self._oauth.tokens:
            code = "authentication_error.OAUTH_TOKEN_INVALID"
            abort(context, [Refusal(code, "The token is invalid.")])
        return fault

    def _search_stream(self, request: Any, context: Any) -> Iterator[Any]:
        messages, fault = self._rows(request, context)
        kind = fault.kind if fault else ""
        if kind == "empty_body":
            context.abort(_CODES.INTERNAL, "No message returned.")
        if kind == "empty_page":
            yield google_ads_service.SearchGoogleAdsStreamResponse()
        if kind in {"half", "lost"}:
            messages = messages[: len(messages) // 2]
        size = self._stage.world.settings.page_size or _ROWS
        for first in range(0, len(messages), size):
            answer = google_ads_service.SearchGoogleAdsStreamResponse()
            some = messages[first : first + size]
            google_ads_service.SearchGoogleAdsStreamResponse.pb(answer).results.extend(some)
            yield answer
        if kind in {"half", "lost"}:
            context.abort(_CODES.UNAVAILABLE, "Connection reset by peer")

    def _search(self, request: Any, context: Any) -> Any:
        if request.page_size:
            abort(
                context,
                [Refusal("request_error.PAGE_SIZE_NOT_SUPPORTED", "Pages have 10000 rows.")],
            )
        messages, fault = self._rows(request, context)
        _lose(fault, context)
        token = request.page_token
        if token and not token.isdigit():
            abort(context, [Refusal("request_error.INVALID_PAGE_TOKEN", "The token is invalid.")])
        first, size = int(token or 0), self._stage.world.settings.page_size or _ROWS
        some = messages[first : first + size]
        if fault and fault.kind == "empty_page":
            some, first = [], first - size
        answer = google_ads_service.SearchGoogleAdsResponse()
        google_ads_service.SearchGoogleAdsResponse.pb(answer).results.extend(some)
        if first + size < len(messages):
            answer.next_page_token = str(first + size)
        return answer

    def _rows(self, request: Any, context: Any) -> tuple[list[Any], Fault | None]:
        try:
            query = gaql.read(request.query)
        except Refusal as refusal:
            self._begin("campaigns", context)
            abort(context, [refusal])
        fault = self._begin(_call_of(query), context)
        has_unknown = fault is not None and fault.kind == "unknown_enum"
        try:
            with self._stage.lock:
                customer = self._customer(request, context)
                found = rows.answer(self._stage.world, customer, query)
        except Refusal as refusal:
            abort(context, [refusal])
        return [rows.message(row, query, has_unknown=has_unknown) for row in found], fault

    def _customer(self, request: Any, context: Any) -> rows.Customer:
        login = _header(context, "login-customer-id")
        return rows.find_customer(self._stage.world, request.customer_id, login)

    def _accessible(self, _request: Any, context: Any) -> Any:
        _lose(self._begin("accounts", context), context)
        with self._stage.lock:
            world = self._stage.world
            alone = [account.id for account in world.accounts.values() if not account.parent]
            names = [f"customers/{number}" for number in (*rows.managers(world), *sorted(alone))]
        return customer_service.ListAccessibleCustomersResponse(resource_names=names)

    def _mutate_campaigns(self, request: Any, context: Any) -> Any:
        results, error = self._mutate("switch", mutates.CAMPAIGNS, request, context)
        return campaign_service.MutateCampaignsResponse(
            results=results, partial_failure_error=error
        )

    def _mutate_budgets(self, request: Any, context: Any) -> Any:
        results, error = self._mutate("set_cap", mutates.BUDGETS, request, context)
        return campaign_budget_service.MutateCampaignBudgetsResponse(
            results=results, partial_failure_error=error
        )

    def _mutate(
        self, call: Call, kind: mutates.Kind, request: Any, context: Any
    ) -> tuple[list[dict[str, str]], Any]:
        operations = type(request).pb(request).operations
        fault = self._begin(call, context, operations=len(operations))
        stage = self._stage
        refused: dict[str, str] = {}
        if fault and fault.kind == "partial":
            first = operations[0].update.resource_name.rpartition("/")[2]
            code = fault.code or "mutate_error.MUTATE_NOT_ALLOWED"
            refused = dict.fromkeys(fault.ids or [first], code)
        try:
            with stage.lock:
                names, refusals = mutates.mutate(
                    stage.world,
                    self._customer(request, context),
                    kind,
                    operations,
                    refused=refused,
                    changes=not request.validate_only,
                    is_partial=request.partial_failure,
                )
                stage.save()
        except Refusal as refusal:
            abort(context, [refusal])
        if refusals and not request.partial_failure:
            abort(context, refusals)
        _lose(fault, context)
        if request.validate_only:
            names = []
        results = [{"resource_name": name} for name in names]
        return results, partial(refusals) if refusals else None


def _call_of(query: gaql.Query) -> Call:
    """What the product wants with a query."""
    if query.has_metrics:
        return "costs" if query.resource == "campaign" else "totals"
    if query.resource != "campaign":
        return "accounts"
    is_one = any(condition.field == "campaign.id" for condition in query.conditions)
    return "read_back" if is_one else "campaigns"


def _lose(fault: Fault | None, context: Any) -> None:
    """The answer to what has been done does not arrive."""
    if fault and fault.kind in {"half", "lost"}:
        context.abort(_CODES.UNAVAILABLE, "Connection reset by peer")
    if fault and fault.kind == "empty_body":
        context.abort(_CODES.INTERNAL, "No message returned for unary request")


def _header(context: Any, name: str) -> str:
    return str(dict(context.invocation_metadata()).get(name, ""))


def _old_version(_request: bytes, context: Any) -> bytes:
    abort(context, [Refusal("request_error.UNSUPPORTED_VERSION", "The version is deprecated.")])
