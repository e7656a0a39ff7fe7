"""What the random operations on the whole are made of."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

ZONES = st.sampled_from(
    (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Havana",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
    )
)
#: Shortly before clocks change, months end, and on an ordinary day.
BEGINNINGS = st.sampled_from(
    (
        "2024-05-15 12:00",
        "2024-02-28 23:59",
        "2024-03-09 20:00",
        "2024-03-30 22:30",
        "2024-04-06 13:00",
        "2024-10-26 21:30",
        "2024-11-02 23:00",
        "2024-12-31 09:00",
    )
)
STEPS = st.sampled_from(
    [1, 14, 29, 60, 60, 90, 180, 6 * 60, 12 * 60, 24 * 60, 24 * 60, 3 * 24 * 60, 31 * 24 * 60]
).map(lambda minutes: timedelta(minutes=minutes))
BUDGETS = st.sampled_from([None, None, "0", "5", "10", "10", "25.5", "100"]).map(
    lambda text: text and Decimal(text)
)
AMOUNTS = st.sampled_from(["0", "0.000001", "1", "2.5", "4.999999", "5", "10", "60"]).map(Decimal)
OFFSETS = st.sampled_from([0, 0, 0, 0, 1, -1, -2, -31])
HALF_HOURS = st.integers(0, 47).map(lambda number: number * 30)
WINDOWS = st.lists(st.tuples(st.integers(0, 6), HALF_HOURS, HALF_HOURS), max_size=3) | st.just(
    [(day, 8 * 60, 20 * 60) for day in range(7)]
)
INDEX = st.integers(0, 5)
STATUSES = st.sampled_from(["active", "active", "active", "paused", "draft", "completed"])
FLIGHT = st.sampled_from([None, None, -1, 0, 1, 2])
WAYS = st.sampled_from(["save", "update", "bulk_update"])
