"""The application; its start-up connects the signals."""

from django.apps import AppConfig


class AdsConfig(AppConfig):
    """Budgets and hours of advertising campaigns."""

    name = "ads"
    verbose_name = "Budget Manager"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from ads import checks, request_log, signals  # noqa: F401  (connecting is importing)
        from ads.models.timezones import keep_names

        post_migrate.connect(keep_names, sender=self)
