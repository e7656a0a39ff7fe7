"""Which addresses a channel may lead to, and which options of theirs are refused."""

import ast
import socket
from pathlib import Path

import apprise
import pytest

from ads.services.alerts.channels import InvalidChannel, check
from ads.services.alerts.channels.addresses import FILES, fingerprint, masked
from ads.services.alerts.channels.guard import PrivateAddress, guarded, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "169.254.0.1", "192.0.2.1", "224.0.0.1", "::1", "fe80::1%eth0"),
        *("fc00::1", "2001:db8::1", "::ffff:192.0.2.1", "2002:c000:201::1", "64:ff9b::c000:201"),
        *("fec0::1", "64:ff9b:1::c000:201", "::192.0.2.1", "::ffff:0:192.0.2.1"),
    ],
)
def test_private_addresses_are_known_however_they_are_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_connection_leads_to_a_private_address_however_it_was_looked_up(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as one:
        one.settimeout(5)
        where = (host, server.getsockname()[1])
        with guarded(is_on=True, seconds=5) as guard, pytest.raises(PrivateAddress):
            one.connect(where)
        assert guard.has_refused
        one.connect(where)  # as anything else may


def test_when_the_time_is_over_connections_are_cut_and_none_is_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, guarded(is_on=False, seconds=0.1):
        with socket.create_connection(server.getsockname()) as one:
            assert one.recv(1) == b""
        with pytest.raises(TimeoutError):
            socket.create_connection(server.getsockname())


def test_an_option_counts_by_what_the_service_makes_of_it() -> None:
    address = "json://example.com/?key=1&config=2"  # options that JSON does not have
    assert check("apprise", address) == (address, "JSON")
    with pytest.raises(InvalidChannel, match=r"reads a file of the server \(pgp_key\)"):
        check("apprise", "mailto://ann:word@example.com?pgppub=ann.asc")


#: What apprise's services read files with.
READERS = {"AppriseAttachment", "ApprisePGPController", "ApprisePEMController"}


def test_every_service_that_reads_files_has_known_options() -> None:
    """Those of a new one, after an upgrade, belong into ``FILES``."""
    found = {}
    plugins = Path(apprise.__file__).parent / "plugins"
    for path in plugins.rglob("*.py"):
        tree = ast.parse(path.read_text())
        calls = [one.func for one in ast.walk(tree) if isinstance(one, ast.Call)]
        names = {getattr(one, "attr", getattr(one, "id", "")) for one in calls}
        if names & READERS and path.parent / path.name != plugins / "base.py":
            given = {one.arg for one in ast.walk(tree) if isinstance(one, ast.arg)}
            found[str(path.relative_to(plugins))] = sorted(given & FILES)
    assert found == {
        "discord.py": ["template"],
        "email/base.py": ["pgp_key", "pgp_privkey"],
        "fcm/__init__.py": ["keyfile"],
        "slack.py": ["template"],
        "telegram.py": ["template"],
        "vapid/__init__.py": ["keyfile", "subfile"],
        "vapid/subscription.py": ["subfile"],
        "workflows.py": ["template"],
    }


def test_a_mail_address_is_masked_and_its_fingerprint_does_not_say_it() -> None:
    assert masked("ann.lee@example.com") == "a…@example.com"
    assert fingerprint("ann@example.com") == fingerprint("ann@example.com")
    assert fingerprint("ann@example.com") != fingerprint("amy@example.com")
    assert "ann" not in fingerprint("ann@example.com")
