"""An ID is taken from one campaign, its spend waits, and it is matched with another one."""

from datetime import timedelta

import pytest

from ads.models import CampaignReference, SpendBatch
from ads.models.spend import BatchKind
from ads.services import batches
from ads.services.ledger.verification import find_drift
from ads.services.references import registry
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.moved_ids.support import days
from ads.tests.services.ledger.support import google, kept, known_as, outcomes, take, total, unknown
from ads.tests.support import NOON, enforce_all

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(minutes=5)


def test_a_match_takes_over_the_days_that_waited_and_its_undo_gives_them_back() -> None:
    first = CampaignFactory.create(daily_budget=60)
    second = CampaignFactory.create(brand=first.brand, daily_budget=60)
    enforce_all(NOON)
    known_as(first, google("7"))
    take(total(google("7"), 60))
    CampaignReference.objects.all().delete()
    assert outcomes(take(total(google("7"), 65, observed_at=LATER), now=LATER)) == ["waiting"]
    assert days(first, second) == [60, 0]

    registry.match(unknown(), second, now=LATER)

    assert days(first, second) == [0, 65]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_active, second.is_active) == (True, False)
    match = SpendBatch.objects.get(kind=BatchKind.MATCH)
    assert match.sums == {first.brand.currency: 5}

    batches.undo(match, reason="the wrong one", now=LATER)

    assert days(first, second) == [60, 0]
    assert [amount for _, amount, _ in kept()] == [65]
    assert find_drift() == []
