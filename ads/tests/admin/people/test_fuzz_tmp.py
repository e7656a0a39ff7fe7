import pytest, random
from django.contrib import admin as site
from django.urls import reverse
from django.utils import timezone
from ads.tests import site_map
from ads.tests.browser import world

pytestmark = pytest.mark.django_db
BAD = [
    "abc",
    "-1",
    "99999999999999999999999999",
    "1e5",
    "",
    "2026-13-45",
    "%FF",
    "(",
    ",",
    "null",
    "[]",
    "1,abc",
    "0x10",
    "²",
    "💥",
    "'; --",
]


def test_fuzz(client):
    client.raise_request_exception = False
    client.force_login(world.make(timezone.now()))
    random.seed(3)
    found = {}
    for model, page in site.site._registry.items():
        url = reverse(site_map.address(model, "changelist"))
        names = {
            "id__exact",
            "pk",
            "p",
            "o",
            "q",
            "all",
            "e",
            "_popup",
            "_to_field",
            "x",
            "rows",
            "edit",
            "changed_in",
            "_facets",
            "ot",
            "created_at__year",
            "id__in",
            "id__isnull",
        }
        req = type("R", (), {})
        from django.test import RequestFactory

        r = RequestFactory().get(url)
        r.user = world.User.objects.get(username="olivia")
        for f in page.get_list_filter(r):
            if isinstance(f, tuple):
                n = f[0]
                names |= {
                    f"{n}__exact",
                    f"{n}__id__exact",
                    f"{n}_from",
                    f"{n}_to",
                    f"{n}_from_0",
                    f"{n}_from_1",
                    f"{n}_to_0",
                    n,
                    f"{n}__isnull",
                    f"{n}__in",
                    f"{n}__regex",
                    f"{n}__gte",
                }
            elif isinstance(f, str):
                names.add(f)
            else:
                names.add(getattr(f, "parameter_name", None) or "x")
        for field in model._meta.get_fields():
            if hasattr(field, "attname"):
                names |= {f"{field.name}__exact", f"{field.name}__gt"}
        for n in sorted(names):
            for bad in random.sample(BAD, 2):
                resp = client.get(f"{url}?{n}={bad}")
                if resp.status_code >= 500:
                    found[f"{url}?{n}={bad}"] = repr(getattr(resp, "exc_info", ["", ""])[1])[:200]
    for address in (
        "/admin/?currency=%FF",
        "/admin/ads/campaign/1/change/?history=x&older=%FF",
        "/admin/ads/brand/abc/change/",
        "/admin/ads/brand/99999999999999999999999/change/",
        "/admin/ads/spend/new-correction/?campaign=²",
        "/admin/ads/deliverychange/live/?seen=abc",
        "/admin/autocomplete/?app_label=ads&model_name=x&field_name=brand",
        "/admin/autocomplete/?app_label=ads&model_name=campaign&field_name=brand&page=-1&term=%FF",
        "/admin/search/?s=%FF&page=abc",
        "/admin/search/?s=abc&page=-1",
        "/admin/second-factor/?next=//evil.example",
        "/admin/ads/spend/export/?date_from=2026-99-99",
        "/admin/ads/unknownreference/1/candidates/?page=-4&of=x",
        "/admin/ads/unknownreference/99999999999999999999/candidates/",
        "/admin/ads/campaign/99999999999999999999999/let-run-on/",
        "/admin/ads/spendimport/99999999999999999999/change/",
        "/admin/ads/spendbatch/99999999999999999999/undo/",
        "/admin/ads/spend/99999999999999999999/correct/",
        "/admin/ads/spend/99999999999999999999/change/",
        "/admin/auth/user/99999999999999999999/password/",
        "/admin/django_celery_beat/periodictask/99999999999999999999/change/",
    ):
        resp = client.get(address)
        if resp.status_code >= 500:
            found[address] = repr(getattr(resp, "exc_info", ["", ""])[1])[:200]
    for k, v in found.items():
        print(k, v)
    assert not found
