"""Instants as they read on the admin's pages."""

from datetime import UTC, datetime

import pytest

from ads.admin.elements import stamp

AT = datetime(2026, 11, 28, 14, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tz", "shown"),
    [
        ("America/New_York", "2026-11-28 09:15 New York"),
        ("America/Argentina/Buenos_Aires", "2026-11-28 11:15 Buenos Aires"),
        ("UTC", "2026-11-28 14:15 UTC"),
        ("Mars/Olympus", "2026-11-28 14:15 UTC"),
    ],
)
def test_an_instant_names_the_place_of_its_clock(tz: str, shown: str) -> None:
    assert stamp(AT, tz) == shown


def test_an_instant_may_show_its_seconds() -> None:
    assert stamp(AT, "Europe/Berlin", seconds=True) == "2026-11-28 15:15:30 Berlin"
