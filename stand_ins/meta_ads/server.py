"""The Graph API of the stand-in over HTTP: tokens, batches, faults, quotas."""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stand_ins.faults import Call, Fault
from stand_ins.http import Reply, Request, Server, before_it_is_done, spoiled
from stand_ins.meta_ads.errors import Refusal, invalid
from stand_ins.meta_ads.routes import APP_ID, APP_SECRET, SHORT_LIVED, VERSION, Asked, Routes
from stand_ins.stage import Stage

MOST_PARTS = 50
_LOGIN = {f"/{VERSION}/oauth/access_token", f"/{VERSION}/dialog/oauth"}


@dataclass(slots=True)
class MetaAdsStandIn:
    stage: Stage
    routes: Routes
    server: Server

    @property
    def addresses(self) -> Mapping[str, str]:
        return {
            "address": self.server.address,
            "access_token": self.stage.world.settings.secret,
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
        }

    def close(self) -> None:
        self.server.close()


def start(stage: Stage, port: int) -> MetaAdsStandIn:
    """Answer on a port of loopback; 0: any that is free."""
    routes = Routes(stage)
    server = Server(lambda request: answer(routes, request), port)
    routes.address = server.address
    return MetaAdsStandIn(stage, routes, server)


def answer(routes: Routes, request: Request) -> Reply:
    """Answer a request; what happens to a batch is what happens to its first part."""
    stage = routes.stage
    stage.take_time()
    fault = None
    params = {**request.query, **(request.form() if request.method == "POST" else {})}
    try:
        is_batch = request.path == "/"
        parts = _parts(params) if is_batch else [Asked(request.method, request.path, params)]
        call = routes.call(parts[0])
        with stage.lock:
            stage.faults.calls["operations"] += len(parts)
            fault = stage.faults.take(call) if call else None
        if reply := before_it_is_done(fault, stage.is_closing):
            return reply
        with stage.lock:
            token = _token(stage, request, params, fault)
            _refuse(fault, call)
            if is_batch:
                reply = Reply([_part(routes, part, token, fault) for part in parts])
            else:
                reply = routes.reply(parts[0], token, fault.kind if fault else "")
            if request.method == "POST":
                stage.save()
    except Refusal as refusal:
        reply = refusal.reply()
    headers = {**reply.headers, **_usage(stage, request, fault)}
    return spoiled(fault, replace(reply, headers=headers))


def _parts(params: Mapping[str, str]) -> list[Asked]:
    try:
        found = [
            (part["method"], urlsplit(part["relative_url"]), part.get("body", ""))
            for part in json.loads(params["batch"])
        ]
    except (ValueError, TypeError, KeyError):
        raise invalid("Param batch must be an array.") from None
    if not 0 < len(found) <= MOST_PARTS:
        raise invalid(f"Too many requests in batch message. Maximum batch size is {MOST_PARTS}")
    return [
        Asked(method, f"/{parts.path}", dict(parse_qsl(parts.query) + parse_qsl(body)))
        for method, parts, body in found
    ]


def _part(routes: Routes, part: Asked, token: str, fault: Fault | None) -> Any:
    kind = fault.kind if fault else ""
    is_meant = fault is not None and part.node in (fault.ids or [part.node])
    if fault and kind == "partial" and is_meant:
        if fault.code == "null":  # it took too long: nothing is said of it
            return None
        reply = Refusal(int(fault.code or 100), "Invalid parameter").reply()
    else:
        try:
            reply = routes.reply(part, token, kind)
        except Refusal as refusal:
            reply = refusal.reply()
    return {
        "code": reply.status,
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "body": json.dumps(reply.body),
    }


def _token(stage: Stage, request: Request, params: Mapping[str, str], fault: Fault | None) -> str:
    if request.path in _LOGIN:
        return ""
    settings = stage.world.settings
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    token = bearer or params.get("access_token", "")
    if not token:
        raise Refusal(104, "An access token is required to request this resource.")
    if settings.is_revoked or (fault and fault.kind == "revoked"):
        raise Refusal(
            190,
            "Error validating access token: The session has been invalidated. See"
            f" https://graph.facebook.com{request.path}?access_token={token}",
            subcode=460,
        )
    if token not in {settings.secret, SHORT_LIVED}:
        raise Refusal(190, f"Invalid OAuth access token {token} - Cannot parse access token")
    if "appsecret_proof" in params:
        proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if params["appsecret_proof"] != proof:
            raise invalid("Invalid appsecret_proof provided in the API argument")
    return token


def _refuse(fault: Fault | None, call: Call | None) -> None:
    """Faults in which Meta itself says no to the whole request."""
    kind = fault.kind if fault else ""
    if fault and kind == "quota":
        code = int(fault.code or (80000 if call in {"costs", "totals"} else 80004))
        raise Refusal(code, f"(#{code}) There have been too many calls to this ad-account.")
    if kind == "server_error":
        raise Refusal(2, "Service temporarily unavailable", is_transient=True, status=500)
    if fault and kind == "too_much_data" and fault.code:
        number, _, subcode = fault.code.partition("/")
        raise Refusal(int(number), "Please try again.", subcode=int(subcode), status=500)
    if kind == "too_much_data":
        message = "Please reduce the amount of data you're asking for, then retry your request"
        raise Refusal(100, message, subcode=1487534)


def _usage(stage: Stage, request: Request, fault: Fault | None) -> Mapping[str, str]:
    minutes = math.ceil(fault.seconds / 60) if fault and fault.kind == "quota" else 0
    percent = 100 if minutes else stage.world.settings.quota_used
    node = Asked("", request.path, {}).node
    owner = node.removeprefix("act_") if node.startswith("act_") else APP_ID
    used = {"call_count": percent, "total_cputime": 1, "total_time": 1}
    cases = [
        {**used, "type": case, "estimated_time_to_regain_access": minutes}
        for case in ("ads_insights", "ads_management")
    ]
    return {
        "X-Business-Use-Case-Usage": json.dumps({owner: cases}),
        "X-App-Usage": json.dumps({**used, "call_count": 1}),
    }
