"""What every page of the site promises, from one opening of each with few rows and one with many.

Everything that has a name has one that would be markup. An administrator opens the pages; somebody
in each other role asks for them too, of which a viewer's are drawn.
"""

import re
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from ads.models import Brand, Campaign, DaypartingSchedule
from ads.services.bulk.budget_changes import How
from ads.tests import site_map
from ads.tests.admin.every_page import evil_names, many_rows
from ads.tests.admin.pages import undrawn
from ads.tests.admin.roles import (
    FIELDS,
    OTHER_PAGES,
    PAGES,
    Role,
    browser_of,
    label,
    somebody,
)

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db]

#: With a raised limit, a total budget, a budget group, planned budgets, the bell, and a role.
MOST: Final = 43
#: What a page looks up only where there is any: for all its rows together.
MORE: Final = 3
#: Lists that have no more rows than the system has parts.
KEPT_FEW: Final = {"admin:ads_heartbeat_changelist": 2}


OF_MODELS: Final = {
    site_map.address(model, name): (label(model), name)
    for model in admin.site._registry
    for name in site_map.STANDARD
}


@dataclass
class Opened:
    """What a page was, once it was opened."""

    url: str
    status: int
    title: str
    queries: int
    #: How many rows a list shows.
    rows: int
    #: What can be typed into; fields of rows within the page as "rows.field".
    fields: dict[str, Any]
    text: str


@pytest.fixture(scope="module")
def browsers(module_db: None) -> dict[Role, Client]:
    """The browser of somebody in each role, in a world with few rows."""
    browsers = {role: browser_of(somebody(role)) for role in Role}
    evil_names.make(timezone.now())
    return browsers


@pytest.fixture(scope="module")
def client(browsers: dict[Role, Client]) -> Client:
    """The browser of somebody in the highest role."""
    client = browsers[Role.ADMINISTRATOR]
    client.get(reverse("admin:index"))  # looks up once what serves all, such as content types
    return client


@pytest.fixture(scope="module")
def with_few(client: Client) -> dict[site_map.Page, Opened]:
    return {page: opened(client, page) for page in [*site_map.pages(), *site_map.exports()]}


@pytest.fixture(scope="module")
def with_many(client: Client, with_few: dict[site_map.Page, Opened]) -> dict[site_map.Page, Opened]:
    """Without the pages of one row that look like another."""
    many_rows.add(timezone.now())
    of_the_rows = ("_changelist", "_delete")
    looks = site_map.looks()
    return {
        page: opened(client, page)
        for page in site_map.pages()
        if page in looks or page.name.endswith(of_the_rows)
    }


def opened(client: Client, page: site_map.Page, *, drawn: bool = True) -> Opened:
    url = page.url()
    with CaptureQueriesContext(connection) as captured, nullcontext() if drawn else undrawn():
        # Who is logged in is sent on from there.
        response: Any = client.get(url, follow=page.name == "admin:login")
    listed = drawn_with(response).get("cl")
    return Opened(
        url=url,
        status=response.status_code,
        title=drawn_with(response).get("title", ""),
        queries=len(captured),
        rows=len(listed.result_list) if listed else 0,
        fields=fields(response),
        text=response.getvalue().decode(),
    )


def drawn_with(response: Any) -> dict[str, Any]:
    return getattr(response, "context_data", None) or {}


def fields(response: Any) -> dict[str, Any]:
    """What can be typed into; fields of rows within the page as "rows.field"."""
    context = drawn_with(response)
    if "adminform" not in context:
        return {}
    shown = [field for group in context["adminform"] for line in group for field in line]
    found = {field.field.name: field.field.field for field in shown if not field.is_readonly}
    for inline in context["inline_admin_formsets"]:
        if inline.has_change_permission:
            formset = inline.formset
            own = {"id", "DELETE", formset.fk.name}
            for name, field in formset.empty_form.fields.items():
                if name not in own:
                    found[f"{formset.prefix}.{name}"] = field
    return found


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)
def test_a_role_opens_its_pages_and_edits_its_fields_and_no_others(
    with_few: dict[site_map.Page, Opened], browsers: dict[Role, Client], role: Role
) -> None:
    pages = with_few
    if role is Role.VIEWER:
        # A viewer's pages have the fewest parts; the others' have no part that no page above has.
        looks = site_map.looks()
        pages = {page: opened(browsers[role], page, drawn=page in looks) for page in with_few}
    elif role is not Role.ADMINISTRATOR:
        # What the least and the greatest role may alike, those between may: they have all
        # permissions of the one, and none that the other has not.
        pages = {
            page: opened(browsers[role], page, drawn=False)
            for page in with_few
            if decided(page, Role.VIEWER) != decided(page, Role.ADMINISTRATOR)
        }

    assert {
        str(page): (one.status, set(one.fields) if kind_of(page)[1] == "change" else None)
        for page, one in pages.items()
    } == {str(page): decided(page, role) for page in pages}


def kind_of(page: site_map.Page) -> tuple[str, str]:
    """The label of the model and the kind of a page that the admin makes, else empty."""
    return OF_MODELS.get(page.name, ("", ""))


