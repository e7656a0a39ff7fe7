"""Lists saved as views: opened as they were saved, whatever has become of the list."""

from typing import Any

import pytest
from django.contrib import admin as site
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from ads.models import Campaign, DefaultView, SavedView
from ads.tests import site_map
from ads.tests.admin.pages import context_of, said
from ads.tests.factories import CampaignFactory

CAMPAIGNS = "/admin/ads/campaign/"
#: Every list of the console.
LISTS = sorted(site.site._registry, key=lambda model: model._meta.label_lower)
EVERY = site.site._registry[Campaign].list_display


def request_for(query: str) -> Any:
    request = RequestFactory().get(f"{CAMPAIGNS}?{query}")
    request.user = User(is_superuser=True)
    return request


def save(client: Client, listed: str, query: str = "", name: str = "Mine", **more: str) -> Any:
    sent = {"list": listed, "query": query, "name": name, **more}
    return client.post(reverse("save_view"), sent)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(EVERY), unique=True),
    st.lists(st.tuples(st.sampled_from(["", "-"]), st.sampled_from(EVERY)), max_size=3),
)
def test_an_order_by_names_is_the_same_order_by_places_among_the_columns_shown(
    columns: list[str], order: list[tuple[str, str]]
) -> None:
    page: Any = site.site._registry[Campaign]
    request = request_for(f"cols={','.join(columns)}")
    shown = ["name", *(one for one in EVERY[1:] if one in columns)] if columns else [
        one for one in EVERY if one not in page.hidden_at_first
    ]  # fmt: skip
    names = [sign + name for sign, name in order]

    assert page.shown_columns(request) == shown
    places = page.as_places(request, names)
    asked = request_for(f"cols={','.join(columns)}&o={places}")
    assert page.order_of(asked) == [sign + name for sign, name in order if name in shown]


@pytest.mark.django_db
def test_every_list_opens_as_it_was_saved_and_without_what_it_no_longer_has(
    admin: Client, operator: User
) -> None:
    looks = [page.name for page in site_map.looks()]
    for model in LISTS:
        if site_map.address(model, "changelist") not in looks:
            continue
        page: Any = site.site._registry[model]
        label, address = model._meta.label_lower, reverse(site_map.address(model, "changelist"))
        here = page.asked_for(request_for(""), QueryDict())
        column = page.column_choices(here)[-1].name
        saved = save(admin, label, f"cols={column}&p=2&_changed=1")
        view = SavedView.objects.get(list_name=label)
        assert saved.url == f"{address}?cols={','.join(view.columns)}&view={view.pk}", label
        assert view.columns[-1] == column
        SavedView.objects.filter(pk=view.pk).update(
            query="gone_filter=1&nothing__such__exact=x&id__in=x",
            order=["-gone"],
            columns=[*view.columns, "gone_column"],
        )

        opened = admin.get(reverse("saved_view", args=[view.pk]), follow=True)

        assert opened.status_code == 200
        assert opened.redirect_chain[-1][0] == saved.url, label
        told = said(opened)[-1]
        for name in (
            "gone_filter = 1",
            "nothing__such__exact",
            "id__in = x",
            "gone_column",
            "gone",
        ):
            assert name in told, label


@pytest.mark.django_db
def test_a_view_keeps_filters_search_order_and_columns_by_name(admin: Client) -> None:
    CampaignFactory.create(name="Spring sale")
    query = "state=Active&q=sale&rows=100&o=-2.1&cols=name,of_brand,badge&p=0"

    saved = save(admin, "ads.campaign", query)

    view = SavedView.objects.get()
    assert (view.query, view.order, view.columns) == (
        "state=Active&q=sale&rows=100",
        ["-of_brand", "name"],
        ["name", "of_brand", "badge"],
    )
    page = admin.get(saved.url)
    assert page.context["cl"].list_display == ["action_checkbox", "name", "of_brand", "badge"]
    assert page.context["views"]["current"] == view
    assert not page.context["views"]["differs"]
    assert context_of(admin, f"{saved.url}&brand__id__exact=5")["views"]["differs"]


@pytest.mark.django_db
def test_a_choice_that_a_filter_no_longer_offers_is_named_and_left_out(
    admin: Client, operator: User
) -> None:
    view = SavedView.objects.create(
        list_name="ads.campaign", owner=operator, name="Old", query="state=Sleeping&label=7&q=x"
    )

    opened = admin.get(reverse("saved_view", args=[view.pk]), follow=True)

    assert opened.redirect_chain[-1][0] == f"{CAMPAIGNS}?q=x&view={view.pk}"
    (told,) = said(opened)
    assert "state = Sleeping; label = 7" in told


