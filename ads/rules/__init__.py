"""The rules: pure Python, no Django, no clock.

- `money`: which amounts are accepted, how they are shown, when a budget is used up.
- `calendar`: local days and months, and the UTC instants at which they begin.
- `dayparting`: weekly windows, which schedules decide, the next opening and the next closing.

Every function takes the instant it is asked about as an argument.
"""
