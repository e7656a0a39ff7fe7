"""Keeping what is sent to channels away from private addresses, and within its time.

Whoever may enter a channel's address could otherwise have this machine ask others that only it can
reach. Names are looked up when the connection is made, and redirects make connections too, so that
is where it is decided: inside :func:`guarded`, ``socket.getaddrinfo`` gives public addresses only,
and ``connect`` refuses others, wherever they come from.

Their timeouts are for each packet. A receiver that sends its answer byte by byte would keep a
thread for as long as it likes, so the connections themselves are cut when the time is over.
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

_look_up: Final = socket.getaddrinfo
_connect: Final = socket.socket.connect


class PrivateAddress(OSError):
    """The host has no public address; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Its host is a private address, which is refused. If it is meant, have "
            "ALERTS_TO_PRIVATE_ADDRESSES=true set."
        )


def is_public(address: str) -> bool:
    """Does the IP address lead to the internet? Also those that wrap one of version 4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
        if ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        elif any(ip in network for network in _NOT_PUBLIC):
            return False
    return ip.is_global and not ip.is_multicast


_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

#: What ``is_global`` takes for public: site-local, local NAT64, and addresses of version 4 in ways
#: of writing that are out of use.
_NOT_PUBLIC: Final = [
    ipaddress.IPv6Network(network)
    for network in ("fec0::/10", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")
]


@dataclass(slots=True)
class Guard:
    is_on: bool
    #: By the monotonic clock.
    ends: float
    #: Was something refused?
    has_refused: bool = False
    #: Copies of the connections: TLS takes the original away.
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends

    def cut(self) -> None:
        """Cut every connection, so that whoever waits for an answer fails."""
        for one in list(self.connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


_guard: ContextVar[Guard | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(*, is_on: bool, seconds: float) -> Iterator[Guard]:
    """Inside, this thread has ``seconds``, and connects to public addresses only if ``is_on``."""
    guard = Guard(is_on, time.monotonic() + seconds)
    token = _guard.set(guard)
    timer = threading.Timer(seconds, guard.cut)
    timer.daemon = True
    timer.start()
    try:
        yield guard
    finally:
        timer.cancel()
        _guard.reset(token)
        for one in guard.connections:
            one.close()


def _public_only(*args: Any, **kwargs: Any) -> list[Any]:
    found = _look_up(*args, **kwargs)
    guard = _guard.get()
    if guard is None or not guard.is_on:
        return found
    public = [one for one in found if is_public(str(one[4][0]))]
    if not public:
        guard.has_refused = True
        raise PrivateAddress
    return public


def _leads_out(address: Any) -> bool:
    """Is it a public address? A name, or a socket of this machine, was not looked up above."""
    try:
        return is_public(address[0])
    except ValueError:
        return False


def _public_and_in_time(connection: socket.socket, address: Any) -> None:
    guard = _guard.get()
    if guard is None:
        return _connect(connection, address)
    if guard.is_on and not _leads_out(address):
        guard.has_refused = True
        raise PrivateAddress
    guard.connections.append(socket.fromfd(connection.fileno(), connection.family, connection.type))
    if not guard.is_over:
        _connect(connection, address)
    if guard.is_over:
        raise TimeoutError("The time for this message is over.")
    return None


socket.getaddrinfo = _public_only
socket.socket.connect = _public_and_in_time  # type: ignore[method-assign, assignment]
