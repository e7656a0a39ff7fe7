"""A day and an instant are written in one way each; what else Python would read is refused."""

from datetime import UTC, date, datetime

import pytest

from ads.rules import written
from ads.rules.written import NoOffset, NotWritten


def test_a_day_and_an_instant_are_read() -> None:
    assert written.day("2024-02-29") == date(2024, 2, 29)
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    for text in ("2024-05-01T12:00:00Z", "2024-05-01 12:00Z", "2024-05-01T14:00:00.000+02:00"):
        assert written.instant(text) == noon


@pytest.mark.parametrize(
    "text", ["", "20240501", "2024-W18-3", "2024-5-1", "2024-02-30", "2024-05-01 ", "٢٠٢٤-٠٥-٠١"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(NotWritten):
        written.day(text)


@pytest.mark.parametrize("text", ["", "2024-05-01", "now", "2024-05-01T25:00Z", "20240501T120000Z"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(NotWritten):
        written.instant(text)


def test_an_instant_without_a_timezone_is_refused_as_such() -> None:
    with pytest.raises(NoOffset, match="end it with Z"):
        written.instant("2024-05-01T12:00:00")
