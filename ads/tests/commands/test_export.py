"""``manage.py export``."""

import os
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ads.models import Campaign
from ads.tests.commands.support import say
from ads.tests.factories import CampaignFactory
from ads.tests.services.exports.support import read
from ads.tests.support import NOON, execute, spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign = CampaignFactory.create(name="Grün", brand__name="Acme")
    spend(campaign, 5, NOON)
    return campaign


def test_it_prints_the_ledger(campaign: Campaign) -> None:
    spend(CampaignFactory.create(), 7, NOON)

    (row,) = read([say("export", "spend", "--brand", "Acme", "--from", "2024-05-15").encode()])

    assert (row["campaign"], row["amount"]) == ("Grün", "5.00")
    assert read([say("export", "spend", "--to", "2024-05-14").encode()]) == []


def test_it_prints_utf_8_wherever_it_runs(campaign: Campaign) -> None:
    raw = BytesIO()
    terminal = TextIOWrapper(raw, encoding="ascii")

    call_command("export", "summaries", stdout=terminal)

    assert [row["campaign"] for row in read([raw.getvalue()])] == ["", "Grün"]
    terminal.close()


def test_it_writes_a_file_that_is_whole(campaign: Campaign, tmp_path: Path) -> None:
    file = tmp_path / "totals.csv"

    assert say("export", "totals", "--output", str(file), "--bom") == ""

    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfbrand_id,")
    assert len(read([content.removeprefix(b"\xef\xbb\xbf")])) >= 4
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_written_says_so(campaign: Campaign, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        say("export", "spend", "--output", str(tmp_path / "missing" / "spend.csv"))

    (tmp_path / "taken").mkdir()
    with pytest.raises(CommandError, match="cannot be written: Is a directory"):
        say("export", "spend", "--output", str(tmp_path / "taken"))
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["spend", "--brand", "Acne"], 'Did you mean "Acme"'),
        (["spend", "--from", "2024-02-31"], "is not a date; use YYYY-MM-DD"),
        (["spend", "--from", "2024-05-15", "--to", "2024-05-01"], "--to: 2024-05-01 is before"),
        (["summaries", "--from", "2024-05-15"], "--from: summaries show present figures"),
        (["everything"], "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(
    campaign: Campaign, arguments: list[str], says: str
) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match=says):
        call_command("export", *arguments, stdout=out)

    assert out.getvalue() == ""


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_has_seen_enough_is_no_error(campaign: Campaign) -> None:
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date)"
        " SELECT %s, 0.01, '2024-05-15' FROM generate_series(1, 5000)",
        [campaign.pk],
    )
    database = connection.settings_dict
    address = "{HOST}:{PORT}/{NAME}".format(**database)
    with subprocess.Popen(
        [sys.executable, "manage.py", "export", "spend"],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {"DATABASE_URL": "postgres://{USER}:{PASSWORD}@".format(**database) + address},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.read(3) == b"id,"
        command.stdout.close()
        errors = command.stderr.read()

    assert errors == b""
    assert command.returncode == 141
