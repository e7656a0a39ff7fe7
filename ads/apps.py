"""The application; its start-up connects the signals."""

import gc

from django.apps import AppConfig


class AdsConfig(AppConfig):
    name = "ads"
    verbose_name = "Budget Manager"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from ads import checks, connections, request_log, signals  # noqa: F401  (connecting is importing)
        from ads.models.timezones import keep_names
        from ads.services.ledger import shortcut
        from budget_manager import usual_garbage_threshold

        pre_migrate.connect(connections.wait_for_locks, sender=self)
        post_migrate.connect(connections.wait_no_longer, sender=self)
        post_migrate.connect(keep_names, sender=self)
        post_migrate.connect(shortcut.keep, sender=self)
        # This application is the last: everything is there now, and stays.
        gc.freeze()
        gc.set_threshold(*usual_garbage_threshold)