@pytest.mark.django_db
def test_a_list_opens_with_the_default_and_all_rows_are_one_click_away(
    admin: Client, operator: User
) -> None:
    save(admin, "ads.campaign", "state=Active", default="on")
    view = SavedView.objects.get()

    opened = admin.get(CAMPAIGNS, follow=True)
    everything = admin.get(opened.context["views"]["everything"])

    assert opened.redirect_chain == [(f"{CAMPAIGNS}?state=Active&view={view.pk}", 302)]
    assert everything.status_code == 200
    assert everything.context["views"]["current"] is None
    cleared = admin.get(CAMPAIGNS, headers={"referer": f"http://testserver{CAMPAIGNS}?q=x"})
    assert cleared.status_code == 200
    admin.post(reverse("change_view", args=[view.pk]), {"do": "no_default"})
    assert admin.get(CAMPAIGNS).status_code == 200


@pytest.mark.django_db
def test_a_view_is_updated_renamed_shared_and_deleted_with_its_buttons(admin: Client) -> None:
    save(admin, "ads.campaign", "state=Active")
    view = SavedView.objects.get()
    address = reverse("change_view", args=[view.pk])

    for sent in (
        {"do": "update", "query": "state=Draft&o=1"},
        {"do": "rename", "name": "Drafts"},
        {"do": "share"},
    ):
        answer: Any = admin.post(address, {"query": "state=Draft", **sent})
        assert answer.url.startswith(f"{CAMPAIGNS}?state=Draft")
    view.refresh_from_db()
    assert (view.name, view.query, view.order, view.owner) == (
        "Drafts",
        "state=Draft",
        ["name"],
        None,
    )
    assert admin.post(address, {"do": "explode"}).status_code == 404
    deleted: Any = admin.post(address, {"do": "delete"})
    assert deleted.url == f"{CAMPAIGNS}?view=all"
    assert not SavedView.objects.exists()


@pytest.mark.django_db
def test_nobody_opens_or_changes_what_is_not_theirs(admin: Client, staff: Any) -> None:
    save(admin, "ads.campaign", name="Private")
    save(admin, "ads.campaign", name="Shared", shared="on")
    private, shared = SavedView.objects.order_by("name")
    viewer, outsider = staff("view_campaign"), staff("view_brand")

    assert viewer.get(reverse("saved_view", args=[private.pk])).status_code == 404
    assert viewer.get(reverse("saved_view", args=[shared.pk])).status_code == 302
    assert outsider.get(reverse("saved_view", args=[shared.pk])).status_code == 404
    assert save(outsider, "ads.campaign").status_code == 404
    for do in ("update", "rename", "delete", "share"):
        answer = viewer.post(reverse("change_view", args=[shared.pk]), {"do": do, "name": "x"})
        assert answer.status_code == 403, do
    assert save(viewer, "ads.campaign", shared="on").status_code == 403
    assert (
        viewer.post(reverse("change_view", args=[shared.pk]), {"do": "default"}).status_code == 302
    )
    assert DefaultView.objects.get().view == shared
    assert SavedView.objects.count() == 2


@pytest.mark.django_db
def test_columns_are_chosen_and_the_order_stays_as_far_as_it_is_shown(admin: Client) -> None:
    address = reverse("choose_columns")
    asked = {"list": "ads.campaign", "query": "state=Active&o=-3.2"}

    fewer: Any = admin.get(address, {**asked, "column": ["badge", "manager"]})
    usual: Any = admin.get(address, {**asked, "usual": "1", "column": ["badge"]})

    assert fewer.url == f"{CAMPAIGNS}?state=Active&cols=badge,manager&o=-2"
    assert usual.url == f"{CAMPAIGNS}?state=Active&o=-3.2"
    shown = context_of(admin, fewer.url)["cl"].list_display
    assert shown == ["action_checkbox", "name", "badge", "manager"]


@pytest.mark.django_db
def test_budgets_are_edited_also_where_their_columns_are_hidden(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=75)

    page = admin.get(f"{CAMPAIGNS}?cols=name&edit=budgets")

    assert page.context["cl"].list_display == ["name", "daily_budget", "monthly_budget"]
    (form,) = page.context["cl"].formset.forms
    assert form.instance == campaign


@pytest.mark.django_db
def test_the_order_stays_while_budgets_are_edited(admin: Client) -> None:
    for name, budget in (("A", 10), ("B", 30), ("C", 20)):
        CampaignFactory.create(name=name, daily_budget=budget)

    def order(page: Any) -> list[str]:
        return [row.name for row in page.context["cl"].result_list]

    reading = admin.get(f"{CAMPAIGNS}?o=-8")
    editing = admin.get(CAMPAIGNS + reading.context["cl"].editing_link)
    back = admin.get(CAMPAIGNS + editing.context["cl"].reading_link)

    assert order(reading) == order(editing) == order(back) == ["B", "C", "A"]
    assert save(admin, "ads.campaign", editing.context["views"]["query"]).url.startswith(
        f"{CAMPAIGNS}?o=-8&view="
    )
