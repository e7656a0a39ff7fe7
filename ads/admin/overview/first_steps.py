"""What a new installation still lacks, and the way there."""

import csv
import json
from contextlib import suppress
from datetime import datetime
from io import StringIO
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from ads.admin.elements import address, may, picked
from ads.models import ApiKey, Brand, Campaign, SpendImport
from ads.rules.calendar import UnknownTimezone, local_date
from ads.services.overview import Overview


def first_steps(request: HttpRequest, seen: Overview) -> list[dict[str, Any]] | None:
    """The path from nothing to the first spend; None where it has been gone."""
    missing = seen.first_steps
    if missing is None:
        return None
    steps: list[dict[str, Any]] = [
        {
            "title": "Make a brand",
            "text": "A brand is a client. Its timezone says when its day begins; a budget, if you "
            "give it one, is for all its campaigns together.",
            "done": f"{missing.brand} is there." if missing.brand else "",
            "links": _links(request, (Brand, "Add a brand", {})),
        },
        {
            "title": "Make a campaign",
            "text": "It belongs to one brand for life. Give it a daily or monthly budget: when "
            "that is used up it stops, and comes back with the new day or month.",
            "done": f"{missing.campaign} is there." if missing.campaign else "",
            "links": _links(request, (Campaign, "Add a campaign", _of(missing.brand))),
        },
        {
            "title": "Send the first spend",
            "text": "What comes in is added up at once, and what is over its budget stops.",
            "done": "",
            "links": _links(
                request, (SpendImport, "Upload a file", {}), (ApiKey, "Make an API key", {})
            ),
            "ways": _ways(
                missing.campaign,
                seen.now,
                request.build_absolute_uri(reverse("api-1:send_entries")),
            ),
        },
    ]
    # One thing at a time: the first that is not done is what to do now.
    following = next(step for step in steps if not step["done"])
    following["now"] = True
    return steps


def _of(brand: Brand | None) -> dict[str, str]:
    return {"brand": str(brand.pk)} if brand else {}


def _links(
    request: HttpRequest, *wanted: tuple[type[Model], str, dict[str, str]]
) -> list[dict[str, str]]:
    """The pages on which rows are added, of those that this user may add."""
    return [
        {"text": text, "link": picked(address(model, "add"), **given)}
        for model, text, given in wanted
        if may(request, model, "add")
    ]


def _ways(campaign: Campaign | None, now: datetime, entries: str) -> list[dict[str, str]]:
    """How spend comes in, as it would be typed for the campaign that is there."""
    name, pk, today = "Spring sale", 1, now.date()
    if campaign:
        name, pk = campaign.name, campaign.pk
        with suppress(UnknownTimezone):
            today = local_date(now, campaign.brand.timezone)
    row = {"campaign": pk, "amount": "12.50", "external_id": "click-1"}
    return [
        {
            "title": "In a file",
            "text": "Save these lines as spend.csv, and upload it or import it by command.",
            "code": f"campaign,date,amount\n{_csv(name, f'{today}', '12.50')}",
        },
        {
            "title": "By command",
            "text": "What was imported before is not counted again.",
            "code": "./manage.py import_spend spend.csv",
        },
        {
            "title": "Over HTTP",
            "text": "With an API key that may send spend, in $KEY.",
            "code": f'curl {entries} -H "Authorization: Bearer $KEY" \\\n'
            f"  -H 'Content-Type: application/json' \\\n  -d '{json.dumps({'entries': [row]})}'",
        },
        {
            "title": "Only to look around",
            "text": "Makes sample brands, campaigns and spend beside what is there.",
            "code": "./manage.py seed_data",
        },
    ]


def _csv(*cells: str) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
