"""Pace: what a budget should have been spent to by now, and what it will come to.

What a day can bring is its *weight*: the seconds in which the owner may run on it, times
:data:`UNIT`, times what is known of it beforehand (Black Friday: twice as much). A day's weight
times its weekday's part of the profile is its share of the period.
"""

from ads.rules.pacing.course import Course, course_of
from ads.rules.pacing.figures import (
    LEAST_DAYS,
    LEAST_SEEN,
    LEVEL_WEEKS,
    MILLION,
    MOST_SHARE,
    PROFILE_DAYS,
    RANGES,
    SPIKE,
    SPIKE_OF,
    TOLERANCE,
    UNIT,
    Basis,
    Bounds,
    Budget,
    Calendar,
    Pace,
    PaceState,
    Range,
    Step,
)
from ads.rules.pacing.rule import pace_of
