"""After a restore campaigns are stopped as ever, and none is started until somebody resumes."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError

from ads.admin.actions import preview_text
from ads.models import Campaign, Restore, SimulatedSwitch, SpendBatch
from ads.models.campaigns import Status
from ads.models.spend import BatchKind
from ads.services import restored
from ads.services.actor import acting_as
from ads.services.bulk import SetStatus, carry_out
from ads.services.delivery import Enforced, preview_campaigns, preview_switches
from ads.services.platforms import sync_platforms
from ads.tests.commands.support import say
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, spend

pytestmark = pytest.mark.django_db

YESTERDAY = NOON - timedelta(days=1)


@pytest.fixture
def campaigns() -> tuple[Campaign, Campaign]:
    """One that ran out yesterday, and may run today; and one that is about to run out."""
    resting, running = CampaignFactory.create_batch(2, daily_budget=75)
    enforce_all(YESTERDAY)
    spend(resting, 80, YESTERDAY)
    return resting, running


def test_nothing_is_started_and_what_must_stop_stops(
    campaigns: tuple[Campaign, Campaign], noon: time_machine.Traveller, tmp_path: Path
) -> None:
    resting, running = campaigns
    assert [delivers(resting), delivers(running)] == [False, True]
    say("after_restore", "--hold", YESTERDAY.isoformat())

    assert enforce_all(NOON) == Enforced()
    spend(running, 75, NOON)
    assert [delivers(resting), delivers(running)] == [False, False]

    nothing = (
        "Restored as of 2024-05-14 12:00 UTC: nothing is started until after_restore --resume.\n"
    )
    for command in ("check_budgets", "--dry-run"), ("check_budgets",):
        said = say(*command)
        assert said.startswith(f"{nothing}2 campaigns checked: 0 ")
    assert say("reset_budgets", "--dry-run").startswith(nothing)
    changes = tmp_path / "setup.csv"
    changes.write_text(f"brand,campaign,daily_budget\n{resting.brand},{resting},90\n")
    assert nothing in say("import_setup", str(changes), "--dry-run")
    batch = SpendBatch.objects.create(kind=BatchKind.IMPORT, recorded_at=NOON)
    assert say("undo_batch", str(batch.pk), "--dry-run").startswith(nothing)
    assert not delivers(resting)

    assert "It will start once an operator resumes: the database was restored" in say(
        "explain", str(resting.pk)
    )
    said = say("after_restore")
    assert "Restored as of 2024-05-14 12:00 UTC" in said
    assert "test    2024-05-15  2024-05-15 12:00 UTC" in said
    assert "1 campaign would start with --resume:\nbrand" in said
    assert resting.name in said
    assert running.name not in said
    assert say("after_restore", "--resume").startswith("Campaigns start at the next check")
    assert enforce_all(NOON) == Enforced(started=1)
    assert delivers(resting)
    assert "nothing is started" not in say("check_budgets", "--dry-run")
    row = Restore.objects.get()
    assert (row.as_of, row.resumed_at) == (YESTERDAY, NOON)
    assert row.resumed_by.startswith("command: after_restore")


def test_no_preview_counts_a_start_and_no_action_claims_one(
    campaigns: tuple[Campaign, Campaign],
) -> None:
    resting, running = campaigns
    restored.hold(YESTERDAY, NOON)
    action, both = SetStatus(Status.ACTIVE), Campaign.objects.all()

    previewed = preview_campaigns(both, action.changes(), NOON)
    done = carry_out(action, [resting.pk, running.pk], NOON).outcome

    for outcome in (previewed, done):
        assert (outcome.starts.count, outcome.keeps_running.count) == (0, 1)
        assert outcome.kept_off_by == {"restored": 1}
        said = preview_text.done(outcome)
        assert "stays off: held back after the restore" in said
    assert list(preview_switches(both, NOON)) == []


def test_there_is_nothing_to_resume_where_nothing_is_held() -> None:
    assert say("after_restore") == "Nothing is held back.\n"
    with pytest.raises(CommandError, match="there is nothing to resume"):
        say("after_restore", "--resume")
    with pytest.raises(CommandError, match=r"--hold: .*use a date and time with its offset"):
        say("after_restore", "--hold", "yesterday")
    with pytest.raises(CommandError, match=r"--hold: .* is in the future; give when the backup"):
        say("after_restore", "--hold", (NOON + timedelta(minutes=1)).isoformat())
    assert restored.held() is None


def test_a_platform_is_told_to_stop_a_campaign_but_not_to_run_one(
    campaigns: tuple[Campaign, Campaign],
) -> None:
    resting, running = campaigns
    SimulatedSwitch.objects.create(campaign=resting, at=YESTERDAY, is_on=True, pace=75)
    with acting_as("test"):
        restored.hold(YESTERDAY, NOON)

    synced = sync_platforms(NOON)
    assert (synced.started, synced.stopped, synced.errors) == (0, 1, ())

    restored.resume(NOON)
    synced = sync_platforms(NOON)
    assert (synced.started, synced.stopped) == (1, 0)
    assert SimulatedSwitch.objects.filter(campaign=running, is_on=True).exists()
