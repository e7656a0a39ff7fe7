"""``manage.py undo_batch``."""

from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from ads.models import Campaign, SpendBatch
from ads.models.campaigns import Status
from ads.tests.commands.support import say
from ads.tests.factories import CampaignFactory
from ads.tests.support import totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(daily_budget=4, status=Status.ACTIVE)


def test_an_import_is_previewed_and_undone(campaign: Campaign, tmp_path: Path) -> None:
    today = timezone.now().date()
    file = tmp_path / "may.csv"
    file.write_text(f"date,amount,campaign\n{today},5,{campaign.pk}\n")
    said = say("import_spend", str(file))
    batch = SpendBatch.objects.get()
    assert f"manage.py undo_batch {batch.pk}" in said
    assert batch.title == "may.csv"

    said = say("undo_batch", str(batch.pk), "--dry-run")
    assert f"Preview of undoing batch {batch.pk} (import of may.csv): nothing was changed." in said
    assert "-$5.00" in said
    assert "1 campaign would start" in said
    assert totals(campaign)["day", today] == 5
    with pytest.raises(CommandError, match="--reason is missing"):
        say("undo_batch", str(batch.pk))

    said = say("undo_batch", str(batch.pk), "--reason", "wrong file")

    assert f"Batch {batch.pk} was undone" in said
    assert totals(campaign)["day", today] == 0
    with pytest.raises(CommandError, match="It was undone on"):
        say("undo_batch", str(batch.pk), "--reason", "again")
    with pytest.raises(CommandError, match="It was undone on"):
        say("undo_batch", str(batch.pk), "--dry-run")


def test_an_unknown_batch_is_named() -> None:
    with pytest.raises(CommandError, match="There is no batch 12"):
        say("undo_batch", "12", "--reason", "x")
