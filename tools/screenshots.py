#!/usr/bin/env python3
"""Pictures of the main pages, wide and narrow, light and dark::

    .venv/bin/python tools/screenshots.py pictures/

and the few of them that the README shows::

    .venv/bin/python tools/screenshots.py --readme docs/

They show sample data in a database of its own, which is gone afterwards; nothing else is touched.
Chromium must be installed.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from support.database import scratch  # noqa: E402  (sets Django up)

from budget_manager.celery import app  # noqa: E402

# Nobody's worker takes up what is done here.
app.conf.update(broker_url="memory://", result_backend="cache+memory://")

import _readme  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db.models import Count, F, Model  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_celery_beat.models import PeriodicTask  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402

from ads import tasks  # noqa: E402
from ads.models import Brand, Campaign, DaypartingSchedule, Spend, SpendImport  # noqa: E402
from ads.tests.browser import chromium, world  # noqa: E402
from ads.tests.browser.contexts import NARROW, WIDE, context_of  # noqa: E402

WIDTHS: Final = {"wide": WIDE, "narrow": NARROW}
THEMES: Final = ("light", "dark")
LEAST, MOST = 900, 3000  # pixels of height
SETTLED: Final = 400  # milliseconds in which a chart has taken its new width


@dataclass(frozen=True, slots=True)
class Picture:
    """A page, and what is clicked and typed there before it is taken."""

    path: str
    act: Callable[[Page], object] = lambda _: None


def pictures() -> dict[str, Picture]:
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
        "action-preview": Picture(_page_of(rows["brand"]), _raise_budgets),
        "correction": Picture(_page_of(rows["entry"], "correct"), _correct),
        "attach-schedule": Picture(_listed("ads_campaign"), _begin("Attach a schedule")),
        "campaigns-searched": Picture(f"{filtered}&q=nothing+like+this"),
        "delete-refused": Picture(_page_of(rows["campaign"], "delete")),
        "user": Picture(_page_of(User.objects.latest("pk"))),
        "user-new": Picture(reverse("admin:auth_user_add")),
        "no-such-page": Picture(f"{reverse('admin:index')}nowhere/"),
    }


def _of_changes() -> dict[str, Picture]:
    """What is seen after something was changed: each time it is taken, more is."""
    campaign = _with_most("delivery_changes")
    return {
        "conflict": Picture(f"{_page_of(campaign)}#edit", _save_over(campaign)),
        "undo": Picture(f"{_listed('ads_campaign')}?state=Active", _pause_some),
    }


def _of_nothing() -> dict[str, Picture]:
    """What a new installation shows."""
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


def _raise_budgets(page: Page) -> None:
    page.get_by_role("link", name="Change budgets").click()
    page.get_by_label("Daily budgets").select_option("Raise by percent")
    page.get_by_label("By how much, or to what (daily)").fill("10")
    page.get_by_role("button", name="Show what it will do").click()
    page.wait_for_load_state("networkidle")


def _correct(page: Page) -> None:
    page.get_by_label("Why").fill("Invalid clicks, refunded by the platform")
    page.get_by_role("button", name="Show what it does").click()
    page.wait_for_load_state("networkidle")


def _begin(action: str) -> Callable[[Page], None]:
    """Choose two rows of a list, and what to do to them."""

    def act(page: Page) -> None:
        for row in page.locator("input.action-select").all()[:2]:
            row.check()
        actions = page.locator("select[name=action]")
        actions.select_option(label=f"{action} …")
        page.locator("button[name=index]").click()
        page.wait_for_load_state("networkidle")

    return act


def _pause_some(page: Page) -> None:
    _begin("Pause")(page)
    page.get_by_role("button", name="Pause 2 campaigns").click()
    page.wait_for_load_state("networkidle")


def _save_over(campaign: Model | None) -> Callable[[Page], None]:
    """Save a budget that somebody else has changed meanwhile."""
    assert campaign is not None  # noqa: S101  (the world has one of everything)

    def act(page: Page) -> None:
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=F("daily_budget") + 5)
        page.get_by_label("Daily budget").fill("60")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_load_state("networkidle")

    return act


def take(browser: Browser, url: str, user: User | None, wanted: dict[str, Picture]) -> int:
    """Write the pictures into the current directory; returns how many."""
    taken = 0
    for width_name, width in WIDTHS.items():
        for theme in THEMES:
            context = context_of(browser, url, user, width=width, theme=theme)
            page = context.new_page()
            for name, picture in wanted.items():
                page.set_viewport_size({"width": width, "height": LEAST})
                page.goto(picture.path, wait_until="networkidle")
                picture.act(page)
                # As high as the page: what stays at the bottom of a window would lie across it.
                height = page.evaluate("() => document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": min(height, MOST)})
                page.wait_for_timeout(SETTLED)
                page.screenshot(path=f"{name}-{width_name}-{theme}.png")
                taken += 1
            context.close()
    return taken


def main(arguments: list[str]) -> int:
    path = chromium.executable()
    for_readme = arguments[:1] == ["--readme"]
    if len(arguments) != 1 + for_readme:
        print(f"usage: {Path(sys.argv[0]).name} [--readme] FOLDER", file=sys.stderr)
        return 2
    if path is None:
        print(chromium.HOW_TO_GET_ONE, file=sys.stderr)
        return 1
    folder = Path(arguments[-1])
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    with scratch("screenshots"), chromium.running(path) as browser:
        server = LiveServer("localhost")
        try:
            if for_readme:
                taken = _readme.take(browser, server.url)
            else:
                first = User.objects.create_superuser("first")
                taken = take(browser, server.url, None, {"login": Picture(reverse("admin:login"))})
                taken += take(browser, server.url, first, _of_nothing())
                user = make(timezone.now())
                taken += take(browser, server.url, user, pictures())
                taken += take(browser, server.url, user, _of_changes())
        finally:
            server.stop()
    print(f"{taken} pictures in {folder}")
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
    sys.exit(main(sys.argv[1:]))
