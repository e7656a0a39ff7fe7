"""What every request passes through: keys, limits, parameters, and problems as answers."""

from ads.api.frame import bodies, failures, limits, parameters, problems
from ads.api.frame.answers import Readable, as_json
from ads.api.frame.auth import ApiKey
from ads.api.frame.bodies import JSON, MOST_ROWS, NDJSON, Number, Unreadable
from ads.api.frame.limits import quota_of
from ads.api.frame.parameters import (
    LISTED,
    Day,
    Id,
    Instant,
    Limit,
    Small,
    Text,
    check_known,
)
from ads.api.frame.polling import reads
from ads.api.frame.problems import LONGEST_SHOWN, Kind, Problem, documented, refuse
from ads.api.frame.requests import ApiRequest
