"""What monitors ask: is it ready, is it well, how much does it do, and does it still live?"""

from ads.services.monitoring.counting import BOUNDS, INFINITE, LABELS, count_new, counters
from ads.services.monitoring.dead_man import dead_man
from ads.services.monitoring.ready import Readiness, readiness
from ads.services.monitoring.report import Problem, ProblemKind, Report, report
