"""Steering a stand-in: an HTTP API on loopback that tests and people use.

    GET    /state                    clock, settings, accounts, campaigns, switches, counts of calls
    GET    /costs?since=&until=      what is true (or, with reported=1, what the platform says), by
           [&as_of=&by_hour=1        campaign and day (and hour), amounts as text
            &campaign=&reported=1]
    POST   /world                    {"name": "demo"} or {"world": {…}}: another world, no faults
    POST   /faults                   [{"kind": …, "call": …, …}, …]: more faults
    DELETE /faults                   none any more
    POST   /clock                    {"at": …}, {"advance": seconds} or {"at": null} (real time)
    POST   /settings                 some of the world's settings
    PUT    /accounts                 an account, new or in place of the one with its ID
    POST   /accounts/ID              some of its fields, such as {"state": "suspended"}
    DELETE /accounts/ID              it vanishes
    PUT    /campaigns                a campaign; POST and DELETE /campaigns/ID as with accounts
    POST   /campaigns/ID             {"is_on": …} is a switch by hand, {"is_removed": true} removes
    POST   /campaigns/ID/restate     {"date": …, "amount": …, "hour": …, "at": …}
    POST   /shared_budgets           {ID: amount, …}

What is not understood is answered with 400 and a sentence.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from stand_ins.faults import Fault
from stand_ins.http import Reply, Request, Server
from stand_ins.stage import WORLD, Stage
from stand_ins.world import Account, Campaign, Restatement, Settings
from stand_ins.worlds import named

_FAULTS = TypeAdapter(list[Fault])
_ACCOUNT = TypeAdapter(Account)
_CAMPAIGN = TypeAdapter(Campaign)
_SETTINGS = TypeAdapter(Settings)
_RESTATEMENT = TypeAdapter(Restatement)
_BUDGETS = TypeAdapter(dict[str, Decimal])
_INSTANT = TypeAdapter(datetime)

Thing = TypeVar("Thing", Account, Campaign, Settings)


class Misunderstood(ValueError):
    """A request that makes no sense: the sentence to answer."""


def serve(stage: Stage, port: int) -> Server:
    """Answer requests of people and tests."""
    return Server(lambda request: answer(stage, request), port)


def answer(stage: Stage, request: Request) -> Reply:
    with stage.lock:
        try:
            reply = _answer(stage, request)
        except (ValidationError, Misunderstood, ValueError) as error:
            return Reply({"error": str(error)}, 400)
        except KeyError as error:
            return Reply({"error": f"There is no {error}."}, 404)
        if request.method != "GET":
            stage.save()
        return Reply(reply)


def _answer(stage: Stage, request: Request) -> Any:
    parts = request.path.strip("/").split("/")
    match request.method, *parts:
        case "GET", "state":
            return _state(stage)
        case "GET", "costs":
            return _costs(stage, request.query)
        case "POST", "world":
            asked = request.json()
            given = "world" in asked
            stage.world = (
                WORLD.validate_python(asked["world"])
                if given
                else named(asked["name"], stage.platform)
            )
            stage.faults.waiting, stage.faults.calls = [], Counter()
        case "POST", "faults":
            stage.faults.waiting += _FAULTS.validate_json(request.body)
        case "DELETE", "faults":
            stage.faults.waiting.clear()
        case "POST", "clock":
            _set_clock(stage, request.json())
        case "POST", "settings":
            stage.world.settings = _changed(_SETTINGS, stage.world.settings, request.json())
        case "POST", "shared_budgets":
            stage.world.shared_budgets |= _BUDGETS.validate_json(request.body)
        case _, ("accounts" | "campaigns"), *_:
            _change_a_thing(stage, request, parts)
        case _:
            raise KeyError(f"{request.method} {request.path}")
    return {"now": stage.world.now().isoformat()}


def _state(stage: Stage) -> Any:
    world = stage.world
    return {
        **WORLD.dump_python(world, mode="json"),
        "now": world.now().isoformat(),
        "calls": dict(stage.faults.calls),
        "faults": [asdict(fault) for fault in stage.faults.waiting],
        "serving": [each.id for each in world.campaigns.values() if world.is_serving(each)],
    }


def _costs(stage: Stage, query: Mapping[str, str]) -> Any:
    world = stage.world
    campaigns = [
        campaign
        for campaign in world.campaigns.values()
        if query.get("campaign") in {None, campaign.id}
    ]
    since, until = (date.fromisoformat(query[name]) for name in ("since", "until"))
    by_hour = query.get("by_hour") == "1"
    if query.get("reported") == "1":
        rows = world.reported(campaigns, since, until, by_hour=by_hour)
    else:
        as_of = _INSTANT.validate_python(query["as_of"]) if "as_of" in query else world.now()
        rows = world.costs(campaigns, since, until, as_of=as_of, by_hour=by_hour)
    return [
        {
            "campaign": row.campaign,
            "date": row.date.isoformat(),
            "hour": row.hour,
            "amount": f"{row.amount:f}",
        }
        for row in rows
    ]


def _set_clock(stage: Stage, asked: Mapping[str, Any]) -> None:
    world = stage.world
    if "advance" in asked:
        world.clock = world.now() + timedelta(seconds=asked["advance"])
    else:
        at = asked["at"]
        world.clock = None if at is None else _INSTANT.validate_python(at).astimezone(UTC)


def _change_a_thing(stage: Stage, request: Request, parts: list[str]) -> None:
    world = stage.world
    match request.method, *parts:
        case "PUT", "accounts":
            account = _ACCOUNT.validate_json(request.body)
            world.accounts[account.id] = account
        case "POST", "accounts", account_id:
            changed = _changed(_ACCOUNT, world.accounts[account_id], request.json())
            world.accounts[account_id] = changed
            for campaign in world.campaigns_of(account_id):
                world.settle(campaign)
        case "DELETE", "accounts", account_id:
            del world.accounts[account_id]
        case "PUT", "campaigns":
            world.add(_CAMPAIGN.validate_json(request.body))
        case "POST", "campaigns", campaign_id:
            asked = request.json()
            campaign = _changed(_CAMPAIGN, world.campaigns[campaign_id], asked)
            world.campaigns[campaign_id] = campaign
            if "is_on" in asked:
                world.switch(campaign, campaign.is_on, "by hand")
            world.settle(campaign)
        case "DELETE", "campaigns", campaign_id:
            del world.campaigns[campaign_id]
        case "POST", "campaigns", campaign_id, "restate":
            asked = {"at": world.now(), **request.json()}
            said = _RESTATEMENT.validate_python(asked)
            world.campaigns[campaign_id].restatements.append(said)
        case _:
            raise KeyError(f"{request.method} {request.path}")


def _changed(kind: TypeAdapter[Thing], thing: Thing, changes: Mapping[str, Any]) -> Thing:
    known = {each.name for each in fields(thing)}
    if unknown := set(changes) - known:
        raise Misunderstood(f"{', '.join(sorted(unknown))}: not among {', '.join(sorted(known))}.")
    return kind.validate_python({**asdict(thing), **changes})
