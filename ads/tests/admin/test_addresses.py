"""What is answered to addresses that nothing can be found by."""

from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib import admin as site
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory
from django.urls import reverse

from ads.admin.base.model_admin import NOT_UNDERSTOOD
from ads.tests import site_map
from ads.tests.admin.pages import changelist, said, undrawn
from ads.tests.factories import BrandFactory

pytestmark = pytest.mark.django_db

LOOKS = site_map.looks()
#: The models of lists, one for each class that draws them.
LISTS = {
    f"{model._meta.app_label}_{model._meta.model_name}": pages
    for model, pages in site.site._registry.items()
    if site_map.Page(site_map.address(model, "changelist")) in LOOKS
}


@pytest.mark.parametrize("parameter", ["q", "id__exact", "created_at__icontains"])
def test_a_nul_in_the_address_of_a_list_is_told(admin: Client, parameter: str) -> None:
    address = changelist("ads_brand")

    response = admin.get(address, {parameter: "a\x00b"})

    assert response.status_code == 400
    assert "NUL character" in response.content.decode()
    assert f'href="{address}"' in response.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/admin/ads/brand/?timezone__exact=%00",
        "/admin/ads/brand/?timezone__exact=a%00b&e=1",
        "/admin/ads/spend/export.csv?source=%00",
        "/admin/ads/brand/%00/change/",
        "/admin/autocomplete/?app_label=ads&model_name=campaign&field_name=brand&term=%00",
    ],
)
def test_so_it_is_in_any_other_address(admin: Client, address: str) -> None:
    response = admin.get(address)

    assert response.status_code == 400
    assert "NUL character" in response.content.decode()


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("//example.com/x?q=%00", "/%2Fexample.com/x"),
        ("/admin/ads/brand/a%3Fb/change/?q=%00", "/admin/ads/brand/a%3Fb/change/"),
    ],
)
def test_the_way_on_from_there_is_the_same_page_on_this_site(
    admin: Client, address: str, link: str
) -> None:
    path, _, query = address.partition("?")
    # As servers hand it on: the test client reads a host out of such an address.
    page = admin.get("/", PATH_INFO=unquote(path), QUERY_STRING=query).content.decode()

    assert f'href="{link}"' in page


def test_percent_signs_are_no_nul(admin: Client) -> None:
    assert admin.get("/admin/ads/brand/?q=%2500").status_code == 200


@pytest.mark.parametrize("model", LISTS)
def test_a_condition_that_cannot_be_used_leads_to_the_whole_list_though_empty_and_says_so(
    admin: Client, model: str
) -> None:
    with undrawn():
        response = admin.get(f"{changelist(model)}?pk__in=x", follow=True)

    assert response.status_code == 200
    assert [f"{told}" for told in get_messages(response.wsgi_request)] == [NOT_UNDERSTOOD]


@pytest.mark.django_db(transaction=True)
def test_a_pattern_that_the_database_cannot_read_is_no_error_of_ours(admin: Client) -> None:
    BrandFactory.create()

    response = admin.get("/admin/ads/brand/?name__regex=(", follow=True)

    assert said(response) == [NOT_UNDERSTOOD]
    assert admin.get("/admin/ads/brand/export?name__regex=(", follow=True).status_code == 200


@pytest.mark.parametrize("key", ["9" * 5000, "9" * 19, "٣"], ids=["long", "too large", "Arabic"])
@pytest.mark.parametrize(
    "address",
    [
        "/admin/ads/campaign/?brand__id__exact={}",
        "/admin/ads/spend/?campaign__id__exact={}",
        "/admin/ads/spend/?campaign__brand__id__exact={}",
        "/admin/ads/spend/?q={}",
        "/admin/ads/spend/new-correction?campaign={}",
    ],
)
def test_what_no_row_can_be_numbered_finds_none(admin: Client, address: str, key: str) -> None:
    response = admin.get(address.format(key), follow=True)

    assert response.status_code == 200


@pytest.mark.parametrize("key", ["9" * 5000, "9" * 19])
def test_a_pair_to_match_of_rows_that_cannot_be_is_passed_over(admin: Client, key: str) -> None:
    address = reverse("admin:ads_unknownreference_match_by_name")

    response = admin.post(address, {"pair": f"{key}:{key}"})

    assert response.status_code == 302


@pytest.mark.parametrize("page", ["abc", "-1", "9"])
def test_a_page_of_search_results_that_there_is_not_is_told(admin: Client, page: str) -> None:
    sent = {"extended": "1", "s": "campaigns", "page": page}

    assert admin.get("/admin/search/", sent).status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nonsense", ["abc", "-1", "99999999999999999999999999", "2026-13-45", "("])
def test_nonsense_in_the_address_of_a_list_is_ignored_or_told_and_never_an_error(
    admin: Client, nonsense: str
) -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)
    answers = {}

    # A different filter of each list each time: the first one that is invalid hides the others.
    for number, (model, pages) in enumerate(LISTS.items(), start=len(nonsense)):
        names: list[Any] = ["id__exact", "p", "o", "x", "_to_field", "e", "pk__in"]
        for one in pages.get_list_filter(request):
            path = one[0] if isinstance(one, tuple) else getattr(one, "parameter_name", "x")
            names += [
                str(path),
                f"{path}__exact",
                f"{path}__id__exact",
                f"{path}_from",
                f"{path}_to_0",
            ]
        listed = changelist(model)
        name = names[number % len(names)]
        answers[f"{listed}?{name}="] = admin.get(listed, {name: nonsense}).status_code

    assert set(answers.values()) <= {200, 302, 400}, answers
