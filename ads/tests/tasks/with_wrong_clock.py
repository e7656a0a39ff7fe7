"""Everything that changes something, tried in a process of its own, whose clock may be wrong.

Prints as JSON what each said.
"""

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from io import StringIO
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from ads import tasks  # noqa: E402
from ads.clockwork import Scheduler  # noqa: E402
from ads.models import Campaign  # noqa: E402
from ads.services import BudgetService, CampaignService  # noqa: E402
from budget_manager.celery import app  # noqa: E402


def said(act: Callable[[], object]) -> str:
    """What it answered, or the error's name and text."""
    try:
        return str(act())
    except Exception as error:  # noqa: BLE001  (whatever it is, it is to be shown)
        return f"{type(error).__name__}: {error}"


def command(*words: str) -> Callable[[], str]:
    def run() -> str:
        out = StringIO()
        call_command(*words, stdout=out)
        return out.getvalue()

    return run


def beat() -> str:
    scheduler = Scheduler(app=app)
    waits = [scheduler.tick() for _ in range(3)]
    scheduler.sync()
    return f"waits {waits}"


def main(campaign_id: int, key: str) -> None:
    settings.ALLOWED_HOSTS.append("testserver")
    campaign = Campaign.objects.get(pk=campaign_id)
    api, console = Client(headers={"Authorization": f"Bearer {key}"}), Client()
    console.force_login(User.objects.get(username="ada"))
    page = f"/admin/ads/brand/{campaign.brand_id}/change/"
    entry = {"campaign": campaign_id, "amount": 1, "external_id": "late"}

    def sent() -> Any:
        answer = api.post("/api/v1/spend/entries", json.dumps(entry), "application/json")
        return f"{answer.status_code} {answer['Retry-After']} {answer.content.decode()}"

    def saved() -> str:
        answer = console.post(page, {"name": "Renamed", "timezone": "UTC"})
        return f"{answer.status_code} {unescape(answer.content.decode())}"

    outcome = {
        name: said(getattr(tasks, name))
        for name in (
            "check_campaign_budgets",
            "enforce_dayparting",
            "reset_daily_budgets",
            "reset_monthly_budgets",
            "update_spend",
            "record_waiting_spend",
            "continue_imports",
        )
    } | {
        "command check_budgets": said(command("check_budgets")),
        "command reset_budgets": said(command("reset_budgets")),
        "python record_spend": said(lambda: BudgetService.record_spend(campaign, Decimal(1))),
        "python pause": said(lambda: CampaignService.pause(campaign)),
        "api": said(sent),
        "api reads": said(lambda: api.get("/api/v1/campaigns").status_code),
        "page": said(saved),
        "page reads": said(lambda: console.get(page).status_code),
        "beat": said(beat),
    }
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
