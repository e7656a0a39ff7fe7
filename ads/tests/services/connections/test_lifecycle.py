"""Connections are made, renewed, made read-only and disconnected; accounts are read or not."""

from datetime import datetime, timedelta

import pytest

from ads.models import Connection, PlatformAccount, SwitchOrder
from ads.models.platforms import ConnectionState, OrderState
from ads.platforms.interface import Account, CredentialsRefused
from ads.services import platform_credentials, platforms
from ads.services.connections import InvalidConnection, lifecycle, look, troubles
from ads.services.senders import InvalidSender, api_keys
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.connections.example import CODE, TOKEN, World

pytestmark = pytest.mark.django_db


def account_of(
    connection: Connection, remote_id: str = "100", *, is_read: bool = True
) -> PlatformAccount:
    return PlatformAccount.objects.create(
        connection=connection, platform=CODE, source=CODE, remote_id=remote_id, is_read=is_read
    )


def order(account: PlatformAccount, now: datetime, state: str = "pending") -> SwitchOrder:
    return SwitchOrder.objects.create(
        campaign=CampaignFactory.create(),
        account=account,
        remote_id=f"{SwitchOrder.objects.count()}",
        is_on=False,
        written_at=now,
        state=state,
        next_at=now,
    )


def test_a_name_is_one_connections(connection: Connection, now: datetime) -> None:
    with pytest.raises(InvalidConnection, match="another connection is called"):
        lifecycle.add(platform=CODE, name="Acme's ads", given={"token": TOKEN}, now=now)

    assert Connection.objects.count() == 1


def test_a_platform_that_there_is_not_is_refused_with_those_that_there_are(
    world: World, db: None, now: datetime
) -> None:
    with pytest.raises(InvalidConnection, match=r"'friendster' is not known; use one of .*example"):
        lifecycle.add(platform="friendster", name="x", given={}, now=now)


def test_credentials_that_have_ended_are_refused(world: World, db: None, now: datetime) -> None:
    with pytest.raises(InvalidConnection, match=r"expires_at: .* is in the past"):
        lifecycle.add(platform=CODE, name="x", given={"token": TOKEN}, expires_at=now, now=now)


def test_no_sender_may_write_under_the_source_of_a_warehouse(db: None, now: datetime) -> None:
    with pytest.raises(InvalidSender, match="warehouse"):
        api_keys.issue(
            name="etl", source="warehouse", scopes=["read"], brands=[BrandFactory.create()], now=now
        )


def test_disconnecting_forgets_the_credentials_and_ends_reading_and_telling(
    connection: Connection, now: datetime
) -> None:
    account = account_of(connection)
    pending, unknown = order(account, now), order(account, now, "unknown")
    refused = order(account, now, "refused")

    ended = lifecycle.disconnect(connection, now=now)

    connection.refresh_from_db()
    account.refresh_from_db()
    assert (ended.accounts, ended.orders) == (1, 2)
    assert connection.state == ConnectionState.DISCONNECTED
    assert (connection.credentials, connection.disconnected_at) == ("", now)
    assert not account.is_read
    states = [SwitchOrder.objects.get(pk=one.pk).state for one in (pending, unknown, refused)]
    assert states == [OrderState.WITHDRAWN, OrderState.WITHDRAWN, OrderState.REFUSED]
    assert SwitchOrder.objects.get(pk=pending.pk).settled_at == now


def test_a_disconnected_connection_asks_nothing(
    connection: Connection, world: World, now: datetime
) -> None:
    lifecycle.disconnect(connection, now=now)
    connection.refresh_from_db()

    with pytest.raises(CredentialsRefused, match=r"is disconnected\. Renew its credentials"):
        look(connection, now=now)

    assert world.calls == []


def test_renewing_connects_again_and_reads_nothing_by_itself(
    connection: Connection, world: World, now: datetime
) -> None:
    account = account_of(connection)
    lifecycle.disconnect(connection, now=now)
    world.tokens = {"new token"}

    lifecycle.renew(connection, given={"token": "new token"}, now=now)

    connection.refresh_from_db()
    account.refresh_from_db()
    assert (connection.state, connection.disconnected_at) == (ConnectionState.WORKING, None)
    assert platform_credentials.of(connection) == {"token": "new token"}
    assert not account.is_read


def test_renewing_replaces_all_credentials(connection: Connection, now: datetime) -> None:
    lifecycle.renew(connection, given={"token": TOKEN, "manager": "1"}, now=now)
    lifecycle.renew(connection, given={"token": "another"}, now=now)

    connection.refresh_from_db()
    assert platform_credentials.of(connection) == {"token": "another"}


def test_credentials_that_cannot_be_used_leave_the_present_ones(
    connection: Connection, now: datetime
) -> None:
    with pytest.raises(InvalidConnection):
        lifecycle.renew(connection, given={"token": "bad"}, now=now)

    connection.refresh_from_db()
    assert platform_credentials.of(connection) == {"token": TOKEN}


