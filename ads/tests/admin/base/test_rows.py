"""The rows and filters of lists are those that Unfold would make, with less work."""

from typing import Any, Final
from urllib.parse import urljoin

import pytest
import time_machine
from django.contrib import admin
from django.test import Client
from django.utils import timezone
from unfold.admin import ModelAdmin as Unfolds
from unfold.contrib.filters import admin as theme
from unfold.templatetags import unfold_list

from ads.admin.base import rows
from ads.admin.elements import DropdownFilter, RowFilter
from ads.models import Brand, Campaign
from ads.tests.browser import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    with time_machine.travel("2026-11-18T15:00Z", tick=False):
        client.force_login(world.make(timezone.now()))
    return client


#: Several with actions, links, choices and texts of many kinds; sorted by two columns, and with
#: budgets as inputs.
LISTS: Final = (
    *("campaign/", "campaign/?o=1.-2", "campaign/?edit=budgets", "brand/", "alertrule/", "label/"),
    *("spend/", "deliverychange/", "spendimport/", "apikey/", "../auth/user/"),
)


@time_machine.travel("2026-11-18T15:00Z", tick=False)
def test_lists_read_as_unfold_writes_them(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {name: table(client, name) for name in LISTS}

    monkeypatch.setattr(unfold_list, "result_headers", rows._headers)
    for model_admin in admin.site._registry.values():
        monkeypatch.setattr(type(model_admin), "action_checkbox", Unfolds.action_checkbox)

    assert all(ours.values())
    assert ours == {name: table(client, name) for name in LISTS}


def table(client: Client, name: str) -> str:
    shown = page(client, name)
    return shown[shown.index('id="result_list"') : shown.rindex("</table>")]


def page(client: Client, name: str) -> str:
    answer: Any = client.get(urljoin("/admin/ads/", name))
    assert answer.status_code == 200, name
    return str(answer.content.decode())


@time_machine.travel("2026-11-18T15:00Z", tick=False)
def test_filters_look_as_unfold_draws_them_whatever_is_chosen(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    brands = (f"campaign/?brand__id__exact={one.pk}" for one in Brand.objects.order_by("pk")[:2])
    lists = (
        *("brand/", "campaign/", "spend/", "deliverychange/", "unknownreference/", *brands),
        *("campaign/?state=Active", "campaign/?state=Draft", "campaign/?hold=dayparting"),
        *("campaign/?budget_group__id__exact=1", "brand/?timezone__exact=UTC"),
    )
    ours = {name: filters(client, name) for name in (*lists, *lists)}

    for drawn in (DropdownFilter, RowFilter):
        monkeypatch.setattr(drawn, "template", theme.DropdownFilter.template)

    assert ours == {name: filters(client, name) for name in lists}


@time_machine.travel("2026-11-18T15:00Z", tick=False)
def test_a_filter_by_a_row_shows_its_name_as_it_is_now(client: Client) -> None:
    brand = Brand.objects.order_by("pk")[0]
    name = f"campaign/?brand__id__exact={brand.pk}"
    assert f">{brand.name}</option>" in filters(client, name)

    Brand.objects.filter(pk=brand.pk).update(name="Renamed")

    assert ">Renamed</option>" in filters(client, name)


def filters(client: Client, name: str) -> str:
    """The filters of a list, without the space around them."""
    shown = page(client, name)
    begin = shown.index('id="changelist-filter"')
    return " ".join(shown[begin : shown.index("</form>", begin)].split())


@time_machine.travel("2026-11-18T15:00Z", tick=False)
def test_headers_are_worked_out_once_for_all_rows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    headers = rows._headers

    def count(listed: Any) -> Any:
        asked.append(listed)
        return headers(listed)

    monkeypatch.setattr(rows, "_headers", count)
    assert len(table(client, "campaign/")) > 0

    assert len(asked) == 1


def test_the_box_of_a_row_has_its_key_escaped() -> None:
    assert 'value="7"' in rows.box(Campaign(pk=7))
    assert rows.box(Brand(pk='">')) == Unfolds.action_checkbox(None, Brand(pk='">'))
