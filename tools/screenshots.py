#!/usr/bin/env python3
"""Take pictures of the console.

The main pages, wide and narrow, light and dark::

    .venv/bin/python tools/screenshots.py pictures/

or only those that the README shows::

    .venv/bin/python tools/screenshots.py --readme docs/

They show sample data in a scratch database. Chromium must be installed.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from support.database import scratch  # noqa: E402  (sets Django up)

from budget_manager.celery import app  # noqa: E402

# No worker takes up what is done here.
app.conf.update(broker_url="memory://", result_backend="cache+memory://")

import sample_day  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db.models import Count, Model  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_celery_beat.models import PeriodicTask  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from ads import tasks  # noqa: E402
from ads.models import Brand, Campaign, DaypartingSchedule, Spend, SpendImport  # noqa: E402
from ads.rules.calendar import local_time  # noqa: E402
from ads.tests.browser import chromium, world  # noqa: E402
from ads.tests.browser.contexts import NARROW, WIDE, context_of  # noqa: E402

LEAST, MOST = 900, 3000  # pixels of height
SETTLED: Final = 600  # milliseconds in which a chart is drawn


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, and what is clicked and typed there before it is taken.

    Without ``height`` it is as high as the page; ``timezone`` is the browser's.
    """

    path: str
    act: Callable[[Page], object] = lambda _: None
    width: int = WIDE
    height: int | None = None
    theme: str = "light"
    timezone: str | None = None


def of_readme() -> dict[str, Picture]:
    """Those in the README: few, of a window's height."""
    overview = reverse("admin:index")
    # One that has used up a budget.
    held = Campaign.objects.filter(
        is_dayparting_enabled=False, is_active=False, status="active"
    ).order_by("-daily_budget", "pk")[0]
    # One of which opening the whole of today starts campaigns.
    schedule = DaypartingSchedule.objects.filter(
        campaigns__is_active=False, campaigns__status="active"
    ).order_by("pk")[0]
    return {
        "overview": Picture(overview, height=1100),
        "narrow": Picture(overview, width=NARROW, height=900, theme="dark"),
        "campaigns": Picture(_listed("ads_campaign"), height=1100),
        "campaign": Picture(_page_of(held), height=1100, theme="dark"),
        "schedule": Picture(
            _page_of(schedule), _open_today(schedule), height=1100, timezone=schedule.timezone
        ),
    }


def pictures() -> dict[str, Picture]:
    """The pages by the names of their pictures."""
    lists = {
        "campaigns": "ads_campaign",
        "brands": "ads_brand",
        "schedules": "ads_daypartingschedule",
        "delivery-changes": "ads_deliverychange",
        "spend-entries": "ads_spend",
        "unmatched-campaigns": "ads_unknownreference",
        "change-history": "ads_campaignevent",
        "users": "auth_user",
        "imports": "ads_spendimport",
        "periodic-tasks": "django_celery_beat_periodictask",
    }
    rows: dict[str, Model | None] = {
        "campaign": _with_most("delivery_changes"),
        "brand": Brand.objects.order_by("pk").first(),
        "schedule": DaypartingSchedule.objects.order_by("pk").first(),
        "import": SpendImport.objects.order_by("pk").first(),
        "entry": Spend.objects.order_by("-pk").first(),
        "periodic-task": PeriodicTask.objects.order_by("pk").first(),
    }
    filtered = f"{_listed('ads_campaign')}?hold=daily_budget"
    return {
        "overview": Picture(reverse("admin:index")),
        **{name: Picture(_listed(model)) for name, model in lists.items()},
        **{name: Picture(_page_of(row)) for name, row in rows.items()},
        "campaigns-held": Picture(filtered),
        "correction": Picture(_page_of(rows["entry"], "correct")),
        "campaigns-searched": Picture(f"{filtered}&q=nothing+like+this"),
        "delete-refused": Picture(_page_of(rows["campaign"], "delete")),
        "user": Picture(_page_of(User.objects.latest("pk"))),
        "user-new": Picture(reverse("admin:auth_user_add")),
        "search": Picture(reverse("admin:index"), _search("new")),
        "search-nothing": Picture(reverse("admin:index"), _search("nothing like this")),
        "no-such-page": Picture(f"{reverse('admin:index')}nowhere/"),
    }


