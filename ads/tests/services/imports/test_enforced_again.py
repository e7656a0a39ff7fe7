"""What is enforced once more after an import is committed."""

import io
from datetime import timedelta

import pytest

from ads.models import Campaign
from ads.services.imports.plan import Plan
from ads.services.imports.run import Import
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import as_bytes
from ads.tests.support import NOON, delivers, enforce_all

pytestmark = pytest.mark.django_db


def test_a_campaign_that_a_sweep_started_by_earlier_sums_is_stopped_after_the_commit() -> None:
    campaign = CampaignFactory.create(name="Search", daily_budget=10)
    enforce_all(NOON)
    file = io.BytesIO(as_bytes(["campaign,date,amount", f"Search,{NOON.date()},10"]))

    with Import.staged(file, Plan(), now=NOON) as staged:
        staged.record(now=NOON)
        assert not delivers(campaign)
        Campaign.objects.update(is_active=True)  # as a sweep that had not seen the import's sums
        staged.enforce_again(now=NOON + timedelta(seconds=1))

    assert not delivers(campaign)
