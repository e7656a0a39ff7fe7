"""What happens while a month is archived."""

from contextlib import closing
from pathlib import Path
from time import sleep

import pytest
from django.db import IntegrityError, connection
from pytest_django.fixtures import Settings

from ads.models import ArchivedMonth, Campaign, Spend
from ads.services import locks
from ads.services.ledger import verification
from ads.tests.commands.support import say
from ads.tests.services.archive.support import archived, entry, sums
from ads.tests.support import at_once, await_blocked, held_open

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_cannot_see_what_was_archived_meanwhile_inserts_nothing(
    campaigns: list[Campaign], tmp_path: Path, level: str
) -> None:
    with closing(connection.copy()) as client, client.cursor() as cursor:
        client.set_autocommit(False)
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        cursor.execute("SELECT count(*) FROM ads_archivedmonth")  # this instant is what it sees
        archived(tmp_path)
        kept = sums()
        with pytest.raises(IntegrityError, match="ads_spend: insert under READ COMMITTED;"):
            cursor.execute(
                "INSERT INTO ads_spend (campaign_id, amount, date, source, external_id)"
                " VALUES (%s, 10.25, '2024-05-15', 'etl', '0/1')",
                [campaigns[0].pk],
            )

    assert sums() == kept


@pytest.mark.django_db(transaction=True)
def test_archiving_waits_for_another_archiver(
    campaigns: list[Campaign], tmp_path: Path, settings: Settings
) -> None:
    settings.DATABASE_SESSION = {"lock_timeout": "100ms"}  # each session waits no longer by itself
    with held_open(lambda: locks.one_at_a_time(locks.Only.ARCHIVING)) as let_go, at_once() as start:
        start(lambda: archived(tmp_path))
        await_blocked()
        sleep(0.2)
        let_go()

    assert ArchivedMonth.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_spend_that_is_recorded_meanwhile_stays_in_the_ledger(
    campaigns: list[Campaign], tmp_path: Path
) -> None:
    campaign = campaigns[0]

    def late() -> None:
        entry(campaign, 9, "2024-01-20", "late")

    with held_open(late) as commit:  # of the month, and not committed yet
        archived(tmp_path, before="2024-02")
        commit()

    assert list(Spend.objects.filter(date__lt="2024-02-01").values_list("external_id")) == [
        ("late",)
    ]
    assert verification.find_drift() == []
    say("restore_archive", str(tmp_path / "spend-2024-01.csv.gz"))
    assert Spend.objects.filter(date__lt="2024-02-01").count() == 9
    assert verification.find_drift() == []
