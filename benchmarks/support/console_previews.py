"""Previews that the console computes from a posted form; they write nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone

from ads.admin.actions import text
from ads.admin.brands import actions as brand_actions
from ads.admin.campaigns.actions import CampaignActions
from ads.models import Brand, Campaign, DaypartingSchedule
from ads.services.bulk import How
from support.console_pages import Address, heaviest

#: How many campaigns are selected: a page of the list, and as many as an action takes.
CHOSEN: Final = (100, CampaignActions.most)
#: How many brands are selected, besides the one with most campaigns.
CHOSEN_BRANDS: Final = 100

_RAISED: Final = {
    "daily_how": How.RAISE_PERCENT.value,
    "daily_by": "10",
    "monthly_how": How.RAISE_PERCENT.value,
    "monthly_by": "10",
    "of_brand": "on",
    "of_campaigns": "on",
}
_MORE: Final = {"period": "day", "amount": "10", "reason": "Launch"}


def every_post(wanted: str) -> Iterator[Address]:
    """The previews of all actions and of a schedule that match ``wanted`` (a regex)."""
    yield from (one for one in _posts() if re.search(wanted, str(one)))


def _posts() -> Iterator[Address]:
    schedule: Any = heaviest(DaypartingSchedule)
    brand: Any = heaviest(Brand)
    form: dict[str, dict[str, Any]] = {
        "change_budgets": _RAISED,
        "change_priority": {"priority": "3"},
        "reset_daily_spend": _MORE,
        "let_run_on": _MORE,
        "schedule_budgets": {
            **_RAISED,
            "starts_on": f"{timezone.now().date() + timedelta(days=9)}",
        },
        "attach_schedule": {"schedule": schedule.pk, "enable": "on"},
        "detach_schedule": {"schedule": schedule.pk},
    }
    for most in CHOSEN:
        ids = Campaign.objects.order_by("-pk").values_list("pk", flat=True)[:most]
        chosen = ",".join(map(str, ids))
        for code in text.PAGES:
            yield _asked("ads_campaign", code, len(ids), {"ids": chosen, **form.get(code, {})})
    several = Brand.objects.order_by("-pk").values_list("pk", flat=True)[:CHOSEN_BRANDS]
    for brands in ([brand.pk], several):
        chosen = ",".join(map(str, brands))
        for code in brand_actions.PAGES:
            yield _asked("ads_brand", code, len(brands), {"ids": chosen, **form.get(code, {})})
    yield _preview(schedule)


def _asked(model: str, code: str, count: int, post: dict[str, Any]) -> Address:
    return Address(
        f"{model}_act",
        reverse(f"admin:{model}_act", args=[code]),
        says=("ads-headline",),
        post=post,
        about=f"{code} of {count:,}",
    )


def _preview(schedule: DaypartingSchedule) -> Address:
    windows = list(schedule.windows.all())
    post: dict[str, Any] = {
        "name": schedule.name,
        "timezone": schedule.timezone,
        "priority": schedule.priority,
        "is_active": "on",
        "viewers_timezone": "Asia/Tokyo",
        "windows-TOTAL_FORMS": len(windows),
        "windows-INITIAL_FORMS": len(windows),
    }
    for number, window in enumerate(windows):
        post |= {
            f"windows-{number}-id": window.pk,
            f"windows-{number}-day_of_week": window.day_of_week,
            f"windows-{number}-start_time": window.start_time,
            f"windows-{number}-end_time": window.end_time,
        }
    return Address(
        "ads_daypartingschedule_preview",
        reverse("admin:ads_daypartingschedule_preview", args=[schedule.pk]),
        says=("ads-preview-clocks",),
        post=post,
    )
