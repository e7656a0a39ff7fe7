"""What can be wrong with a body, before anything in it is looked at."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from ads.api.frame import JSON, NDJSON, Number, Unreadable, bodies
from ads.api.frame.problems import Kind, Problem


def body(content: bytes, **environ: Any) -> bytes:
    return bodies.read(RequestFactory().post("/", content, content_type=JSON, **environ))


def test_numbers_that_are_not_whole_stay_as_they_were_written() -> None:
    read = bodies.parse("[0.10, 1e5, 1E+2, -0.0, 75.400000000000000000001, 12, -3]")

    assert read == [
        Number("0.10"),
        Number("1e5"),
        Number("1E+2"),
        Number("-0.0"),
        Number("75.400000000000000000001"),
        12,
        -3,
    ]


def test_a_whole_number_of_any_length_is_read_in_no_time() -> None:
    digits = "9" * 1_000_000

    assert bodies.parse(digits) == Number(digits)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"amount": NaN}'])
def test_what_is_no_number_in_json_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="is not a JSON number"):
        bodies.parse(text)


def test_a_key_that_comes_twice_is_refused_and_named() -> None:
    with pytest.raises(Unreadable, match="'amount' appears twice"):
        bodies.parse('{"amount": "1", "campaign": 1, "amount": "2"}')


def test_an_object_with_a_hundred_thousand_keys_twice_is_refused_in_no_time() -> None:
    keys = ", ".join(f'"{i}": 1' for i in range(100_000))

    with pytest.raises(Unreadable, match="'0' appears twice"):
        bodies.parse(f"{{{keys}, {keys}}}")


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_a_hundred_thousand_levels_are_refused(opening: str) -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        bodies.parse(opening * 100_000)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"entries": [\n{"campaign": 1,', "line 2, column 16"),
        (b"{'campaign': 1}", "line 1, column 2"),
        (b'{"campaign": 01}', "line 1, column 15"),
        (b'{"amount": "1\n2"}', "line 1, column 14"),
        (b"{} {}", "Extra data (line 1, column 4)"),
        (b'"\xff"', "not UTF-8: byte 1 "),
        ('{"campaign": 1}'.encode("utf-16"), "not UTF-8: byte 0 "),
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
    ],
)
def test_a_body_that_is_not_json_is_refused_with_the_place(content: bytes, said: str) -> None:
    with pytest.raises(Problem) as caught:
        bodies.parse_body(content)

    assert caught.value.kind is Kind.MALFORMED
    assert said in caught.value.detail


def test_a_mark_before_the_text_is_passed_over() -> None:
    assert bodies.parse_body(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert list(bodies.parse_lines(b'\xef\xbb\xbf{"a": 1}\n')) == [(1, {"a": 1})]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    lines = bodies.parse_lines('{"a": "\u2028\x85"}\r\n\r\n{"a": 2}\n{"a": '.encode())

    first, second, broken = lines
    assert first == (1, {"a": "\u2028\x85"})
    assert second == (3, {"a": 2})
    assert broken[0] == 4
    assert isinstance(broken[1], Unreadable)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json; charset="utf8"'],
)
def test_json_in_utf_8_is_taken(content_type: str) -> None:
    request = RequestFactory().generic("POST", "/", b"{}", content_type)

    assert bodies.media_type(request, JSON, NDJSON) == JSON


@pytest.mark.parametrize(
    ("content_type", "said"),
    [
        ("text/csv", "text/csv; send application/json or application/x-ndjson"),
        ("", "missing; send application/json or application/x-ndjson"),
        ("application/json; charset=utf-16", "charset is utf-16"),
        ("application/json; charset=latin-1", "charset is latin-1"),
        ("application/x-ndjson; charset=nonsense", "charset is nonsense"),
    ],
)
def test_other_types_and_charsets_are_not(content_type: str, said: str) -> None:
    request = RequestFactory().generic("POST", "/", b"{}", content_type)

    with pytest.raises(Problem) as caught:
        bodies.media_type(request, JSON, NDJSON)

    assert caught.value.kind is Kind.MEDIA_TYPE
    assert said in caught.value.detail


def test_a_compressed_body_is_not_taken() -> None:
    request = RequestFactory().post(
        "/", b"{}", content_type=JSON, headers={"Content-Encoding": "gzip"}
    )

    with pytest.raises(Problem, match="gzip"):
        bodies.media_type(request, JSON)


def test_ten_mebibytes_are_read_and_one_byte_more_is_not() -> None:
    assert len(body(b" " * bodies.LARGEST)) == bodies.LARGEST
    with pytest.raises(Problem) as caught:
        body(b" " * (bodies.LARGEST + 1))

    assert caught.value.kind is Kind.TOO_LARGE


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    request = RequestFactory().post("/", b"{}", content_type=JSON)
    request.META["CONTENT_LENGTH"] = "99999999999999999999"

    with pytest.raises(Problem) as caught:
        bodies.read(request)

    assert caught.value.kind is Kind.TOO_LARGE
    assert request.read() == b"{}"


def test_a_body_that_breaks_off_is_refused_though_what_came_could_be_read() -> None:
    request = RequestFactory().post("/", b"{} ", content_type=JSON)
    request._stream = io.BytesIO(b"{}")

    with pytest.raises(Problem, match="broke off after 2 of 3 bytes"):
        bodies.read(request)


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "٣"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    request = RequestFactory().post("/", b"{}", content_type=JSON)
    request.META["CONTENT_LENGTH"] = length

    with pytest.raises(Problem) as caught:
        bodies.read(request)

    assert caught.value.kind is Kind.MALFORMED


def chunked(content: bytes, *, ends: bool = True) -> Any:
    """A request as gunicorn passes on one that came in pieces."""
    request = RequestFactory().post("/", b"", content_type=JSON)
    request.META |= {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(content),
        "wsgi.input_terminated": ends,
    }
    request.META.pop("CONTENT_LENGTH", None)
    return request


def test_a_body_in_pieces_is_read_as_one() -> None:
    assert bodies.read(chunked(b'{"a": 1}')) == b'{"a": 1}'


def with_length(content: bytes) -> Any:
    """A request whose length is known."""
    given: dict[str, Any] = {"wsgi.input": io.BytesIO(content)}
    return RequestFactory().post("/", content, content_type=JSON, **given)


@pytest.mark.parametrize("send", [with_length, chunked])
def test_one_a_little_too_large_is_read_to_its_end_so_that_its_sender_reads_the_answer(
    send: Callable[[bytes], Any],
) -> None:
    request = send(b" " * (bodies.LARGEST + 1))

    with pytest.raises(Problem) as caught:
        bodies.read(request)

    assert caught.value.kind is Kind.TOO_LARGE
    assert request.META["wsgi.input"].read(1) == b""


def test_one_in_pieces_that_goes_on_and_on_is_left_unread() -> None:
    request = chunked(b" " * (4 * bodies.LARGEST))

    with pytest.raises(Problem) as caught:
        bodies.read(request)

    assert caught.value.kind is Kind.TOO_LARGE
    assert len(request.META["wsgi.input"].read()) > bodies.LARGEST


def test_where_pieces_are_not_put_together_a_length_is_needed() -> None:
    with pytest.raises(Problem) as caught:
        bodies.read(chunked(b"{}", ends=False))

    assert caught.value.kind is Kind.NO_LENGTH


@pytest.mark.django_db
def test_the_admin_takes_no_such_bodies() -> None:
    answer = Client().post("/admin/login/", {"username": "x" * (3 * 1024 * 1024)})

    assert answer.status_code in (400, 413)
    assert json.dumps(answer.headers.get("Content-Type", "")).count("problem") == 0
