"""Labels and notes on the pages and lists of brands and campaigns."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import Brand, Campaign, Label, Note
from ads.tests.admin.pages import said
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db


def act(client: Client, rows: list[Any], how: str, **sent: str) -> Any:
    """Add a label to rows of a list, or remove it."""
    model = rows[0]._meta.model_name
    address = reverse(f"admin:ads_{model}_label", args=[how])
    return client.post(address, {"ids": ",".join(str(one.pk) for one in rows), **sent}, follow=True)


@pytest.mark.parametrize("make", [BrandFactory.create, CampaignFactory.create])
def test_a_label_is_made_put_on_many_filtered_by_and_taken_off(admin: Client, make: Any) -> None:
    rows, other = [make() for _ in range(3)], make()
    what = rows[0]._meta.model_name
    listed = reverse(f"admin:ads_{what}_changelist")
    asked = admin.post(listed, {"action": "add_label", "_selected_action": [rows[0].pk]})
    assert "Or a new label" in asked.content.decode()

    added = act(admin, rows, "add", new="Black Friday")
    label = Label.objects.get()
    again = act(admin, [*rows, other], "add", label=str(label.pk))

    assert said(added) == [f"Added the label “Black Friday” to 3 {what}s."]
    assert said(again) == [f"Added the label “Black Friday” to 1 {what}. 3 {what}s had it already."]
    act(admin, [other], "remove", label=str(label.pk))
    shown = admin.get(f"{listed}?label={label.pk}")
    assert {row.pk for row in shown.context["cl"].result_list} == {row.pk for row in rows}
    assert "Black Friday" in shown.content.decode()
    found = admin.get(reverse("admin:search"), {"s": "black", "extended": "1"}).content.decode()
    assert f"{reverse('admin:ads_campaign_changelist')}?label={label.pk}" in found


def test_a_form_without_a_label_is_shown_again_and_nothing_is_changed(admin: Client) -> None:
    campaign = CampaignFactory.create()
    Label.objects.create(name="Q4")

    for sent in ({}, {"label": "999"}, {"new": "x" * 51}):
        answer = act(admin, [campaign], "add", **sent)
        assert "ads-bad" in answer.content.decode()

    assert not campaign.labels.exists()
    assert act(admin, [campaign], "explode").status_code == 404


def test_on_a_page_a_label_is_one_click_and_those_who_only_read_have_none(
    admin: Client, staff: Any
) -> None:
    campaign = CampaignFactory.create()
    page = reverse("admin:ads_campaign_change", args=[campaign.pk])
    address = reverse("admin:ads_campaign_label_one", args=[campaign.pk])
    viewer = staff("view_campaign", "view_label")

    admin.post(address, {"new": "Q4"})
    label = campaign.labels.get()

    assert "Remove the label Q4" in admin.get(page).content.decode()
    read = viewer.get(page).content.decode()
    assert "Q4" in read
    assert "Remove the label" not in read
    assert viewer.post(address, {"remove": "1", "label": label.pk}).status_code == 404
    assert campaign.labels.exists()
    admin.post(address, {"remove": "1", "label": label.pk})
    assert not campaign.labels.exists()


def test_my_brands_are_those_i_look_after(admin: Client, operator: User) -> None:
    mine, other = BrandFactory.create(account_manager=operator), BrandFactory.create()
    campaign = CampaignFactory.create(brand=mine)
    CampaignFactory.create(brand=other)

    def shown(model: type[Brand | Campaign], who: Any) -> list[int]:
        address = reverse(f"admin:ads_{model._meta.model_name}_changelist")
        return [row.pk for row in admin.get(f"{address}?manager={who}").context["cl"].result_list]

    assert shown(Brand, "me") == shown(Brand, operator.pk) == [mine.pk]
    assert shown(Brand, "none") == [other.pk]
    assert shown(Campaign, "me") == [campaign.pk]


def test_a_note_is_read_in_the_history_as_it_was_written_and_no_markup_is_obeyed(
    admin: Client, staff: Any
) -> None:
    campaign = CampaignFactory.create()
    page = reverse("admin:ads_campaign_change", args=[campaign.pk])
    address = reverse("admin:ads_campaign_note", args=[campaign.pk])

    admin.post(address, {"text": "<b>Away</b>\nsee https://example.com/x"})
    empty = admin.post(address, {"text": " "}, follow=True)

    assert said(empty) == ["The note is empty: write something."]
    text = admin.get(page).content.decode()
    assert '&lt;b&gt;Away&lt;/b&gt;<br>see <a href="https://example.com/x"' in text
    assert "Away" in admin.get(reverse("admin:ads_note_changelist"), {"q": "away"}).content.decode()
    viewer = staff("view_campaign")
    assert "Add the note" not in viewer.get(page).content.decode()
    assert viewer.post(address, {"text": "Hi"}).status_code == 404
    assert Note.objects.get().author == "olivia"
