"""What if: recorded spend replayed with other budgets, hours, check intervals or lags."""

from ads.services.replay.results import Outcome, Replayed, Stop
from ads.services.replay.run import replay
from ads.services.replay.scenario import CHECKS, Budgets, InvalidScenario, Scenario
