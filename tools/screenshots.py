#!/usr/bin/env python3
"""Pictures of the main pages, wide and narrow, light and dark::

    .venv/bin/python tools/screenshots.py pictures/

They show sample data in a database of its own, which is gone afterwards; nothing else is touched.
Chromium must be installed.
"""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from _database import scratch  # noqa: E402  (sets Django up)

from budget_manager.celery import app  # noqa: E402

# Nobody's worker takes up what is done here.
app.conf.update(broker_url="memory://", result_backend="cache+memory://")

from django.contrib.auth.models import User  # noqa: E402
from django.db.models import Model  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from ads.models import Brand, Campaign, DaypartingSchedule, SpendImport  # noqa: E402
from ads.tests.browser import chromium, world  # noqa: E402
from ads.tests.browser.contexts import NARROW, WIDE, context_of  # noqa: E402

WIDTHS: Final = {"wide": WIDE, "narrow": NARROW}
THEMES: Final = ("light", "dark")
LEAST, MOST = 900, 3000  # pixels of height


def addresses() -> dict[str, str]:
    """The pages by the names of their pictures."""
    lists = {
        "campaigns": "ads_campaign",
        "brands": "ads_brand",
        "schedules": "ads_daypartingschedule",
        "delivery-changes": "ads_deliverychange",
        "ledger": "ads_spend",
        "unknown-references": "ads_unknownreference",
        "imports": "ads_spendimport",
        "periodic-tasks": "django_celery_beat_periodictask",
    }
    rows: dict[str, type[Model]] = {
        "campaign": Campaign,
        "brand": Brand,
        "schedule": DaypartingSchedule,
        "import": SpendImport,
    }
    return {
        "overview": reverse("admin:index"),
        **{name: reverse(f"admin:{model}_changelist") for name, model in lists.items()},
        **{name: _page_of(model) for name, model in rows.items()},
    }


def _page_of(model: type[Model]) -> str:
    row = model._default_manager.order_by("pk").first()
    assert row is not None, model  # noqa: S101  (the world has one of everything)
    return reverse(f"admin:ads_{model._meta.model_name}_change", args=[row.pk])


def take(browser: Browser, url: str, user: User, folder: Path) -> int:
    """Write the pictures; returns how many."""
    taken = 0
    for width_name, width in WIDTHS.items():
        for theme in THEMES:
            context = context_of(browser, url, user, width=width, theme=theme)
            page = context.new_page()
            for name, path in addresses().items():
                page.set_viewport_size({"width": width, "height": LEAST})
                page.goto(path, wait_until="networkidle")
                # As high as the page: what stays at the bottom of a window would lie across it.
                height = page.evaluate("() => document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": min(height, MOST)})
                page.screenshot(path=folder / f"{name}-{width_name}-{theme}.png")
                taken += 1
            context.close()
    return taken


def main(arguments: list[str]) -> int:
    path = chromium.executable()
    if len(arguments) != 1:
        print(f"usage: {Path(sys.argv[0]).name} FOLDER", file=sys.stderr)
        return 2
    if path is None:
        print(chromium.HOW_TO_GET_ONE, file=sys.stderr)
        return 1
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    with scratch("screenshots"), chromium.running(path) as browser:
        user = make(timezone.now())
        server = LiveServer("localhost")
        try:
            taken = take(browser, server.url, user, Path.cwd())
        finally:
            server.stop()
    print(f"{taken} pictures in {folder}")
    return 0


def make(now: datetime) -> User:
    return world.make(now, brands=4, campaigns=24, spend_days=30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
