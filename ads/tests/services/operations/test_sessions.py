"""A forgotten session that holds locks is named, with what ends it."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import psycopg2.extensions
import pytest
from django.db import connection

from ads.services.operations import sessions, stuck_sessions
from ads.tests.factories import CampaignFactory
from ads.tests.support import at_once, await_blocked, execute

Session = psycopg2.extensions.connection

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = "SELECT FROM ads_spendtotal FOR UPDATE"


@pytest.fixture
def psql() -> Iterator[Session]:
    """Somebody's session, as a person opens it."""
    known = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    login = {name: known[name] for name in names if name in known}
    with closing(psycopg2.connect(**login, application_name="psql")) as session:
        yield session


def test_a_session_that_is_idle_with_locks_is_named_with_what_ends_it(
    psql: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    psql.cursor().execute(LOCK)
    assert stuck_sessions() == [], "it may be about to commit"

    monkeypatch.setattr(sessions, "IDLE", 0)
    (stuck,) = stuck_sessions()

    assert (stuck.pid, stuck.program) == (psql.info.backend_pid, "psql")
    assert (stuck.tables, stuck.waiting) == (("ads_spendtotal",), 0)
    assert stuck.idle is not None
    assert f"with locks on ads_spendtotal. To end it: {stuck.remedy}" in str(stuck)
    execute(stuck.remedy)
    with pytest.raises(psycopg2.OperationalError):
        psql.cursor().execute("SELECT 1")


def test_a_session_that_keeps_others_waiting_is_named_at_once(
    psql: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "WAITED", 0)
    campaign = CampaignFactory.create()
    psql.cursor().execute("SELECT FROM ads_campaign FOR UPDATE")
    rename = "UPDATE ads_campaign SET name = name WHERE id = %s"

    with at_once() as start:
        start(lambda: execute(rename, [campaign.pk]))
        await_blocked()
        (stuck,) = stuck_sessions()
        psql.rollback()

    assert (stuck.pid, stuck.idle is None, stuck.waiting) == (psql.info.backend_pid, False, 1)
    assert "; others wait for it." in str(stuck)


def test_a_session_that_only_reads_is_nobodys_trouble(
    psql: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "IDLE", 0)
    psql.cursor().execute("SELECT count(*) FROM ads_spendtotal")

    assert stuck_sessions() == []