def _of_nothing() -> dict[str, Picture]:
    """Pages of a new installation."""
    return {
        "overview-empty": Picture(reverse("admin:index")),
        "campaigns-empty": Picture(_listed("ads_campaign")),
        "brand-new": Picture(reverse("admin:ads_brand_add")),
    }


def _listed(model: str) -> str:
    return reverse(f"admin:{model}_changelist")


def _with_most(related: str) -> Model | None:
    return Campaign.objects.annotate(n=Count(related)).order_by("-n", "pk").first()


def _page_of(row: Model | None, page: str = "change") -> str:
    assert row is not None  # noqa: S101  (the world has one of everything)
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[row.pk])


def _search(text: str) -> Callable[[Page], None]:
    """Search with Ctrl+K."""

    def act(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.get_by_placeholder("Type to search").press_sequentially(text)
        page.locator("#command-results-list").wait_for()

    return act


def _open_today(schedule: DaypartingSchedule) -> Callable[[Page], None]:
    """Open today without saving, and show the grid with what that would do."""

    def act(page: Page) -> None:
        today = local_time(timezone.now(), schedule.timezone).strftime("%A")
        page.get_by_role("rowheader", name=today, exact=True).click()
        page.get_by_text("would start").wait_for()
        page.mouse.move(0, 0)
        page.locator("[data-week]").evaluate("panel => panel.scrollIntoView()")

    return act


def take(browser: Browser, url: str, user: User | None, wanted: dict[str, Picture]) -> None:
    """Write the pictures into the current directory."""
    for name, picture in wanted.items():
        context = context_of(
            browser,
            url,
            user,
            width=picture.width,
            theme=picture.theme,
            timezone=picture.timezone,
        )
        page = context.new_page()
        page.set_viewport_size({"width": picture.width, "height": picture.height or LEAST})
        page.goto(picture.path, wait_until="networkidle")
        picture.act(page)
        if picture.height is None:
            # As high as the page: what stays at the bottom of a window would lie across it.
            height = page.evaluate("() => document.documentElement.scrollHeight")
            page.set_viewport_size({"width": picture.width, "height": min(height, MOST)})
        page.wait_for_timeout(SETTLED)
        path = Path(f"{name}.png")
        image = Image.open(BytesIO(page.screenshot())).convert("RGB")
        image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size:,} bytes")
        context.close()


def in_every_look(wanted: dict[str, Picture]) -> dict[str, Picture]:
    """Each wide and narrow, light and dark."""
    widths = {"wide": WIDE, "narrow": NARROW}
    return {
        f"{name}-{width}-{theme}": replace(picture, width=widths[width], theme=theme)
        for width, theme in product(widths, ("light", "dark"))
        for name, picture in wanted.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readme", action="store_true", help="only those in the README")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    path = chromium.executable()
    if path is None:
        print(chromium.HOW_TO_GET_ONE, file=sys.stderr)
        return 1
    given.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(given.folder)
    with scratch("screenshots"), chromium.running(path) as browser:
        server = LiveServer("localhost")
        try:
            if given.readme:
                user = sample_day.make(timezone.now())
                take(browser, server.url, user, of_readme())
            else:
                first = User.objects.create_superuser("first")
                login = {"login": Picture(reverse("admin:login"))}
                take(browser, server.url, None, in_every_look(login))
                take(browser, server.url, first, in_every_look(_of_nothing()))
                user = make(timezone.now())
                take(browser, server.url, user, in_every_look(pictures()))
        finally:
            server.stop()
    return 0


def make(now: datetime) -> User:
    user = world.make(now, brands=4, campaigns=24, spend_days=30)
    lowered = Brand.objects.order_by("pk")[0]
    lowered.daily_budget = Decimal(440)
    lowered.save(update_fields=["daily_budget"])
    for task in (tasks.enforce_dayparting, tasks.reset_daily_budgets, tasks.reset_monthly_budgets):
        task()
    return user


if __name__ == "__main__":
    sys.exit(main())
