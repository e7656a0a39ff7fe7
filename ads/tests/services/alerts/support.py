"""What the tests of alerts share: rules, channels, and real receivers on this machine."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ads.models import Alert, AlertRule, Channel
from ads.services import alerts


def rule(kind: str = "budget_used", *channels: Channel, **more: Any) -> AlertRule:
    """The only rule."""
    AlertRule.objects.all().delete()
    return another_rule(kind, *channels, **more)


def another_rule(kind: str, *channels: Channel, **more: Any) -> AlertRule:
    """A rule beside others."""
    if kind == "budget_used":
        more.setdefault("thresholds", [80])
    more.setdefault("name", f"Rule {AlertRule.objects.count()}")
    made = AlertRule.objects.create(kind=kind, **more)
    made.channels.add(*channels)
    return made


def channel(address: str, way: str = "webhook", **more: Any) -> Channel:
    """A channel; the secret of a webhook is in ``shown_once``."""
    more.setdefault("name", f"Channel {Channel.objects.count()}")
    made, secret = alerts.channels.create(way=way, address=address, **more)
    made.shown_once = secret  # type: ignore[attr-defined]
    return made


def evaluate(now: datetime) -> int:
    """Look at everything; how many alerts were raised."""
    alerts.look_at_all_next()
    return alerts.evaluate(now).raised


def titles(**those: Any) -> list[str]:
    """What the alerts say, the oldest first."""
    found = Alert.objects.filter(**those).select_related("rule", "brand", "campaign")
    return [alerts.texts.of(alert).title for alert in found.order_by("pk")]


@dataclass
class Receiver:
    """An HTTP server that keeps what it is sent; ``status`` and ``delay`` can be changed."""

    status: int = 200
    delay: float = 0
    #: Seconds between the bytes of an answer that never ends, and what it begins with; 0: none.
    drips: float = 0
    begins: bytes = b""
    is_closed: threading.Event = field(default_factory=threading.Event)
    location: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def address(self) -> str:
        """As apprise writes it."""
        return f"json://127.0.0.1:{self.port}/hook-secret"


@contextmanager
def receiver(**how: Any) -> Iterator[Receiver]:
    """A server of its own."""
    state = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            state.requests.append((self.path, dict(self.headers.items()), body))
            time.sleep(state.delay)
            if state.drips:
                self.drip()
                return
            self.send_response(state.status)
            if state.location:
                self.send_header("Location", state.location)
            self.end_headers()

        def drip(self) -> None:
            """Answer byte by byte, for as long as somebody listens."""
            try:
                self.wfile.write(state.begins)
                while not state.is_closed.wait(state.drips):
                    self.wfile.write(b".")
            except OSError:
                state.is_closed.set()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its signature)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield state
        state.is_closed.set()
        server.shutdown()
        thread.join()


@contextmanager
def mail_server() -> Iterator[tuple[str, list[EmailMessage]]]:
    """A mail server's address as the setting has it, and the mails it has got.

    Recipients whose name begins with "nobody" are refused, and those with "later" told to wait.
    """
    got: list[EmailMessage] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline():
                command = line[:4].upper()
                if command == b"DATA":
                    self.say("354 go on")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part)
                    got.append(message_from_bytes(b"".join(lines), policy=policy.default))
                    self.say("250 ok")
                elif command == b"RCPT" and b"<nobody" in line:
                    self.say("550 no such user")
                elif command == b"RCPT" and b"<later" in line:
                    self.say("450 try again")
                elif command == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        address = (
            f"mailto://127.0.0.1:{server.server_address[1]}?from=bot@example.com&mode=insecure"
        )
        yield address, got
        server.shutdown()
        thread.join()
