"""``import_setup`` and ``export setup``."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ads.models import Brand, Campaign
from ads.services.history import audit
from ads.tests.commands.support import rows, say
from ads.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spring() -> Campaign:
    return CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)


def test_a_dry_run_tells_everything_and_changes_nothing(spring: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "May.csv"
    file.write_text("brand,campaign,daily_budget\nAcme,Spring,none\nAcme,New,10\n")

    said = say("import_setup", str(file), "--dry-run")

    assert ["2", "Acme", "Spring", "changed", "daily_budget", "$75.00", "no limit"] in rows(said)
    assert "0 new brands, 0 changed; 1 new campaign, 1 changed; 0 rows as stored." in said
    assert "1 campaign would start, 0 would stop." in said
    assert "Note: A budget is taken away, so there is no limit: Acme / Spring." in said
    assert "Preview: nothing was changed." in said
    assert spring.fresh().daily_budget == 75


def test_a_file_is_applied_and_the_history_says_by_which(spring: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "May.csv"
    file.write_text("brand,campaign,daily_budget\nAcme,Spring,0\n")

    said = say("import_setup", str(file))

    assert "Applied." in said
    assert spring.fresh().daily_budget == 0
    [entry] = audit.recent(audit.event_model("CampaignEvent")._default_manager.all(), limit=1)
    assert entry.actor.startswith("command: import_setup, by ")
    assert entry.actor.endswith(" (file May.csv)")


def test_errors_are_listed_and_nothing_is_changed(spring: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "May.csv"
    file.write_text("brand,campaign,daily_budget\nAcme,Spring,90\nNobody,X,1\nAcme,Y,x\n")

    with pytest.raises(CommandError, match="2 rows have errors, so nothing was changed"):
        say("import_setup", str(file))

    assert spring.fresh().daily_budget == 75


def test_an_export_is_read_back_without_a_change(spring: Campaign, tmp_path: Path) -> None:
    CampaignFactory.create(brand__name="Other")
    file = tmp_path / "setup.csv"

    call_command("export", "setup", "--brand", "Acme", "--output", str(file), "--bom")
    said = say("import_setup", str(file), "--dry-run")

    assert "2 rows as stored" in said
    Brand.objects.filter(name="Acme").update(timezone="Europe/Paris")
    said = say("import_setup", str(file))
    assert ["2", "Acme", "changed", "timezone", "Europe/Paris", "UTC"] in rows(said)
    assert Brand.objects.get(name="Acme").timezone == "UTC"


def test_a_setup_file_has_no_dates() -> None:
    with pytest.raises(CommandError, match="--from: a setup file is of the present"):
        call_command("export", "setup", "--from", "2024-05-01")


def test_a_file_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(CommandError, match="There is no file "):
        say("import_setup", "nowhere.csv")
