"""Whose address a request has: never one that the client itself has written."""

from typing import Any

import pytest
from django.test import RequestFactory

from ads.client_address import client_address

PROXY = "10.0.0.2"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        # no proxy of ours: the header is the client's own
        (0, None, PROXY),
        (0, "198.51.100.7", PROXY),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.66, 198.51.100.7,10.0.0.1", "198.51.100.7"),
        # fewer entries than proxies: it came past some of them
        (1, None, PROXY),
        (2, "203.0.113.66", PROXY),
        # no address
        (1, "", PROXY),
        (1, "unknown", PROXY),
        (1, "198.51.100.7,", PROXY),
        (1, '198.51.100.7\n{"level": "error"}', PROXY),
        # one spelling
        (1, " 198.51.100.7:4711 ", "198.51.100.7"),
        (1, "[2001:DB8:0:0::7]:443", "2001:db8::7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "fe80::7%eth0", "fe80::7"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_the_client_is_as_many_entries_from_the_end_as_there_are_proxies(
    settings: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    request = RequestFactory().get("/", REMOTE_ADDR=PROXY, headers=headers)

    assert client_address(request) == address


def test_on_a_unix_socket_only_a_proxy_knows(settings: Any) -> None:
    headers = {"X-Forwarded-For": "198.51.100.7"}
    request = RequestFactory().get("/", REMOTE_ADDR="", headers=headers)

    settings.TRUSTED_PROXY_COUNT = 0
    assert client_address(request) == ""
    settings.TRUSTED_PROXY_COUNT = 1
    assert client_address(request) == "198.51.100.7"
