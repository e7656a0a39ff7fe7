"""Requests of all kinds to web: spend, reads, pages, exports, reports, what monitors ask."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client as OfDjango
from django.urls import reverse

from ads.models import Brand
from support.web import Client, Refused, authorization

CLIENTS: Final = 8
BATCH: Final = 500
TRIES: Final = 10

#: The token of monitors, which web is to be started with.
TOKEN: Final = "of a benchmark that asks for the metrics"  # noqa: S105


class MixedRequests:
    """Sends them from :data:`CLIENTS` at once, of random brands and campaigns."""

    def __init__(self, port: int, campaigns: int) -> None:
        self._campaigns = campaigns
        self._brands = Brand.objects.count()
        self._random = random.Random(1)
        self._numbers = count(1)
        key = {**authorization(), "Content-Type": "application/json"}
        self._clients = [(Client(port, key), Client(port, person(), "")) for _ in range(CLIENTS)]

    def send(self, requests: int) -> None:
        """Send so many, and wait for their answers."""
        kinds = self._kinds()
        picked = self._random.choices(
            [kind for _, kind in kinds], [weight for weight, _ in kinds], k=requests
        )

        def send(at: int) -> None:
            api, console = self._clients[at]
            for kind in picked[at::CLIENTS]:
                is_of_api, path, body = kind()
                ask(api if is_of_api else console, path, body)

        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(send, range(CLIENTS)))

    def _kinds(self) -> list[tuple[int, Callable[[], tuple[bool, str, bytes | None]]]]:
        """How many of a thousand, and what makes one: of the API?, its path, its body."""

        def campaign() -> int:
            return self._random.randint(1, self._campaigns)

        def brand() -> int:
            return self._random.randint(1, self._brands)

        def read(path: str, *of: Callable[[], int]) -> Callable[[], tuple[bool, str, None]]:
            return lambda: (True, path.format(*(one() for one in of)), None)

        def page(name: str, *of: Callable[[], int], **asked: Any) -> Any:
            def one() -> tuple[bool, str, None]:
                found = {key: value() if callable(value) else value for key, value in asked.items()}
                path = reverse(f"admin:{name}", args=[each() for each in of])
                return False, f"{path}?{urlencode(found)}", None

            return one

        def entry(campaign: int) -> dict[str, Any]:
            return {
                "campaign": campaign,
                "amount": "0.01",
                "external_id": f"entry-{next(self._numbers)}",
            }

        def single() -> tuple[bool, str, bytes]:
            return True, "/spend/entries", json.dumps(entry(campaign())).encode()

        def batch() -> tuple[bool, str, bytes]:
            of_brand = range(brand(), self._campaigns + 1, self._brands)
            entries = [entry(self._random.choice(of_brand)) for _ in range(BATCH)]
            return True, "/spend/entries", json.dumps({"entries": entries}).encode()

        def preview() -> tuple[bool, str, bytes]:
            first = campaign()
            ids = ",".join(map(str, range(first, min(first + 100, self._campaigns + 1))))
            path = reverse("admin:ads_campaign_act", args=["pause"])
            return False, path, urlencode({"ids": ids}).encode()

        return [
            (600, single),
            (40, batch),
            (140, read("/campaigns/{}/delivery", campaign)),
            (40, read("/campaigns/{}/summary", campaign)),
            (30, read("/campaigns?brand={}", brand)),
            (20, read("/delivery-changes")),
            (20, lambda: (False, "/metrics", None)),
            (20, lambda: (False, "/ready", None)),
            (8, page("index")),
            (8, page("ads_campaign_changelist")),
            (8, page("ads_campaign_changelist", brand__id__exact=brand)),
            (6, page("ads_brand_changelist")),
            (6, page("ads_spend_changelist")),
            (6, page("ads_deliverychange_changelist")),
            (16, page("ads_campaign_change", campaign)),
            (8, page("ads_brand_change", brand)),
            (6, preview),
            (6, page("ads_campaign_export_csv", brand__id__exact=brand)),
            (4, page("ads_spend_export_csv", q="nowhere")),
            (4, page("ads_brand_report", brand)),
            (4, page("ads_brand_report", brand, **{"as": "pdf"})),
        ]


def ask(client: Client, path: str, body: bytes | None) -> None:
    """Ask until there is an answer, as programs are told to."""
    for _ in range(TRIES):
        try:
            client.ask(path, body)
        except ConnectionError:  # gunicorn ends connections that are idle for two seconds
            client.connection.close()
        except Refused as refused:
            if refused.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        else:
            return
    raise SystemExit(f"{path}: no answer")


def person() -> dict[str, str]:
    """The headers of an administrator who is logged in, and of a monitor."""
    client = OfDjango()
    client.force_login(get_user_model().objects.get(username="admin"))
    token = "a" * 32
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={token}",
        "X-CSRFToken": token,
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
