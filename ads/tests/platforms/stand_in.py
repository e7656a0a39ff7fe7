"""A stand-in for a platform, as a process of its own: started once, with another world each test.

@pytest.fixture(scope="module")
def process() -> Iterator[StandIn]:
    with StandIn.started("meta_ads") as stand_in:
        yield stand_in

@pytest.fixture
def meta(process: StandIn) -> StandIn:
    process.reset(world(...))
    return process
"""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from django.conf import settings
from pydantic import TypeAdapter

from stand_ins.world import World

_WORLD = TypeAdapter(World)
_PATIENCE = 60  # seconds until a request is given up


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in.

    ``addresses`` has at least ``address``, where the platform answers, and ``control``.
    """

    platform: str
    addresses: Mapping[str, str]

    @classmethod
    @contextlib.contextmanager
    def started(cls, platform: str, *options: str) -> Iterator["StandIn"]:
        """A stand-in that runs as long as the context does, with an empty world."""
        process = subprocess.Popen(
            [sys.executable, "-m", "stand_ins", platform, "--world", "empty", *options],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        with process:  # which closes its input at the end, and so ends it
            said = json.loads(process.stdout.readline())
            if "roots" in said:  # gRPC reads the file once, with the first connection of a process
                os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = said["roots"]
            yield cls(said.pop("platform"), said)

    @property
    def address(self) -> str:
        """Where the platform answers."""
        return self.addresses["address"]

    def reset(self, world: World | str) -> None:
        """Another world (or one by name), without faults and with no call counted."""
        named = isinstance(world, str)
        self.post("/world", {"name": world} if named else {"world": _dumped(world)})

    def fault(self, kind: str, call: str = "*", **options: Any) -> None:
        """One more thing that goes wrong; see :class:`stand_ins.faults.Fault`."""
        self.post("/faults", [{"kind": kind, "call": call, **options}])

    def set_clock(self, at: datetime) -> None:
        """The instant it is there from now on, until the clock is set or advanced again."""
        self.post("/clock", {"at": at.isoformat()})

    def advance(self, seconds: int) -> None:
        """Let time pass there."""
        self.post("/clock", {"advance": seconds})

    def configure(self, **changes: Any) -> None:
        """Change settings of the world; see :class:`stand_ins.world.Settings`."""
        self.post("/settings", changes)

    def state(self) -> Any:
        """All of the world, and the counts of calls."""
        return self._ask("GET", "/state")

    def calls(self) -> Mapping[str, int]:
        """How often each kind of call has been made."""
        calls: Mapping[str, int] = self.state()["calls"]
        return calls

    def serving(self) -> set[str]:
        """The campaigns that deliver."""
        return set(self.state()["serving"])

    def costs(
        self,
        since: date,
        until: date,
        *,
        as_of: datetime | None = None,
        by_hour: bool = False,
        reported: bool = False,
        campaign: str | None = None,
    ) -> Mapping[tuple[str, date, int | None], Decimal]:
        """What is true as of an instant, or what the platform says, by campaign, day and hour."""
        query = {"since": since.isoformat(), "until": until.isoformat()}
        query |= {"as_of": as_of.isoformat()} if as_of else {}
        query |= {"by_hour": "1"} if by_hour else {}
        query |= {"reported": "1"} if reported else {}
        query |= {"campaign": campaign} if campaign else {}
        return {
            (row["campaign"], date.fromisoformat(row["date"]), row["hour"]): Decimal(row["amount"])
            for row in self._ask("GET", f"/costs?{urlencode(query)}")
        }

    def post(self, path: str, content: Any) -> Any:
        """POST to the API that steers it."""
        return self._ask("POST", path, content)

    def put(self, path: str, content: Any) -> Any:
        """PUT to it."""
        return self._ask("PUT", path, content)

    def delete(self, path: str) -> Any:
        """DELETE there."""
        return self._ask("DELETE", path)

    def _ask(
        self, method: str, path: str, content: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(self.addresses["control"] + path, body, method=method)  # noqa: S310 - HTTP on loopback
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error


def _dumped(world: World | str) -> Any:
    assert isinstance(world, World)
    return _WORLD.dump_python(world, mode="json")
