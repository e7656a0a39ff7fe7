"""Reading request bodies: their bytes, and the JSON in them.

Amounts must not pass through floats, so numbers that are not whole are kept as they were written
(:class:`Number`).
"""

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest

from ads.api.frame.problems import Kind, Problem

#: Bytes of a body, and rows in it.
LARGEST: Final = 10 * 1024 * 1024
MOST_ROWS: Final = 10_000

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"

_CHUNK: Final = 1024 * 1024
#: A body up to so many times too large is read to its end before it is refused: who is still
#: sending finds the connection reset in place of the answer.
_HEARD_OUT: Final = 2
#: Longer whole numbers are nobody's id or amount, and reading them is slow.
_LONGEST_INT: Final = 40


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number that is not whole, has an exponent or is very long, as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text


class Unreadable(ValueError):
    """Text that is not JSON, or not acceptable JSON: ``reason``, ``line`` and ``column``."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        place = "" if line is None else f" (line {line}, column {column})"
        super().__init__(f"{reason}{place}")
        self.reason = reason
        self.line = line
        self.column = column


def media_type(request: HttpRequest, *accepted: str) -> str:
    """The body's type, one of those ``accepted``.

    Raises:
        Problem: 415, it is of another type or charset than UTF-8, or it is compressed.
    """
    offered = (request.content_type or "").lower()
    if offered not in accepted:
        raise Problem(
            Kind.MEDIA_TYPE,
            f"Content-Type is {offered or 'missing'}; send {' or '.join(accepted)}.",
            headers={"Accept": ", ".join(accepted)},
        )
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    if charset not in ("utf-8", "utf8"):
        raise Problem(Kind.MEDIA_TYPE, f"The charset is {charset}; send UTF-8.")
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":
        raise Problem(
            Kind.MEDIA_TYPE,
            f"Content-Encoding is {encoding}; send the body as it is.",
            headers={"Accept-Encoding": "identity"},
        )
    return offered


def read(request: HttpRequest, largest: int = LARGEST) -> bytes:
    """All bytes of the body.

    Raises:
        Problem: 413 larger than ``largest``, 411 of unknown length, 400 shorter than was said.
    """
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return _read_chunked(request, largest)
    said = request.META.get("CONTENT_LENGTH") or "0"
    length = int(said) if said.isascii() and said.isdigit() and len(said) < _LONGEST_INT else -1
    if length < 0:
        raise Problem(Kind.MALFORMED, "Content-Length is not a number of bytes.")
    if length > largest:
        if length <= _HEARD_OUT * largest:
            while request.read(_CHUNK):
                pass
        raise _too_large(largest)
    body = request.read()
    if len(body) < length:
        raise Problem(
            Kind.MALFORMED,
            f"The body broke off after {len(body):,} of {length:,} bytes; send the request again.",
        )
    return body


def _read_chunked(request: HttpRequest, largest: int) -> bytes:
    """A chunked body, without a length; Django would read it as empty."""
    if not request.META.get("wsgi.input_terminated"):
        raise Problem(
            Kind.NO_LENGTH, "This server does not read chunked bodies; send Content-Length."
        )
    parts: list[bytes] = []
    size = 0
    while part := request.META["wsgi.input"].read(_CHUNK):
        size += len(part)
        if size <= largest:
            parts.append(part)
        elif size > _HEARD_OUT * largest:
            break
    if size > largest:
        raise _too_large(largest)
    return b"".join(parts)


def _too_large(largest: int) -> Problem:
    # Of a far larger body the rest is not read, so the connection cannot be used again.
    return Problem(
        Kind.TOO_LARGE,
        f"The body is larger than {largest:,} bytes; send it in smaller parts.",
        headers={"Connection": "close"},
    )


def decode(body: bytes) -> str:
    """The text of a body, without a byte order mark.

    Raises:
        Problem: 400, it is empty or not UTF-8.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(
            Kind.MALFORMED, f"The body is not UTF-8: byte {error.start} cannot be read."
        ) from error
    if not text.strip():
        raise Problem(Kind.MALFORMED, "The body is empty.")
    return text


def parse(text: str) -> Any:
    """The JSON as Python objects, numbers that are not whole as :class:`Number`.

    Raises:
        Unreadable: it is not JSON, or has NaN, infinity, a key twice or too deep nesting.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"It is not JSON: {error.msg}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise Unreadable("It is nested too deeply") from error


def parse_body(body: bytes) -> Any:
    """The JSON of a whole body.

    Raises:
        Problem: 400, with the reason and the place.
    """
    try:
        return parse(decode(body))
    except Unreadable as error:
        raise Problem(Kind.MALFORMED, f"The body cannot be read: {error}.") from error


def parse_lines(body: bytes) -> Iterator[tuple[int, Any]]:
    """Each line of NDJSON that is not empty with its number, from 1, or an :class:`Unreadable`."""
    # One by one: ten million empty lines would fill the memory. Not splitlines(): JSON text may
    # hold some of the characters that it splits at.
    for number, line in enumerate(io.StringIO(decode(body), newline="\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, parse(line)
        except Unreadable as error:
            yield number, error


def _whole(text: str) -> int | Number:
    return int(text) if len(text) <= _LONGEST_INT else Number(text)


def _not_a_number(text: str) -> Any:
    raise Unreadable(f"{text} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counted = Counter(name for name, _ in pairs)
        twice = next(name for name, times in counted.items() if times > 1)
        raise Unreadable(f"The key {twice[:80]!r} appears twice in one object")
    return found


_DECODER: Final = json.JSONDecoder(
    parse_float=Number, parse_int=_whole, parse_constant=_not_a_number, object_pairs_hook=_object
)
