"""The pictures that the README shows: few, of a window's height, and small as files."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import _sample_day
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page

from ads.models import Campaign, DaypartingSchedule
from ads.rules.calendar import local_time
from ads.tests.browser.contexts import NARROW, WIDE, context_of

#: Heights of the windows, pixels.
TALL: Final = 1100
PHONE: Final = 900
COLOURS: Final = 256
MOST_BYTES: Final = 150_000
SETTLED: Final = 600  # milliseconds in which a chart is drawn


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as the README shows it, seen by somebody in ``timezone``."""

    path: str
    width: int = WIDE
    height: int = TALL
    theme: str = "light"
    timezone: str | None = None
    act: Callable[[Page], object] = lambda _: None


def take(browser: Browser, url: str) -> int:
    """Write the pictures into the current directory; returns how many."""
    user = _sample_day.make(timezone.now())
    shown = _shown()
    for name, picture in shown.items():
        context = context_of(
            browser,
            url,
            user,
            width=picture.width,
            theme=picture.theme,
            timezone=picture.timezone,
        )
        page = context.new_page()
        page.set_viewport_size({"width": picture.width, "height": picture.height})
        page.goto(picture.path, wait_until="networkidle")
        picture.act(page)
        page.wait_for_timeout(SETTLED)
        _write(Path(f"{name}.png"), page.screenshot())
        context.close()
    return len(shown)


def _shown() -> dict[str, Shown]:
    overview = reverse("admin:index")
    # One that has used up a budget.
    held = Campaign.objects.filter(
        is_dayparting_enabled=False, is_active=False, status="active"
    ).order_by("-daily_budget", "pk")[0]
    schedule = _closed_today()
    return {
        "overview": Shown(overview),
        "narrow": Shown(overview, width=NARROW, height=PHONE, theme="dark"),
        "campaigns": Shown(reverse("admin:ads_campaign_changelist")),
        "campaign": Shown(reverse("admin:ads_campaign_change", args=[held.pk]), theme="dark"),
        "schedule": Shown(
            reverse("admin:ads_daypartingschedule_change", args=[schedule.pk]),
            timezone=schedule.timezone,
            act=lambda page: _open_today(page, schedule),
        ),
    }


def _closed_today() -> DaypartingSchedule:
    """One of which opening the whole of today starts campaigns."""
    return DaypartingSchedule.objects.filter(
        campaigns__is_active=False, campaigns__status="active"
    ).order_by("pk")[0]


def _open_today(page: Page, schedule: DaypartingSchedule) -> None:
    """Open today without saving, and show the grid with what that would do."""
    today = local_time(timezone.now(), schedule.timezone).strftime("%A")
    page.get_by_role("rowheader", name=today, exact=True).click()
    page.get_by_text("would start").wait_for()
    page.mouse.move(0, 0)
    page.locator("[data-week]").evaluate("panel => panel.scrollIntoView()")


def _write(path: Path, screenshot: bytes) -> None:
    image = Image.open(BytesIO(screenshot)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        print(f"{path} is larger than it should be: {size:,} bytes")
