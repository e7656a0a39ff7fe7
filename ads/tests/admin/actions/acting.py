"""Choosing campaigns, asking what an action would do, and doing it."""

from html import unescape
from typing import Any

from django.test import Client

from ads.models import Campaign
from ads.tests.admin.pages import act, confirm, said, undrawn

SIMPLE = ["activate", "pause", "complete", "archive"]
OPERATORS = ["activate", "pause", "reset_daily_spend"]
#: What is filled in to let something run on.
RUN_ON = {"period": "day", "amount": "", "until": "", "reason": "Launch"}


def ask(client: Client, action: str, *campaigns: Campaign) -> Any:
    """Choose campaigns and the action: the page that says what will happen."""
    response = act(client, "ads_campaign", action, list(campaigns))
    assert response.status_code == 200
    assert response.template_name == "ads/admin/action.html"
    return response


def run(client: Client, action: str, *campaigns: Campaign, **fields: Any) -> list[str]:
    """Do it, and return what is said about it, as plain text."""
    with undrawn():
        asked = ask(client, action, *campaigns)
    response = confirm(client, asked, **fields)
    return [plain(message) for message in said(response)]


def plain(message: str) -> str:
    """A message without its link and button."""
    return unescape(message.partition("<")[0].strip())


def table(response: Any) -> dict[str, list[tuple[str, str]]]:
    """The budgets in the preview, before and after; "" before where one stays."""
    rows = response.context["budgets"]["rows"]
    return {row["name"]: [(cell["old"], cell["new"]) for cell in row["cells"]] for row in rows}


def shown_preview(response: Any) -> dict[str, tuple[int, str, list[str]]]:
    """The rows of the page: how many, why, and who."""
    return {
        line.label: (line.count, line.why, [row.name for row in line.first])
        for line in response.context["lines"]
    }
