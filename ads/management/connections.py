"""What the command ``connection`` is made of: secrets that are typed, piped or fetched by OAuth."""

import getpass
import json
import secrets
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from django.core.management.base import CommandError
from django.utils import timezone

from ads.management.terminal import Screen, printable
from ads.models import Connection
from ads.platforms.interface import Credential, Platform
from ads.services.connections import Brought, NotConnected, kinds, oauth

STDIN: Final = "-"


def connection_named(name: str) -> Connection:
    """The connection of this name.

    Raises:
        CommandError: there is none.
    """
    found = Connection.objects.filter(name=name).first() if "\x00" not in name else None
    if found is None:
        raise CommandError(f'There is no connection "{printable(name)}". See: connection list')
    return found


def entered(kind: Platform, source: str | None, *, by_oauth: bool = False) -> dict[str, str]:
    """The credentials: from a JSON file, "-" for standard input, or None to ask for each.

    Raises:
        CommandError: they cannot be read.
    """
    if source is not None:
        return _from_file(source)
    if not sys.stdin.isatty():
        raise CommandError(
            "Nobody can be asked here: pipe a JSON object of the credentials in, with --from -."
        )
    asked = kinds.beside_oauth(kind) if by_oauth else kind.credentials
    return {one.name: _ask(one) for one in asked}


def _from_file(source: str) -> dict[str, str]:
    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text()
        given = json.loads(text)
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # its message could quote a secret
        raise CommandError(
            'The credentials are no JSON: give an object such as {"token": "…"}.'
        ) from error
    if not isinstance(given, dict):
        raise CommandError('The credentials are no JSON object: give {"token": "…"}.')
    # A service account's key is an object itself.
    return {
        str(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
    }


def _ask(one: Credential) -> str:
    optional = "" if one.is_required else " (Enter: none)"
    prompt = f"{one.label}{optional}: "
    if one.is_long:
        prompt = f"{one.label}, as the name of a file{optional}: "
        name = input(prompt).strip()
        try:
            return Path(name).read_text() if name else ""
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
    return getpass.getpass(prompt) if one.is_secret else input(prompt)


class _Listener(HTTPServer):
    """Waits on the loopback interface for the browser that comes back (RFC 8252)."""

    answer: Mapping[str, str] | None = None
    state = ""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 10

    def do_GET(self) -> None:
        given = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        is_ours = given.get("state") == self.server.state
        if is_ours:
            self.server.answer = given
        said = b"You can close this window: see the terminal.\n" if is_ours else b"Not expected.\n"
        self.send_response(200 if is_ours else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the address has the code in it."""


def by_browser(kind: Platform, screen: Screen, stdout: Any) -> Brought:
    """Have somebody consent in a browser on this machine.

    Raises:
        CommandError: access was denied, or nobody came back in time.
        InvalidConnection: the platform has no *Connect*, or its settings are missing.
    """
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.state = secrets.token_urlsafe(32)
        redirect = f"http://127.0.0.1:{listener.server_port}/"
        address, begun = oauth.begin(kind, redirect=redirect, state=listener.state)
        screen.line(
            f"Open this address in a browser on this machine, within "
            f"{oauth.VALID_FOR.total_seconds() / 60:.0f} minutes (Ctrl+C ends it). From another "
            f"machine, forward the port first: ssh -L {listener.server_port}:127.0.0.1:"
            f"{listener.server_port} …"
        )
        stdout.write(address)
        stdout.flush()
        deadline = time.monotonic() + oauth.VALID_FOR.total_seconds()
        while listener.answer is None:
            listener.timeout = max(0.0, deadline - time.monotonic())
            if not listener.timeout:
                raise CommandError("Nobody came back in time. Nothing was connected.")
            listener.handle_request()
        try:
            return oauth.finish(begun, listener.answer, now=timezone.now())
        except NotConnected as error:
            raise CommandError(printable(str(error))) from error
