"""The address of the client that sent a request, also behind proxies."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

#: Some proxies add the client's port: "192.0.2.7:4711", "[2001:db8::7]:4711".
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](:\d+)?|(?P<four>[^:]+):\d+")


def client_address(request: HttpRequest) -> str:
    """The client's IP address, in its shortest spelling; "" if none is known (a Unix socket).

    Each proxy adds the address it was called from at the end of ``X-Forwarded-For``, so with
    ``TRUSTED_PROXY_COUNT`` proxies of ours the client is that many entries from the end. What
    stands before came from the client, who can write anything there: it is never read. Where there
    are fewer entries, or the entry is no address, it is the address of whoever is connected.
    """
    return address_of(request.META)


def address_of(environ: Mapping[str, Any]) -> str:
    """The same of a request as WSGI has it."""
    proxies = settings.TRUSTED_PROXY_COUNT
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < proxies <= len(forwarded) and (address := _normalized(forwarded[-proxies])):
        return address
    return _normalized(environ.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=1024)
def _normalized(text: str) -> str:
    """One spelling for one address; "" if it is none."""
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found["six"] or found["four"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
