"""Keeping what is sent to channels away from private addresses.

Whoever may enter a channel's address could otherwise have this machine ask others that only it can
reach. Names are looked up when the connection is made, and redirects make connections too, so that
is where it is decided: inside :func:`guarded`, ``socket.getaddrinfo`` gives public addresses only.
urllib3 and smtplib connect to what it gives, and to nothing else.
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

_look_up: Final = socket.getaddrinfo


class PrivateAddress(OSError):
    """The host has no public address; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "The host is a private address, which is refused. If it is meant, have "
            "ALERTS_TO_PRIVATE_ADDRESSES=true set."
        )


def is_public(address: str) -> bool:
    """Does the IP address lead to the internet? Also those that wrap one of version 4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
        if ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not ip.is_multicast


_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


@dataclass(slots=True)
class Guard:
    """What the guard of one thread has seen."""

    #: Was something refused?
    has_refused: bool = False


_guard: ContextVar[Guard | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(*, is_on: bool) -> Iterator[Guard]:
    """Inside, this thread connects to public addresses only, if ``is_on``."""
    guard = Guard()
    token = _guard.set(guard if is_on else None)
    try:
        yield guard
    finally:
        _guard.reset(token)


def _public_only(*args: Any, **kwargs: Any) -> list[Any]:
    found = _look_up(*args, **kwargs)
    guard = _guard.get()
    if guard is None:
        return found
    public = [one for one in found if is_public(str(one[4][0]))]
    if not public:
        guard.has_refused = True
        raise PrivateAddress
    return public


socket.getaddrinfo = _public_only
