"""Timezones as reports name them."""

import pytest

from ads.rules.zone_names import timezone_named


@pytest.mark.parametrize(
    ("words", "timezone"),
    [
        ("UTC", "UTC"),
        (" gmt ", "UTC"),
        ("Coordinated Universal Time", "UTC"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        # Microsoft Advertising's
        ("(GMT-08:00) Pacific Time (US & Canada); Tijuana", "America/Los_Angeles"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(GMT) Greenwich Mean Time; Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("(GMT+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(GMT-03:30) Newfoundland", "America/St_Johns"),
        # Google's, in summer, and Windows's own
        ("(GMT-07:00) Pacific Time", "America/Los_Angeles"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("GMT Standard Time", "Europe/London"),
        # only an offset
        ("UTC+8", "Etc/GMT-8"),
        ("(GMT-03:00)", "Etc/GMT+3"),
        ("UTC+00:00", "UTC"),
    ],
)
def test_a_timezone_is_found_by_the_words_of_a_report(words: str, timezone: str) -> None:
    assert timezone_named(words, 2026) == timezone


@pytest.mark.parametrize(
    "words",
    [
        "",
        "local time",
        "Account time zone",
        # of several timezones
        "EST",
        "PST",
        "IST",
        "Central Time",
        # the places' clocks do not agree, or no longer
        "(GMT-08:00) Vancouver, Los Angeles",
        "(GMT+02:00) Athens, Istanbul, Minsk",
        "(GMT) Casablanca, Monrovia",
        "(GMT-07:00) Chihuahua, La Paz, Mazatlan",
        # the offset is another's
        "(GMT-05:00) Pacific Time (US & Canada); Tijuana",
        "(GMT-08:00) Berlin",
        # an offset that no timezone has at all times
        "UTC+05:30",
        "UTC+25",
    ],
)
def test_words_that_leave_a_doubt_name_no_timezone(words: str) -> None:
    assert timezone_named(words, 2026) is None
