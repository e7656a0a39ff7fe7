"""The first look: what is there, and what fits."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ads.models import (
    CampaignReference,
    Connection,
    PlatformAccount,
    PlatformCampaign,
)
from ads.platforms.interface import Account, RemoteCampaign, Unreachable
from ads.services.connections import (
    listing,
    look,
)
from ads.tests.factories import CampaignFactory
from ads.tests.services.connections import example
from ads.tests.services.connections.example import CODE, World
from ads.tests.services.connections.first_look import seen

pytestmark = pytest.mark.django_db


def test_what_is_there_is_kept_and_not_read_yet(
    connection: Connection, world: World, now: datetime
) -> None:
    world.campaigns["100"].append(RemoteCampaign("3", "Old", is_on=False, is_removed=True))

    looked = look(connection, now=now)

    account = PlatformAccount.objects.get()
    connection.refresh_from_db()
    assert (looked.accounts, looked.campaigns, looked.failed) == (1, 2, {})
    assert (account.remote_id, account.name, account.timezone) == ("100", "Acme", "Europe/Berlin")
    assert (account.currency, account.source, account.is_read) == ("EUR", CODE, False)
    assert connection.listed_at == now
    rows = PlatformCampaign.objects.order_by("remote_id").values_list("name", "is_on", "gone_at")
    assert list(rows) == [("Spring", True, None), ("Summer", False, None), ("Old", False, now)]


def test_a_later_look_sees_what_was_renamed_and_what_is_gone_and_leaves_reading_alone(
    connection: Connection, world: World, now: datetime
) -> None:
    look(connection, now=now)
    PlatformAccount.objects.update(is_read=True)
    world.accounts = [Account("100", "Acme Ltd", "Europe/Berlin", "EUR", state="suspended")]
    world.campaigns["100"] = [RemoteCampaign("1", "Spring sale", is_on=False)]
    later = now.replace(hour=13)

    look(connection, now=later)

    account = PlatformAccount.objects.get()
    assert (account.name, account.state, account.is_read) == ("Acme Ltd", "suspended", True)
    rows = PlatformCampaign.objects.order_by("remote_id").values_list("name", "is_on", "gone_at")
    assert list(rows) == [("Spring sale", False, None), ("Summer", False, later)]


def test_an_account_that_fails_holds_up_no_other(
    connection: Connection, world: World, now: datetime
) -> None:
    world.accounts += [Account("200", "Broken"), Account("300", "Fine")]
    world.failing["200"] = Unreachable("No answer.")
    world.campaigns["300"] = [RemoteCampaign("7", "Autumn", is_on=True)]

    looked = look(connection, now=now)

    assert looked.failed == {"Broken (example_ads)": "No answer."}
    assert set(PlatformCampaign.objects.values_list("name", flat=True)) == {
        "Spring", "Summer", "Autumn",
    }  # fmt: skip
    assert PlatformAccount.objects.get(remote_id="200").problem == "No answer."


def test_a_login_that_fails_for_one_account_loses_no_answer_of_another(
    connection: Connection, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.accounts = [Account(str(n), f"Account {n}", "UTC", "USD") for n in range(6)]
    world.campaigns = {str(n): [RemoteCampaign("1", "Spring", is_on=True)] for n in range(6)}
    opened = 0
    make = example.Example.connector

    def flaky(*args: Any) -> Any:
        nonlocal opened
        opened += 1
        if opened == 2:  # the first one lists the accounts
            raise Unreachable("No token.")
        return make(*args)

    monkeypatch.setattr(example.Example, "connector", staticmethod(flaky))

    looked = look(connection, now=now)

    assert set(looked.failed.values()) <= {"No token."}
    assert looked.campaigns + len(looked.failed) == 6
    assert looked.campaigns


def test_what_takes_too_long_is_left_for_the_next_look(
    connection: Connection, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PATIENCE", timedelta(seconds=-1))

    looked = look(connection, now=now)

    assert list(looked.failed.values()) == [
        "Its campaigns were not listed: the others took too long. Look again."
    ]
    assert not PlatformCampaign.objects.exists()


@pytest.mark.parametrize(
    ("brand", "campaign", "reference", "why"),
    [
        ("Anything", "Something", True, "has its platform IDs"),
        ("Anything", "Spring", False, "has campaigns of the same names"),
        ("ACME.", "Something", False, "has the same name"),
        ("Another", "Something", False, ""),
    ],
)
def test_the_brand_of_an_account_is_found_by_ids_then_names_then_its_own_name(
    connection: Connection, now: datetime, brand: str, campaign: str, reference: bool, why: str
) -> None:
    ours = CampaignFactory.create(brand__name=brand, name=campaign)
    if reference:
        CampaignReference.objects.create(campaign=ours, platform=CODE, account="100", reference="1")

    (fit,) = seen(connection, now)

    assert (fit.brand, fit.why) == (ours.brand if why else None, why)
    assert fit.known == ({"1": ours} if reference else {})
