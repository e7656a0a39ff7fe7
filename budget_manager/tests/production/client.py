"""A browser or program on the other side of the proxy, which it reaches by TLS."""

import socket
import ssl
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from budget_manager.tests.production.server import HOST


class _Here(HTTPSConnection):
    """As if the host's name led to this machine."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)  # type: ignore[attr-defined]


class Client:
    """Keeps cookies, as a browser does."""

    def __init__(self, port: int, certificate: Path) -> None:
        self.port = port
        self.trusted = ssl.create_default_context(cafile=str(certificate))
        self.cookies: dict[str, str] = {}

    def ask(
        self, path: str, body: bytes | None = None, method: str | None = None, **headers: str
    ) -> tuple[HTTPResponse, str]:
        """The answer and its body. Names of headers have _ for -."""
        connection = _Here(HOST, self.port, context=self.trusted)
        given = {"Host": HOST, "Referer": f"https://{HOST}/"}
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method or ("GET" if body is None else "POST"), path, body, given)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
        connection.close()
        return answer, text

    def post(self, path: str, **fields: str) -> tuple[HTTPResponse, str]:
        """Send a form."""
        page, _ = self.ask(path)
        assert page.status == 200
        form = {**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        return self.ask(
            path, urlencode(form).encode(), Content_Type="application/x-www-form-urlencoded"
        )

    def upload(self, path: str, content: bytes) -> tuple[HTTPResponse, str]:
        """Send a file by the form for spend files."""
        page, _ = self.ask(path)
        assert page.status == 200
        fields = {"csrfmiddlewaretoken": self.cookies["csrftoken"], "campaign_by": "auto"}
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
            for name, value in fields.items()
        ]
        parts.append(
            b'Content-Disposition: form-data; name="file"; filename="spend.csv"\r\n'
            b"Content-Type: text/csv\r\n\r\n" + content
        )
        body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"
        return self.ask(path, body, Content_Type="multipart/form-data; boundary=limit")

    def allowed(self, path: str, size: int) -> int:
        """The status with which a body of `size` bytes is awaited (100) or refused."""
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n"
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        with self.trusted.wrap_socket(plain, server_hostname=HOST) as connection:
            connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
            return int(connection.recv(1000).split()[1])


def location_of_http(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Status and Location of what is asked without TLS."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers={"Host": HOST, **given})
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers["Location"]
