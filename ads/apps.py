"""The application; its start-up connects the signals."""

from django.apps import AppConfig


class AdsConfig(AppConfig):
    """Budgets and hours of advertising campaigns."""

    name = "ads"
    verbose_name = "Budget Manager"

    def ready(self) -> None:
        from ads import signals  # noqa: F401  (connecting is importing)
