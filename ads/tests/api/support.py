"""Calling the API as a program would, through the whole of the web application."""

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client
from django.utils import timezone

from ads.models import Brand
from ads.models.access import Scope
from ads.services.senders import api_keys

PROBLEM = "application/problem+json"


class Program:
    """A program with a key; ``headers`` go with every request."""

    def __init__(self, key: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.client = Client()
        self.headers = dict(headers or {})
        if key:
            self.headers["Authorization"] = f"Bearer {key}"

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        return self.client.get(f"/api/v1{path}", headers={**self.headers, **(headers or {})})

    def post(
        self,
        path: str,
        content: Any = None,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send ``content`` as JSON, or ``body`` as it is."""
        return self.client.post(
            f"/api/v1{path}",
            json.dumps(content).encode() if body is None else body,
            content_type=content_type,
            headers={**self.headers, **(headers or {})},
        )


def key_for(
    name: str = "ETL",
    *,
    source: str = "etl",
    scopes: tuple[str, ...] = tuple(Scope.values),
    brands: tuple[Brand, ...] = (),
    **terms: Any,
) -> str:
    """The text of a new key; of every brand unless it is limited to some."""
    _, text = api_keys.issue(
        name=name,
        source=source,
        scopes=scopes,
        brands=brands,
        every_brand=not brands,
        now=timezone.now(),
        **terms,
    )
    return text


def problem(response: Any, status: int, kind: str) -> Any:
    """The members of a problem, once everything that all of them share has been checked."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == PROBLEM
    content = json.loads(response.content)
    assert content["status"] == status
    assert content["type"] == f"/api/v1/problems#{kind}"
    assert content["title"]
    assert content["detail"]
    assert content["request_id"] == response["X-Request-ID"]
    assert isinstance(content["errors"], list)
    return content
