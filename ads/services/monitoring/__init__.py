"""What monitoring asks: is it ready, is it well, and how is it doing?"""

from ads.services.monitoring.readiness import Readiness, readiness
from ads.services.monitoring.report import Problem, ProblemKind, Report, report
