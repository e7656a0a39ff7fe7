"""Every list says what it is, and every field what happens with what is entered."""

import re
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.test import Client
from django.utils import timezone

from ads.tests import site_map
from ads.tests.browser import world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "label", sorted(model._meta.label for model in django_admin.site._registry), ids=str
)
def test_a_list_says_what_it_is(label: str) -> None:
    (pages,) = [
        pages for model, pages in django_admin.site._registry.items() if model._meta.label == label
    ]

    assert getattr(pages, "about", "").endswith(".")


def test_a_list_shows_what_it_says(admin: Client) -> None:
    page = admin.get("/admin/ads/spend/").content.decode()

    assert "Entries are never changed or deleted" in page


def test_every_field_says_what_happens(client: Client) -> None:
    client.force_login(world.make(timezone.now()))
    silent = []

    for page in site_map.pages():
        if page.name.endswith(("_add", "_change")):
            context: Any = client.get(page.url()).context
            silent += [f"{page}: {name}" for name in _without_words(context)]

    assert silent == []


def _without_words(context: Any) -> list[str]:
    """The fields of a page, and of the rows within it, that can be filled in and say nothing."""
    if "adminform" not in context:
        return []
    shown = [field for group in context["adminform"] for line in group for field in line]
    fields = {
        field.field.name: field.field.field
        for field in shown
        if not field.is_readonly and not field.field.is_hidden
    }
    for inline in context["inline_admin_formsets"]:
        if inline.has_change_permission:
            formset = inline.formset
            own = {"id", "DELETE", formset.fk.name}
            for name, field in formset.empty_form.fields.items():
                if name not in own:
                    fields[f"{formset.prefix}.{name}"] = field
    return [name for name, field in fields.items() if not field.help_text]


@pytest.mark.parametrize(
    "page",
    ["ads_spend_new_correction", "ads_unknownreference_match_new", "ads_unknownreference_discard"],
)
def test_what_is_wrong_with_a_field_and_what_it_is_for_is_read_aloud_with_it(
    client: Client, page: str
) -> None:
    client.force_login(world.make(timezone.now()))
    (address,) = [each.url() for each in site_map.pages() if str(each) == page]

    shown = client.post(address, {"because": "", "record": ""}).content.decode()

    named = " ".join(re.findall(r'aria-describedby="([^"]*)"', shown)).split()
    assert any(name.endswith("_helptext") for name in named)
    assert any(name.endswith("_error") for name in named)
    assert [name for name in named if f'id="{name}"' not in shown] == []
