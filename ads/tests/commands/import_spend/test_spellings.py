"""import_spend: ids and accounts in any spelling."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from time_machine import TimeMachineFixture

from ads.services import CampaignService
from ads.tests.commands.import_spend.support import run
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.parsing.spellings import ID, NOW, SIX
from ads.tests.services.imports.support import ledger

pytestmark = pytest.mark.django_db


def test_the_command_records_all(tmp_path: Path, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW)
    CampaignService.add_reference(CampaignFactory.create(), "meta_ads", ID)
    file = tmp_path / "six.csv"
    file.write_text("\n".join(SIX) + "\n")

    done = run(file)

    assert done["Recorded"] == "6 $1,800.00"
    assert "as a spreadsheet or another program writes them" in " ".join(done["said"].split())
    assert run(file)["Recorded"] == "0 $0.00"


def test_the_command_takes_an_account_in_any_spelling(
    tmp_path: Path, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(NOW)
    campaign = CampaignFactory.create()
    CampaignService.add_reference(campaign, "google_ads", "77", account="1234567890")
    file = tmp_path / "google.csv"
    file.write_text("Day,Campaign ID,Currency code,Cost\n2026-11-25,77,USD,5.00\n")

    call_command("import_spend", str(file), "--account", "123-456-7890")

    assert sum(ledger().values()) == 5


def test_a_bad_account_option_is_said_with_its_remedy(tmp_path: Path) -> None:
    file = tmp_path / "google.csv"
    file.write_text("Day,Campaign ID,Currency code,Cost\n2026-11-25,7,USD,5\n")

    with pytest.raises(CommandError, match=r"account.*lost its last digits"):
        call_command("import_spend", str(file), "--account", "1.2E+9")
