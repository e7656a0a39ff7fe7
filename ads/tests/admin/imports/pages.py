"""The pages of imports, as a browser uses them."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import SpendImport
from ads.services.imports import uploads
from ads.tests.admin.pages import add, change, context_of

UPLOAD = "ads_spendimport"
#: The parts of the form that browsers always send.
OPTIONS = {"campaign_by": "auto"}


def address(one: SpendImport, page: str) -> str:
    return reverse(f"admin:ads_spendimport_{page}", args=[one.pk])


def send(client: Client, content: str | bytes, name: str = "spend.csv", **options: str) -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, data)
    return client.post(add(UPLOAD), {"file": file, **OPTIONS, **options})


def sent(client: Client, content: str | bytes, **options: str) -> SpendImport:
    answer = send(client, content, **options)
    assert answer.status_code == 302, answer.context["form"].errors
    return SpendImport.objects.latest("pk")


def page(client: Client, one: SpendImport) -> str:
    return str(client.get(change(one)).content.decode())


def check(one: SpendImport) -> None:
    uploads.check(one.pk, timezone.now())
    one.refresh_from_db()


def confirm(client: Client, one: SpendImport, **fields: Any) -> Any:
    seen = {"checks": one.checks, "leaves_out": 0, **fields}
    return client.post(address(one, "confirm"), seen)


def read_form(client: Client, one: SpendImport) -> dict[str, Any]:
    """What a browser would send of the page on which it is said how a file is read."""
    data: dict[str, Any] = {}
    for field in context_of(client, address(one, "read"))["form"]:
        value = field.value()
        if field.name == "observed_at":
            halves = field.subwidgets[0].data["subwidgets"]
            data |= {half["name"]: half["value"] for half in halves}
        elif value is True:
            data[field.html_name] = "on"
        elif value not in (None, False):
            data[field.html_name] = value
    return data
