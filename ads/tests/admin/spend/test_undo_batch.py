"""A batch is undone on its page: previewed, with a reason, by who may."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import Spend, SpendBatch
from ads.models.campaigns import Status
from ads.tests.admin.pages import change
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads.support import TODAY, recorded, rows
from ads.tests.support import totals

pytestmark = pytest.mark.django_db


def page(one: SpendBatch) -> str:
    return reverse("admin:ads_spendbatch_undo", args=[one.pk])


def test_an_import_is_undone_from_its_page(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=4, status=Status.ACTIVE)
    upload = recorded(rows(campaign, 5))
    batch = SpendBatch.objects.get(spend_import=upload)
    assert totals(campaign)["day", TODAY] == 5
    seen = "1 rows; USD 5.00; 0 waiting"

    shown = admin.get(change(upload)).content.decode()
    assert page(batch) in shown
    preview = admin.get(page(batch)).content.decode()
    assert "-$5.00" in preview
    assert "1 campaign would start." in preview
    assert f'name="seen" value="{seen}"' in preview
    assert admin.post(page(batch), {"reason": "", "seen": seen}).status_code == 200
    assert Spend.objects.count() == 1

    answer = admin.post(page(batch), {"reason": "wrong month", "seen": seen})

    assert answer.status_code == 302
    assert totals(campaign)["day", TODAY] == 0
    shown = admin.get(change(upload)).content.decode()
    assert "wrong month" in shown
    assert "Undo this import" not in shown
    assert "cannot be undone" in admin.get(page(batch)).content.decode()
    listed = admin.get(reverse("admin:ads_spendbatch_changelist")).content.decode()
    assert "Undone by" in listed
    imports = admin.get(reverse("admin:ads_spendimport_changelist")).content.decode()
    assert '<span class="ads-badge ads-plain">Undone</span>' in imports
    assert admin.get(change(batch)).status_code == 200
    entries = admin.get(f"{reverse('admin:ads_spend_changelist')}?batch={batch.pk}")
    assert entries.status_code == 200
    assert "1 spend entr" in entries.content.decode()


def test_nothing_is_undone_that_was_not_shown(admin: Client) -> None:
    upload = recorded(rows(CampaignFactory.create(), 5))
    batch = SpendBatch.objects.get(spend_import=upload)

    answer = admin.post(page(batch), {"reason": "wrong month", "seen": "4"})

    assert "It has changed since you were shown" in answer.content.decode()
    assert Spend.objects.count() == 1


def test_who_corrects_spend_or_imported_it_may_undo_it(staff: Callable[..., Client]) -> None:
    upload = recorded(rows(CampaignFactory.create(), 5))
    batch = SpendBatch.objects.get(spend_import=upload)
    viewer = staff("view_spendbatch", "view_spendimport")
    assert viewer.get(change(batch)).status_code == 200
    assert viewer.get(page(batch)).status_code == 403
    assert "Undo this import" not in viewer.get(change(upload)).content.decode()

    assert staff("view_spendbatch", "correct_spend").get(page(batch)).status_code == 200
