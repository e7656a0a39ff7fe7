"""The rules: pure Python, no Django, no clock.

- `money`: which amounts are accepted, how they are shown, when a budget is used up.
- `calendar`: local days and months, the UTC instants at which they begin, and dates as text.
- `dayparting`: weekly windows, the schedules that decide, the next opening and closing.
- `stretches`: open hours and clock changes over a stretch of time.
- `pacing`: when a budget runs out at its current pace.
- `ticks`: when a periodic task is due.

Functions take the instant in question as an argument.
"""
