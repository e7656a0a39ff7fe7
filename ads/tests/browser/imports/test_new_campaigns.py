"""Creating the campaigns of a file, with the keyboard alone."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from ads.models import Campaign, SpendImport
from ads.services.imports import uploads
from ads.tests.browser.conftest import Open
from ads.tests.services.imports.uploads.support import TODAY, checked

pytestmark = pytest.mark.django_db(transaction=True)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called this has the focus."""
    wanted = page.get_by_role("button", name=name).or_(page.get_by_label(name, exact=True))
    for _ in range(100):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {name}.")


def test_a_files_campaigns_are_created_with_the_keyboard(open_as: Open) -> None:
    anna = User.objects.create_superuser("anna")
    one = checked(f"campaign,date,amount\nSpring,{TODAY},5\n", by="anna")
    page = open_as(anna, f"/admin/ads/spendimport/{one.pk}/change/")

    for label, text in (
        ("Name of the new brand", "Acme"),
        ("Currency of the new brand", "USD"),
        ("Timezone of the new brand", "America/New_York"),
    ):
        tab_to(page, label)
        page.keyboard.type(text)
    tab_to(page, "Create 1 campaign: check again")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    uploads.check(one.pk, timezone.now())
    expect(page.get_by_text("Would be created: 1 campaign in the new brand Acme")).to_be_visible()
    tab_to(page, "Create 1 campaign and record spend")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    uploads.record(one.pk, timezone.now)

    expect(page.get_by_text("Created: 1 campaign in the new brand Acme")).to_be_visible()
    assert SpendImport.objects.get().status == "recorded"
    assert Campaign.objects.get().brand.timezone == "America/New_York"