def decided(page: site_map.Page, role: Role) -> tuple[int, set[str] | None]:
    """What is answered to a role, and which fields it edits on the page of a row."""
    model, kind = kind_of(page)
    if page.name in OTHER_PAGES:
        least = OTHER_PAGES[page.name]
    elif model:
        least = PAGES[model][kind]
    else:
        pytest.fail(f"Who may open {page.name}? Say so in ads/tests/admin/roles.py.")
    may_open = role >= least
    edits = [names for least, names in FIELDS.get(model, {}).items() if may_open and role >= least]
    return 200 if may_open else 403, set().union(*edits) if kind == "change" else None


def test_every_list_says_what_it_is(with_few: dict[site_map.Page, Opened]) -> None:
    texts = {page.name: one.text for page, one in with_few.items()}

    for model, pages in admin.site._registry.items():
        about = getattr(pages, "about", "")
        assert about.endswith("."), model
        assert escape(about) in texts[site_map.address(model, "changelist")], model


def test_every_field_says_what_happens(with_few: dict[site_map.Page, Opened]) -> None:
    forms = [page for page in with_few if page.name.endswith(("_add", "_change"))]

    assert sum(len(with_few[page].fields) for page in forms) > 200
    assert [
        f"{page}: {name}"
        for page in forms
        for name, field in with_few[page].fields.items()
        if not (field.help_text or field.widget.is_hidden)
    ] == []


def test_only_a_page_with_something_to_edit_has_a_button_to_save(
    with_few: dict[site_map.Page, Opened],
) -> None:
    changes = [one for page, one in with_few.items() if kind_of(page)[1] == "change"]

    assert [one.url for one in changes if bool(one.fields) != ('name="_save"' in one.text)] == []


@pytest.mark.parametrize(
    "page",
    ["ads_spend_new_correction", "ads_unknownreference_match_new", "ads_unknownreference_discard"],
)
def test_what_is_wrong_with_a_field_and_what_it_is_for_is_read_aloud_with_it(
    client: Client, with_few: dict[site_map.Page, Opened], page: str
) -> None:
    (address,) = [one.url for opened, one in with_few.items() if str(opened) == page]

    shown = client.post(address, {"because": "", "record": ""}).content.decode()

    named = " ".join(re.findall(r'aria-describedby="([^"]*)"', shown)).split()
    assert any(name.endswith("_helptext") for name in named)
    assert any(name.endswith("_error") for name in named)
    assert [name for name in named if f'id="{name}"' not in shown] == []


def test_no_page_takes_a_name_for_markup(with_few: dict[site_map.Page, Opened]) -> None:
    texts = {page: with_few[page].text for page in site_map.pages()}

    assert {
        str(page): found
        for page, text in texts.items()
        if (found := [evil for evil in evil_names.IN_PAGES if evil in text])
    } == {}
    assert sum(evil_names.AS_TEXT in text for text in texts.values()) > 50


def test_nothing_on_a_page_comes_from_another_host(
    with_few: dict[site_map.Page, Opened],
) -> None:
    elsewhere = re.compile(r'(?:(?:src|action)=|<link[^>]*href=)"(?:https?:)?//[^"]*"')

    assert {
        str(page): found
        for page in site_map.pages()
        if (found := elsewhere.findall(with_few[page].text))
    } == {}


def test_the_menu_calls_a_page_what_the_page_calls_itself(
    client: Client, with_few: dict[site_map.Page, Opened]
) -> None:
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    titles = {one.url: one.title for one in with_few.values()}

    for item in [item for group in groups[1:-1] for item in group["items"]]:
        assert item["title"] in (titles[item["link"]], "Change history")


def test_no_page_costs_too_many_queries_nor_more_of_them_the_more_it_shows(
    with_few: dict[site_map.Page, Opened], with_many: dict[site_map.Page, Opened]
) -> None:
    lists = [site_map.address(model, "changelist") for model in admin.site._registry]
    rows = {page.name: one.rows for page, one in with_many.items()}

    assert {name: rows[name] for name in lists if rows[name] < many_rows.MANY} == KEPT_FEW
    assert {
        str(page): (with_few[page].queries, one.queries)
        for page, one in with_many.items()
        if page.name != "admin:login"  # who is logged in is sent on
        if one.queries > min(MOST, with_few[page].queries + MORE)
    } == {}


@pytest.mark.usefixtures("with_many")
@pytest.mark.parametrize("model", [Campaign, Brand])
def test_no_page_before_an_action_costs_too_many_queries(
    client: Client, model: type[Campaign | Brand]
) -> None:
    name = f"ads_{model._meta.model_name}_act"
    asked = {
        "ids": ",".join(str(pk) for pk in model._default_manager.values_list("pk", flat=True)),
        "schedule": str(DaypartingSchedule.objects.latest("pk").pk),
        **dict.fromkeys(("daily_how", "monthly_how"), How.RAISE_PERCENT.value),
        **dict.fromkeys(("daily_by", "monthly_by", "amount"), "10"),
        "period": "day",
        "priority": "3",
        "reason": "Launch",
        "starts_on": f"{timezone.now().date() + timedelta(days=9)}",
        **dict.fromkeys(("of_brand", "of_campaigns", "enable"), "on"),
    }

    for code in admin.site._registry[model].pages:  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(reverse(f"admin:{name}", args=[code]), asked)

        assert "ads-preview" in answer.content.decode(), code
        assert len(captured) <= MOST, code
