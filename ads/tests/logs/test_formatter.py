"""One formatter for every line: no line is forged, and no secret gets into it."""

import json
import logging
import sys
from typing import Any

import pytest
import structlog

from ads.tests.log_lines import logged
from budget_manager.logs import Each, encoded
from budget_manager.logs.text import LONGEST, redacted

FORGED = 'Sale\n{"level": "error", "event": "forged"}\r\x1b[2K\x1b[31mred\u2028\x85\u202e\x00\ud800'

ours = structlog.stdlib.get_logger("ads.tests")
theirs = logging.getLogger("django.tests")


def test_a_line_of_ours_and_one_of_a_library_have_the_same_fields() -> None:
    with logged() as log, structlog.contextvars.bound_contextvars(request_id="r1"):
        ours.warning("Something happened", campaign_id=7)
        theirs.warning("Something happened to %s", "it")

    first, second = log.lines
    assert list(first) == ["timestamp", "level", "event", "campaign_id", "request_id", "logger"]
    assert (first["level"], first["event"], first["campaign_id"]) == (
        "warning",
        "Something happened",
        7,
    )
    assert second["event"] == "Something happened to it"
    assert (second["request_id"], second["logger"]) == ("r1", "django.tests")
    assert first["timestamp"] <= second["timestamp"]
    assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize("logger", [ours, theirs], ids=["ours", "theirs"])
@pytest.mark.parametrize("production", [True, False], ids=["production", "development"])
def test_no_name_and_no_message_can_begin_a_line_or_steer_a_terminal(
    logger: Any, *, production: bool
) -> None:
    fields = {"campaign": FORGED} if logger is ours else {}
    with logged(production=production) as log:
        logger.warning(f"Renamed to {FORGED}", **fields)  # noqa: G004
        try:
            int(FORGED)
        except ValueError:
            logger.exception("It failed")

    plain = log.text.replace("\n", "")
    assert plain.isprintable()
    if production:
        assert [line["event"] for line in log.lines] == [f"Renamed to {FORGED}", "It failed"]
        assert log.lines[1]["exception"].endswith(f"with base 10: {FORGED!r}")
        return
    # Only tracebacks have further lines, and those are indented.
    begins = [line for line in log.text.splitlines() if not line.startswith("    ")]
    assert len(begins) == 2
    assert all("tests]" in line for line in begins)


def test_in_development_no_value_passes_for_another_field() -> None:
    with logged(production=False) as log:
        ours.info("Campaign stopped", campaign="x' actor='admin")

    assert """campaign="x' actor='admin\"""" in log.text


def test_an_event_of_many_is_a_line_for_each_as_if_logged_alone() -> None:
    lines: list[dict[str, Any]] = [
        {"name": 'A "sale", {"n": 2}', "of": {"n": 1}},
        {"name": FORGED, "of": [{1}]},
    ]
    with logged() as many:
        ours.info("Many", each=Each(lines, dict, encoded), trigger="edit")
    with logged() as alone:
        for line in lines:
            ours.info("Many", trigger="edit", **line)

    found, expected = many.lines, alone.lines
    assert len(found) == 2
    for line in (*found, *expected):
        del line["timestamp"]
    assert found == expected


def test_what_is_no_json_is_written_as_text() -> None:
    with logged() as log:
        ours.info("Odd", value={"of": {1}, "kind": ValueError})

    assert log.only("Odd")["value"] == {"of": "{1}", "kind": "<class 'ValueError'>"}


def test_colours_are_for_terminals_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with logged(production=False) as log:
        ours.error("Something happened")

    assert not sys.stderr.isatty()
    assert "\x1b" not in log.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /admin/?token=s3cret&q=1 failed", "GET /admin/?… failed"),
        (
            "https://graph.example/v26.0/act?access_token=s3cret'",
            "https://graph.example/v26.0/act?…'",
        ),
        ("postgres://bob:s3cret@db:5432/ads", "postgres://…@db:5432/ads"),
        ("redis://:s3cret@redis:6379/0", "redis://…@redis:6379/0"),
        ("Authorization: Bearer s3cret.x-y_z", "Authorization: Bearer …"),
        ("{'Authorization': 'Basic czNjcmV0'}", "{'Authorization': 'Basic …'}"),
        ("key bm_abcdefgh_s3cretS3CRET was", "key bm_abcdefgh_… was"),
        ("whsec_s3cret/abc+def=", "whsec_…"),
        ("password=s3cret, user=bob", "password=… user=bob"),
        ('{"client_secret": "s3cret", "id": 1}', '{"client_secret": "…", "id": 1}'),
        ("Cookie: sessionid=s3cret; other", "Cookie: … other"),
        ("X-Api-Key: s3cret", "X-Api-Key: …"),
        ("webhook-signature: v1,s3cret", "webhook-signature: …"),
        # not secrets
        ("Put the previous key into SECRET_KEY_FALLBACKS", None),
        ('password authentication failed for user "bob"', None),
        ("What? Nothing: 3 of 4 at 10:15", None),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, shown: str | None) -> None:
    assert redacted(text) == (text if shown is None else shown)
    with logged() as log:
        theirs.warning(text)
        ours.info("Refused", error=text)

    assert "s3cret" not in log.text
    assert json.dumps(shown or text)[1:-1] in log.text


def test_of_a_very_long_text_the_beginning_and_the_end_are_logged() -> None:
    with logged() as log:
        theirs.warning("begin" + "token" * 1_000_000 + "end")

    (line,) = log.lines
    assert len(line["event"]) == LONGEST + 3
    assert line["event"].startswith("begintoken")
    assert line["event"].endswith("tokenend")
