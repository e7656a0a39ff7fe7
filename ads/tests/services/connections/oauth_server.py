"""A platform's login: it checks each request as RFC 6749 and RFC 7636 say, on loopback."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ads.platforms.interface import OAuth
from ads.tests.services.connections import example

CLIENT_ID, CLIENT_SECRET = "our-client", "our-client-secret-51b0"


@dataclass
class Login:
    """What the login does, and what came to it."""

    address: str = ""
    #: What the person says, as the parameters that lead back; None: yes, with a code.
    denial: dict[str, str] | None = None
    #: The answer to a good code.
    token: dict[str, Any] = field(default_factory=dict)
    #: Instead of any answer: status and body.
    instead: tuple[int, str] | None = None
    delay: float = 0
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    def oauth(self, **more: str) -> OAuth:
        """For the example platform."""
        return OAuth(
            f"{self.address}/authorize",
            f"{self.address}/token",
            ("ads.read", "ads.write"),
            "token",
            "EXAMPLE_ADS_CLIENT_ID",
            "EXAMPLE_ADS_CLIENT_SECRET",
            {"prompt": "consent"},
            **more,
        )

    def consent(self, address: str) -> str:
        """Log in and agree at an address of the login; where that leads back to."""
        asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["scope"] == "ads.read ads.write"
        assert asked["prompt"] == "consent"
        answer = self.denial
        if answer is None:
            code = f"code-{len(self.codes)}-9d2f"
            self.codes[code] = asked
            answer = {"code": code}
        return f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}"

    def exchange(self, form: dict[str, str]) -> tuple[int, str]:
        """The token for a code, which is good once."""
        self.forms.append(form)
        if self.instead:
            return self.instead
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, json.dumps({"error": "invalid_client"})
        if form["grant_type"] == "fb_exchange_token":
            return 200, json.dumps({"access_token": "long-" + form["fb_exchange_token"],
                                    "expires_in": 5184000})  # fmt: skip
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge
        ):
            words = f"Malformed code {form['code']}."
            return 400, json.dumps({"error": "invalid_grant", "error_description": words})
        return 200, json.dumps(self.token)


@contextmanager
def running() -> Iterator[Login]:
    """A login that answers."""
    login = Login()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", login.consent(self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: each[0] for name, each in parse_qs(body).items()}
            status, text = login.exchange(form)
            time.sleep(login.delay)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        login.address = f"http://127.0.0.1:{server.server_port}"
        login.token = {
            "access_token": "access-0e1d",
            "refresh_token": example.TOKEN,
            "token_type": "bearer",
        }
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield login
        server.shutdown()
