"""Messages that are no tasks: each of them ended a worker, or made it wait forever, unguarded."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any


def message() -> dict[str, Any]:
    """A task as Celery sends it."""
    return {
        "body": b64encode(b"[[], {}, {}]").decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": "ads.tasks.enforce_dayparting",
            "id": "no-task",
            "root_id": "no-task",
            "retries": 0,
            "timelimit": [None, None],
            "eta": None,
            "expires": None,
        },
        "properties": {
            "correlation_id": "no-task",
            "reply_to": "nobody",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "enforcement"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": "no-task",
        },
    }


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    one = message()
    change(one)
    return json.dumps(one).encode()


def with_body(body: bytes) -> bytes:
    return changed(lambda one: one.update(body=b64encode(body).decode()))


def without(*path: str) -> bytes:
    def remove(one: dict[str, Any]) -> None:
        for name in path[:-1]:
            one = one[name]
        del one[path[-1]]

    return changed(remove)


def with_header(**headers: Any) -> bytes:
    return changed(lambda one: one["headers"].update(headers))


def with_property(**properties: Any) -> bytes:
    return changed(lambda one: one["properties"].update(properties))


NO_TASKS = {
    "no text": b"\xff\xfe\x00garbage",
    "no JSON": b"hello",
    "nothing": b"",
    "a number": b"42",
    "a list": b"[1, 2]",
    "null": b"null",
    "an empty object": b"{}",
    "a thousand brackets": b"[" * 100_000,
    "an object of an unknown type": b'{"__type__": "nobody", "__value__": 1}',
    "no body": without("body"),
    "a body that is a number": changed(lambda one: one.update(body=5)),
    "a body that is no base64": changed(lambda one: one.update(body="%%%%")),
    "a body that is empty": with_body(b""),
    "a body that is no text": with_body(b"\xff\xfe"),
    "a body that is no JSON": with_body(b"{nope"),
    "a body that is null": with_body(b"null"),
    "a body without arguments": with_body(b"[1]"),
    "arguments that are text": with_body(b'["x", {}, {}]'),
    "a body of brackets": with_body(b"[" * 100_000),
    "no headers": without("headers"),
    "headers in a list": changed(lambda one: one.update(headers=[1])),
    "no id": without("headers", "id"),
    "an id in a list": with_header(id=[5]),
    "no task": without("headers", "task"),
    "a task in a list": with_header(task=["a"]),
    "a time limit in words": with_header(timelimit="soon"),
    "three time limits": with_header(timelimit=[1, 2, 3]),
    "time limits in letters": with_header(timelimit=["a", "b"]),
    "stamps that are a number": with_header(stamped_headers=5, stamps=7),
    "an expiry of no time": with_header(expires={"__type__": "datetime", "__value__": "soon"}),
    "an expiry in words": with_header(expires="soon"),
    "no content type": without("content-type"),
    "pickle": changed(lambda one: one.update({"content-type": "application/x-python-serialize"})),
    "an encoding that is a number": changed(lambda one: one.update({"content-encoding": 5})),
    "no properties": without("properties"),
    "no delivery tag": without("properties", "delivery_tag"),
    "a delivery tag in a list": with_property(delivery_tag=[5]),
    "delivery information in words": with_property(delivery_info="x"),
    "an unknown encoding of the body": with_property(body_encoding="zip"),
}

#: Celery refuses these by itself.
REFUSED_BY_CELERY = {
    "an unknown task": with_header(task="nobody.knows", id="unknown"),
    "arguments that it does not take": with_body(b'[[1, 2, 3], {"x": 1}, {}]'),
}
