"""The pages of unmatched campaigns."""

from typing import Any

from django.test import Client
from django.urls import reverse

from ads.models import UnknownReference
from ads.tests.admin.pages import context_of

LIST = "/admin/ads/unknownreference/"


def page_of(unknown: UnknownReference, action: str = "change") -> str:
    return reverse(f"admin:ads_unknownreference_{action}", args=[unknown.pk])


def waiting(reference: str = "7") -> UnknownReference:
    return UnknownReference.objects.get(reference=reference)


def listed(client: Client, query: str = "") -> list[Any]:
    return list(context_of(client, f"{LIST}?{query}")["cl"].result_list)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


ACTIONS = ["match_campaign", "match_new", "discard"]
