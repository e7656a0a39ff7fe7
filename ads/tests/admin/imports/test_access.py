"""Who may see and do what with imports."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import SpendImport
from ads.tests.admin.imports.pages import OPTIONS, UPLOAD, address, check, confirm, send, sent
from ads.tests.admin.pages import add, change, changelist, said
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads.support import TODAY, checked, recorded, rows


def test_who_may_only_look_sees_everything_and_does_nothing(
    staff: Callable[..., Client],
) -> None:
    viewer = staff("view_spendimport")
    one = checked(rows(CampaignFactory.create(), 5) + f"Nobody,{TODAY},1\n")

    assert viewer.get(changelist(UPLOAD)).status_code == 200
    assert viewer.get(address(one, "progress")).status_code == 200
    assert viewer.get(address(one, "refused")).status_code == 200
    shown = viewer.get(change(one)).content.decode()
    assert "record the rest" not in shown
    assert "Cancel the import" not in shown
    assert [
        viewer.get(add(UPLOAD)).status_code,
        send(viewer, "campaign,date,amount\n").status_code,
        viewer.get(address(one, "read")).status_code,
        viewer.post(address(one, "read"), OPTIONS).status_code,
        confirm(viewer, one, leaves_out=1).status_code,
        viewer.post(address(one, "cancel")).status_code,
    ] == [403] * 6
    one.refresh_from_db()
    assert one.status == "checked"
    assert SpendImport.objects.count() == 1


def test_who_may_add_imports_does_all_of_it(staff: Callable[..., Client]) -> None:
    importer = staff("add_spendimport")

    one = sent(importer, rows(CampaignFactory.create(), 5))
    check(one)
    assert confirm(importer, one).status_code == 302

    one.refresh_from_db()
    assert one.status == "confirmed"
    assert importer.get(changelist(UPLOAD)).status_code == 200


def test_others_see_nothing_of_it(staff: Callable[..., Client]) -> None:
    other = staff("view_campaign", "view_spend")
    one = checked(rows(CampaignFactory.create(), 5) + f"Nobody,{TODAY},1\n")

    for url in (
        changelist(UPLOAD),
        add(UPLOAD),
        change(one),
        *(address(one, name) for name in ("progress", "refused", "read")),
    ):
        assert other.get(url).status_code == 403
        assert Client().get(url).status_code == 302
    assert confirm(other, one).status_code == 403


def test_what_changes_something_is_not_done_by_following_a_link(admin: Client) -> None:
    one = checked(rows(CampaignFactory.create(), 5))

    assert admin.get(address(one, "confirm")).status_code == 405
    assert admin.get(address(one, "cancel")).status_code == 405

    one.refresh_from_db()
    assert one.status == "checked"


def test_a_form_of_another_site_uploads_and_confirms_nothing(operator: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    one = checked(rows(CampaignFactory.create(), 5))

    assert send(client, rows(CampaignFactory.create(), 5)).status_code == 403
    assert confirm(client, one).status_code == 403

    assert SpendImport.objects.count() == 1


def test_two_people_confirm_and_the_second_is_told(admin: Client) -> None:
    one = checked(rows(CampaignFactory.create(), 5))
    confirm(admin, one)

    answer = admin.post(
        address(one, "confirm"), {"checks": one.checks, "leaves_out": 0}, follow=True
    )

    assert "Nothing was done" in said(answer)[0]


@pytest.mark.parametrize("fields", [{"checks": "x"}, {"leaves_out": "-1"}, {"checks": ""}])
def test_a_confirmation_that_no_page_sends_is_refused(
    admin: Client, fields: dict[str, str]
) -> None:
    one = checked(rows(CampaignFactory.create(), 5))

    assert confirm(admin, one, **fields).status_code == 400

    one.refresh_from_db()
    assert one.status == "checked"


def test_an_import_that_does_not_exist_is_not_found(admin: Client) -> None:
    one = SpendImport(pk=10**6)

    for name in ("change", "progress", "refused", "read"):
        assert admin.get(address(one, name)).status_code == 404
    assert admin.post(address(one, "confirm"), {"checks": 1, "leaves_out": 0}).status_code == 404


def test_nobody_deletes_an_import(admin: Client) -> None:
    one = recorded(rows(CampaignFactory.create(), 5))

    answer = admin.post(reverse("admin:ads_spendimport_delete", args=[one.pk]), {"post": "yes"})

    assert answer.status_code == 403
    assert SpendImport.objects.exists()
