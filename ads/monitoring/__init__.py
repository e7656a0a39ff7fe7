"""``/live``, ``/ready``, ``/health`` and ``/metrics``."""

from ads.monitoring.middleware import MonitoringMiddleware
