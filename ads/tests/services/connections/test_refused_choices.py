"""What does not go together is refused, with what it would mean."""

from datetime import datetime

import pytest

from ads.models import (
    Brand,
    Campaign,
    Connection,
    PlatformAccount,
)
from ads.platforms.interface import Account
from ads.services.connections import (
    Choice,
    choices,
    fits,
    lifecycle,
)
from ads.tests.factories import BrandFactory
from ads.tests.services.connections.example import CODE, TOKEN, World
from ads.tests.services.connections.first_look import make, preview, refused, seen

pytestmark = pytest.mark.django_db


def test_another_currency_is_refused_with_what_it_would_mean(
    connection: Connection, now: datetime
) -> None:
    BrandFactory.create(name="Dollars", timezone="Europe/Berlin", currency="USD")
    (fit,) = seen(connection, now)

    said = refused(connection, [Choice(fit.account.pk, True, "Dollars")], now)

    assert len(said) == 1
    assert "its spend would not be recorded. Use a brand in EUR." in said[0]
    assert not Campaign.objects.exists()
    assert not PlatformAccount.objects.get().is_read


def test_another_timezone_is_refused_unless_the_platform_gives_hours(
    connection: Connection, now: datetime
) -> None:
    paris = BrandFactory.create(name="Paris", timezone="Europe/Paris", currency="EUR")
    tokyo = BrandFactory.create(name="Tokyo", timezone="Asia/Tokyo", currency="EUR")
    (fit,) = seen(connection, now)

    said = refused(connection, [Choice(fit.account.pk, True, "Tokyo")], now)

    assert "Its days follow Europe/Berlin, and those of Tokyo follow Asia/Tokyo" in said[0]
    assert preview(connection, [Choice(fit.account.pk, True, "Paris")], now).counts[
        "campaigns_new"
    ] == 2  # fmt: skip
    with_hours = [Choice(fit.account.pk, True, "Tokyo")]
    assert choices.preview(connection, with_hours, gives_hours=lambda: True, now=now)
    note = fits.said_of_days(fit.account, tokyo, gives_hours=lambda: True, now=now)
    assert "its hours are added up to the days of Tokyo in Asia/Tokyo" in note
    assert fits.said_of_days(fit.account, paris, gives_hours=lambda: True, now=now) == ""


def test_two_accounts_that_differ_do_not_make_one_new_brand(
    connection: Connection, world: World, now: datetime
) -> None:
    world.accounts.append(Account("200", "Acme UK", "Europe/London", "GBP"))
    world.campaigns["200"] = []
    first, second = seen(connection, now)

    said = refused(
        connection,
        [Choice(first.account.pk, True, "New"), Choice(second.account.pk, True, "New")],
        now,
    )

    assert "makes the brand 'New' in Europe/Berlin and EUR" in said[0]
    assert not Brand.objects.exists()


def test_an_account_that_another_connection_reads_is_refused(
    connection: Connection, world: World, now: datetime
) -> None:
    make(connection, choices.proposed(seen(connection, now)), now)
    second = lifecycle.add(platform=CODE, name="Second", given={"token": TOKEN}, now=now)
    (fit,) = seen(second, now)

    (proposed,) = choices.proposed([fit])
    said = refused(second, [Choice(fit.account.pk, is_read=True, brand="Acme")], now)

    assert (fit.read_by, proposed.is_read) == (connection, False)
    assert said == ["Acme's ads reads this account. Leave it out, or switch it off there first."]


def test_an_account_that_is_read_as_another_source_is_left_out_unless_it_is_chosen(
    connection: Connection, world: World, now: datetime
) -> None:
    make(connection, choices.proposed(seen(connection, now)), now)
    warehouse = lifecycle.add(platform=CODE, name="Warehouse", given={"token": TOKEN}, now=now)
    Connection.objects.filter(pk=warehouse.pk).update(source="warehouse")
    warehouse.refresh_from_db()
    (fit,) = seen(warehouse, now)

    (proposed,) = choices.proposed([fit])

    assert (fit.read_by, fit.also_read_by, proposed.is_read) == (None, connection, False)
    (said,) = fits.troubles(fit, fit.brand, gives_hours=lambda: False, now=now)
    assert said.startswith("Acme's ads reads it already. The same spend is not counted twice")
    make(warehouse, [Choice(fit.account.pk, is_read=True)], now)
    fit.account.refresh_from_db()
    assert fit.account.is_read
