"""What a new installation still lacks, and how to get there."""

import csv
from contextlib import suppress
from datetime import datetime
from io import StringIO
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from ads.admin.elements import address, may, picked
from ads.models import ApiKey, Brand, Campaign, Connection, SpendImport
from ads.rules.calendar import UnknownTimezone, local_date
from ads.services.overview import Overview


def first_steps(request: HttpRequest, seen: Overview) -> list[dict[str, Any]] | None:
    """The steps from nothing to the first spend; None when all are done."""
    missing = seen.first_steps
    if missing is None:
        return None
    brand, campaign = missing.brand, missing.campaign
    of_brand = {"brand": str(brand.pk)} if brand else {}
    steps: list[dict[str, Any]] = [
        {
            "title": "Add a brand",
            "text": "A brand is a client. Its day begins at midnight in its timezone; its budgets, "
            "if it has any, are for all its campaigns together. Brands and campaigns can also be "
            "created from the accounts of an ad platform, or from its report.",
            "done": f"{brand} is there." if brand else "",
            "links": _links(
                request,
                (Brand, "Add a brand", {}),
                (Connection, "Connect an ad platform", {}),
                (SpendImport, "Upload a report", {}),
            ),
        },
        {
            "title": "Add a campaign",
            "text": "It belongs to one brand for life. Give it a daily or monthly budget: it stops "
            "when that is used up, and runs again with the new day or month.",
            "done": f"{campaign} is there." if campaign else "",
            "links": _links(request, (Campaign, "Add a campaign", of_brand)),
        },
        {
            "title": "Send the first spend",
            "text": "Spend is added up as it arrives, and campaigns over their budgets stop. "
            "Accounts on connected ad platforms are asked every few minutes.",
            "done": "",
            "links": _links(
                request,
                (SpendImport, "Upload a file", {}),
                (Connection, "Connect an ad platform", {}),
                (ApiKey, "Make an API key", {}),
            ),
            "ways": _ways(campaign, seen.now),
        },
    ]
    next(step for step in steps if not step["done"])["now"] = True
    return steps


def _links(
    request: HttpRequest, *wanted: tuple[type[Model], str, dict[str, str]]
) -> list[dict[str, str]]:
    """The add pages that this user may open."""
    return [
        {"text": text, "link": picked(address(model, "add"), **given)}
        for model, text, given in wanted
        if may(request, model, "add")
    ]


def _ways(campaign: Campaign | None, now: datetime) -> list[dict[str, str]]:
    """What to copy: a file for the campaign, and the command for sample data."""
    name, today = "Spring sale", now.date()
    if campaign:
        name = campaign.name
        with suppress(UnknownTimezone):
            today = local_date(now, campaign.brand.timezone)
    line = StringIO()
    csv.writer(line, lineterminator="").writerow([name, today, "12.50"])
    return [
        {
            "title": "In a file",
            "text": "Save these lines as spend.csv and upload it.",
            "code": f"campaign,date,amount\n{line.getvalue()}",
        },
        {
            "title": "Sample data",
            "text": "Adds sample brands, campaigns and spend to look around.",
            "code": "./manage.py seed_data",
        },
    ]
