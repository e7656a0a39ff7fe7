"""Pages of imports: files with hours or of a named timezone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from ads.models import CampaignReference, ColumnMapping
from ads.services.imports import uploads
from ads.tests.admin.imports.pages import address, check, confirm, page, read_form, sent
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import ledger

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOURS = (
    "campaign_id,stat_time_hour,spend\n7,2026-11-25 03:00:00,10.00\n7,2026-11-25 23:00:00,20.00\n"
)
PACIFIC = (
    "Time Zone: (GMT-08:00) Pacific Time (US & Canada); Tijuana\n"
    "campaign,date,amount\nC,2026-11-25,1\n"
)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_hours_are_asked_for_their_timezone_which_is_remembered(admin: Client) -> None:
    campaign = CampaignFactory.create(
        name="C", brand=BrandFactory.create(timezone="America/New_York")
    )
    CampaignReference.objects.create(campaign=campaign, platform="tiktok", reference="7")
    one = sent(admin, HOURS, platform="tiktok")
    fields = {
        **read_form(admin, one),
        "column_campaign": "",
        "column_reference": "campaign_id",
        "column_amount": "spend",
    }

    admin.post(address(one, "read"), fields)
    check(one)
    assert "Choose the file&#x27;s timezone." in page(admin, one)
    assert "--timezone" not in page(admin, one)
    admin.post(address(one, "read"), {**fields, "timezone": "UTC", "remember": "on"})
    check(one)
    shown = page(admin, one)
    assert "The file&#x27;s hours are read as those of UTC." in shown
    assert "of that day it lacks the beginning" in shown
    confirm(admin, one)
    assert uploads.record(one.pk, timezone.now) == "recorded"

    assert ledger() == {("C", "2026-11-24"): 10, ("C", "2026-11-25"): 20}
    assert ColumnMapping.objects.get().plan["timezone"] == "UTC"
    assert "Timezone of the file" in page(admin, one)


def test_days_of_another_timezone_are_refused_unless_the_difference_is_accepted(
    admin: Client,
) -> None:
    CampaignFactory.create(name="C", brand=BrandFactory.create(timezone="Europe/London"))
    one = sent(admin, PACIFIC)

    check(one)
    shown = page(admin, one)
    assert "it is a day in America/Los_Angeles" in shown
    assert "those of Europe/London" in shown
    assert "accept the difference when you import it." in shown
    admin.post(address(one, "read"), {**read_form(admin, one), "accept_timezone": "on"})
    check(one)
    confirm(admin, one)
    assert uploads.record(one.pk, timezone.now) == "recorded"

    assert ledger() == {("C", "2026-11-25"): 1}
    assert "Difference between timezones" in page(admin, one)


def test_a_date_column_with_hours_is_offered_as_the_hour(admin: Client) -> None:
    one = sent(admin, "When date,Campaign title,Paid cost\n2026-11-25 03:00,C,1\n")

    fields = read_form(admin, one)

    assert fields["column_hour"] == "When date"
    assert "column_date" not in fields
