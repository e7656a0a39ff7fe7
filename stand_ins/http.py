"""HTTP for stand-ins: requests and replies, and what can go wrong with a reply on its way."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stand_ins.faults import Fault

#: Kinds of faults that happen to a reply, whatever it says; the platform has done what was asked.
ON_THE_WAY = {"half", "empty_body", "lost"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. ``body`` is text or bytes as they are, or anything else as JSON."""

    body: Any = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Of the reply's bytes only so many are sent before the line breaks.
    cut_at: int | None = None

    def encoded(self) -> tuple[bytes, str]:
        if isinstance(self.body, bytes):
            return self.body, "application/octet-stream"
        if isinstance(self.body, str):
            return self.body.encode(), "text/html; charset=utf-8"
        return json.dumps(self.body).encode(), "application/json; charset=UTF-8"


HTML_502 = Reply("<html><head><title>502 Bad Gateway</title></head></html>", 502)
HTML_200 = Reply("<html><head><title>Sign in to the network</title></head></html>")


def spoiled(fault: Fault | None, reply: Reply) -> Reply:
    """The reply after a fault that happened on its way."""
    if fault and fault.kind == "half":
        return Reply(reply.body, reply.status, reply.headers, len(reply.encoded()[0]) // 2)
    if fault and fault.kind == "lost":
        return Reply(reply.body, reply.status, reply.headers, 0)
    if fault and fault.kind == "empty_body":
        return Reply("", reply.status, reply.headers)
    return reply


def before_it_is_done(fault: Fault | None, is_closing: threading.Event) -> Reply | None:
    """The reply to a request that never reached the platform; None: it did."""
    if fault and fault.kind == "timeout":
        is_closing.wait(fault.seconds)
        return Reply("", cut_at=0)
    if fault and fault.kind == "html_502":
        return HTML_502
    if fault and fault.kind == "not_json":
        return HTML_200
    return None


class Server(ThreadingHTTPServer):
    """Answers requests on loopback in threads of its own until it is closed."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Reply], port: int) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who hang up before they are answered."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection, over which requests follow each other."""

    protocol_version = "HTTP/1.1"
    server: Server
    headers: Message
    # Headers and body are two packets, and the second would wait for the first's acknowledgement.
    disable_nagle_algorithm = True

    def _reply(self) -> None:
        parts = urlsplit(self.path)
        reply = self.server.answer(
            Request(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            )
        )
        body, kind = reply.encoded()
        if reply.cut_at == 0:
            self._hang_up()
            return
        self.send_response(reply.status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: reply.cut_at])
        if reply.cut_at is not None:
            self._hang_up()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _reply  # noqa: N815 - the library's names

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the method's own name
        """Write no line for each request."""
