"""The Django project: settings, URLs, the Celery application, the bundled servers."""

from budget_manager.celery import app as celery_app

__all__ = ["celery_app"]
