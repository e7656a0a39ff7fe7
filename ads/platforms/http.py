"""HTTP for connectors: one deadline for all that a call asks, and errors that name no address.

The library is ``requests``: it honours the machine's proxies and certificates, and Google's
packages bring it anyway. What it would do unasked is switched off here: it takes passwords from
``.netrc``, follows redirects, and its timeouts begin anew with each packet.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ads.platforms.interface import Unreachable, UnreadableAnswer

_CHUNK: Final = 65_536
_SERVER_ERROR: Final = 500


class Deadline:
    """The instant until which a call may last."""

    def __init__(self, timeout: timedelta) -> None:
        self._ends = time.monotonic() + timeout.total_seconds()

    def left(self, platform: str) -> float:
        """Seconds left, more than 0.

        Raises:
            Unreachable: there are none.
        """
        if (left := self._ends - time.monotonic()) <= 0:
            raise Unreachable(f"{platform} did not answer in time.")
        return left

    def sleep(self, seconds: float) -> bool:
        """Sleep, if there is time; whether there was."""
        if self._ends - time.monotonic() <= seconds:
            return False
        time.sleep(seconds)
        return True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered. ``headers`` finds names in any case."""

    platform: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; numbers with a fraction as Decimal.

        Raises:
            Unreachable: it is the page of a server that is down.
            UnreadableAnswer: it is anything else.
        """
        try:
            return json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            pass
        if self.status >= _SERVER_ERROR:
            raise Unreachable(f"{self.platform} is not available (HTTP {self.status}).")
        shown = f"an empty answer (HTTP {self.status})" if not self.body else "no JSON"
        raise UnreadableAnswer(
            f"{self.platform} sent {shown}.",
            remedy="If this continues, check whether a proxy is answering instead.",
        )


class Bearer(AuthBase):
    """The token as a header. An object, so that no password of ``.netrc`` takes its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class NoAuth(AuthBase):
    """No token, and no password of ``.netrc`` either."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class Client:
    """Connections to one platform, named in errors as ``platform``.

    ``is_near``: it is a stand-in on this machine, to which no proxy leads.
    """

    def __init__(self, platform: str, *, is_near: bool = False) -> None:
        self._platform = platform
        self._session = requests.Session()
        self._session.trust_env = not is_near

    def ask(
        self,
        method: str,
        address: str,
        deadline: Deadline,
        *,
        auth: AuthBase | None = None,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, with fields of a ``form`` or ``content`` as JSON, and read the answer.

        Raises:
            Unreachable: no answer, or half of one.
        """
        left = deadline.left(self._platform)
        try:
            with self._session.request(
                method,
                address,
                params=params,
                data=form,
                json=content,
                headers=headers,
                auth=auth or NoAuth(),
                timeout=left,
                stream=True,
                allow_redirects=False,
            ) as response:
                body = bytearray()
                # What has arrived. `iter_content` waits until a chunk is full, whatever it takes.
                while part := response.raw.read1(_CHUNK, decode_content=True):
                    body += part
                    deadline.left(self._platform)
                return Answer(self._platform, response.status_code, response.headers, bytes(body))
        except (requests.Timeout, ReadTimeoutError):
            raise Unreachable(f"{self._platform} did not answer in time.") from None
        except HTTPError:
            raise Unreachable(f"{self._platform}'s answer broke off.") from None
        except requests.RequestException as error:
            # The library's own text has the address, and with it what must not be shown.
            raise Unreachable(
                f"{self._platform} cannot be reached ({type(error).__name__}).",
                remedy="Check the machine's connection to the internet and its proxy.",
            ) from None

    def close(self) -> None:
        self._session.close()
