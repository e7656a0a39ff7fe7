"""Labels and notes on the pages and lists of brands and campaigns."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import Brand, Campaign, Label, Note
from ads.services.actor import acting_as
from ads.tests.admin.actions.acting import plain
from ads.tests.admin.pages import change, changelist, context_of, said
from ads.tests.admin.people.world import limited_to
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db


def act(client: Client, rows: list[Any], how: str, **sent: str) -> Any:
    """Add a label to rows of a list, or remove it."""
    model = rows[0]._meta.model_name
    address = reverse(f"admin:ads_{model}_label", args=[how])
    return client.post(address, {"ids": ",".join(str(one.pk) for one in rows), **sent}, follow=True)


def told(answer: Any) -> list[str]:
    """What is said, without the button that undoes it."""
    return [plain(message) for message in said(answer)]


def undo(client: Client, answer: Any) -> Any:
    """Press the Undo button of what is said."""
    (button,) = re.findall(r'action="([^"]+/undo/[^"]+)"', "".join(said(answer)))
    return client.post(button, {"back": changelist("ads_campaign")}, follow=True)


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

    assert told(added) == [f"Added the label “Black Friday” to 3 {what}s."]
    assert told(again) == [f"Added the label “Black Friday” to 1 {what}. 3 {what}s had it already."]
    act(admin, [other], "remove", label=str(label.pk))
    shown = admin.get(f"{listed}?label={label.pk}")
    assert {row.pk for row in shown.context["cl"].result_list} == {row.pk for row in rows}
    assert "Black Friday" in shown.content.decode()
    found = admin.get(reverse("admin:search"), {"s": "black", "extended": "1"}).content.decode()
    assert f"{reverse('admin:ads_campaign_changelist')}?label={label.pk}" in found


@pytest.mark.parametrize("make", [BrandFactory.create, CampaignFactory.create])
def test_adding_and_removing_a_label_is_undone_where_it_was_done(admin: Client, make: Any) -> None:
    had, others = make(), [make(), make()]
    what = had._meta.model_name
    label = Label.objects.create(name="Q4")
    had.labels.add(label)

    added = act(admin, [had, *others], "add", label=str(label.pk))
    assert told(undo(admin, added)) == [f"Undone: the labels of 2 {what}s restored."]
    assert [row.labels.exists() for row in (had, *others)] == [True, False, False]
    assert told(undo(admin, added)) == ["2 labels not put back, because changed again since."]

    removed = act(admin, [had], "remove", label=str(label.pk))
    assert not had.labels.exists()
    undo(admin, removed)
    assert had.labels.get() == label


def test_a_label_that_somebody_changed_again_or_deleted_is_left_as_it_is(admin: Client) -> None:
    gone_on, usual = CampaignFactory.create(), CampaignFactory.create()
    label = Label.objects.create(name="Q4")
    added = act(admin, [gone_on, usual], "add", label=str(label.pk))
    with acting_as("ben"):
        gone_on.labels.remove(label)
        gone_on.labels.add(label)

    assert told(undo(admin, added)) == [
        "Undone: the labels of 1 campaign restored.",
        "1 label not put back, because changed again since.",
    ]
    assert [row.labels.exists() for row in (gone_on, usual)] == [True, False]

    removed = act(admin, [gone_on], "remove", label=str(label.pk))
    label.delete()
    assert told(undo(admin, removed)) == ["There is nothing to undo."]


def test_the_last_label_of_several_is_undone_from_the_history_by_who_may_change_them(
    admin: Client, staff: Any
) -> None:
    rows = [CampaignFactory.create() for _ in range(2)]
    label = Label.objects.create(name="Q4")
    answer = act(admin, rows, "add", label=str(label.pk))

    (button,) = [
        row["undo"] for row in context_of(admin, change(rows[0]))["happenings"] if row["undo"]
    ]
    assert ">Undo this change of 2 campaigns</button>" in button
    switcher = staff("view_campaign", "switch_campaign")
    assert not any(row["undo"] for row in context_of(switcher, change(rows[0]))["happenings"])
    address = re.search(r'action="([^"]+)"', button)
    assert address
    assert switcher.post(address[1]).status_code == 403
    assert rows[0].labels.exists()
    undo(admin, answer)
    assert not rows[0].labels.exists()


def test_who_is_limited_to_brands_undoes_the_labels_of_these_alone(admin: Client) -> None:
    mine, other = CampaignFactory.create(), CampaignFactory.create()
    label = Label.objects.create(name="Q4")
    both = act(admin, [mine, other], "add", label=str(label.pk))
    others = act(admin, [other], "remove", label=str(label.pk))
    manager = Client()
    manager.force_login(limited_to(mine.brand, "Budget manager"))

    undo(manager, both)

    assert not mine.labels.exists()
    assert undo(manager, others).status_code == 404
    assert not other.labels.exists()


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
        return [row.pk for row in context_of(admin, f"{address}?manager={who}")["cl"].result_list]

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