def test_read_only_ends_what_is_still_to_be_told(connection: Connection, now: datetime) -> None:
    pending = order(account_of(connection), now)

    assert lifecycle.set_read_only(connection, is_read_only=True, now=now)
    assert not lifecycle.set_read_only(connection, is_read_only=True, now=now)

    pending.refresh_from_db()
    connection.refresh_from_db()
    assert connection.is_read_only
    assert pending.state == OrderState.WITHDRAWN
    assert pending.answer == "Nothing is switched in this account any more."


def test_so_does_a_platform_that_says_that_it_lets_nothing_be_switched(
    connection: Connection, world: World, now: datetime
) -> None:
    listed, another = account_of(connection), account_of(connection, "200")
    pending, other = order(listed, now), order(another, now)
    world.accounts = [
        Account("100", "Acme", "Europe/Berlin", "EUR", is_read_only=True),
        Account("200", "Acme 2", "Europe/Berlin", "EUR"),
    ]

    platforms.list_accounts(connection.pk, now)

    pending.refresh_from_db()
    other.refresh_from_db()
    assert (pending.state, pending.settled_at) == (OrderState.WITHDRAWN, now)
    assert other.state == OrderState.PENDING


def test_an_account_is_read_by_one_connection_alone(connection: Connection, now: datetime) -> None:
    account_of(connection)
    second = lifecycle.add(platform=CODE, name="Second", given={"token": TOKEN}, now=now)
    same = account_of(second, is_read=False)

    with pytest.raises(InvalidConnection, match="is read by Acme's ads already"):
        lifecycle.read([same.pk], is_read=True, now=now)

    same.refresh_from_db()
    assert not same.is_read


def test_reading_is_switched_off_and_on(connection: Connection, now: datetime) -> None:
    account = account_of(connection)
    pending = order(account, now)

    assert lifecycle.read([account.pk], is_read=False, now=now) == 1
    assert lifecycle.read([account.pk], is_read=False, now=now) == 0
    pending.refresh_from_db()
    assert pending.state == OrderState.WITHDRAWN
    assert lifecycle.read([account.pk], is_read=True, now=now) == 1


def test_accounts_of_a_disconnected_connection_cannot_be_read(
    connection: Connection, now: datetime
) -> None:
    account = account_of(connection)
    lifecycle.disconnect(connection, now=now)

    with pytest.raises(InvalidConnection, match="is disconnected; renew its credentials first"):
        lifecycle.read([account.pk], is_read=True, now=now)


@pytest.mark.parametrize(
    ("ends_in", "said", "is_now"),
    [
        (None, None, None),
        (timedelta(days=7, seconds=1), None, None),
        (
            timedelta(days=7),
            "the credentials expire at 2026-12-06 11:00 UTC. Renew them before",
            False,
        ),
        (timedelta(0), "the credentials expired at 2026-11-29 11:00 UTC. Renew them.", True),
    ],
)
def test_credentials_that_end_are_said_a_week_before(
    connection: Connection,
    now: datetime,
    ends_in: timedelta | None,
    said: str | None,
    is_now: bool | None,
) -> None:
    ends = None if ends_in is None else now + ends_in
    Connection.objects.update(expires_at=ends)

    found = troubles(now)

    assert len(found) == (said is not None)
    if said:
        assert said in found[0].text
        assert found[0].is_now is is_now


def test_refused_credentials_are_said_first_and_noted_until_they_work_again(
    connection: Connection, world: World, now: datetime
) -> None:
    lifecycle.add(
        platform=CODE,
        name="Ending",
        given={"token": TOKEN},
        expires_at=now + timedelta(days=1),
        now=now,
    )
    world.tokens = set()
    with pytest.raises(CredentialsRefused):
        look(connection, now=now)

    first, second = troubles(now)
    connection.refresh_from_db()
    assert connection.state == ConnectionState.REFUSED
    assert first.text == (
        "Acme's ads: the platform refuses the credentials, so spend is not read and campaigns are "
        "not switched there. The token was revoked. Make another. Renew the credentials."
    )
    assert second.text.startswith("Ending: the credentials expire at ")

    world.tokens = {TOKEN}
    look(connection, now=now)

    connection.refresh_from_db()
    assert (connection.state, connection.problem) == (ConnectionState.WORKING, "")


def test_the_simulated_platform_is_disconnected_by_its_setting_alone(
    db: None, now: datetime
) -> None:
    simulated = Connection.objects.create(
        name="Simulated", platform="simulated", source="simulated"
    )

    with pytest.raises(InvalidConnection, match="SIMULATED_PLATFORM=false"):
        lifecycle.disconnect(simulated, now=now)

    simulated.refresh_from_db()
    assert simulated.state == ConnectionState.WORKING
