"""What is made of what was chosen; all of it or nothing."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    Connection,
    PlatformAccount,
)
from ads.platforms.interface import Account, RemoteCampaign
from ads.services.actor import acting_as
from ads.services.connections import (
    Choice,
    choices,
    fits,
    look,
)
from ads.services.setup import ChangedMeanwhile, Preview
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.connections import example
from ads.tests.services.connections.example import CODE, World
from ads.tests.services.connections.first_look import make, preview, refused, seen

pytestmark = pytest.mark.django_db


def test_a_new_account_becomes_a_brand_with_its_campaigns_and_is_read(
    connection: Connection, now: datetime
) -> None:
    (fit,) = seen(connection, now)
    (proposed,) = choices.proposed([fit])
    found = preview(connection, [proposed], now)
    assert not Brand.objects.exists()

    with acting_as("olivia"):
        done = make(connection, [proposed], now, seen=found.plan.digests())

    assert proposed == Choice(fit.account.pk, is_read=True, brand="Acme", with_budgets=True)
    brand = Brand.objects.get()
    assert (brand.name, brand.timezone, brand.currency) == ("Acme", "Europe/Berlin", "EUR")
    spring, summer = brand.campaigns.order_by("name")
    assert (spring.name, spring.status, spring.daily_budget) == ("Spring", "active", 50)
    # What is off there stays off: an active campaign would be switched on.
    assert (summer.name, summer.status, summer.daily_budget) == ("Summer", "paused", None)
    ids = CampaignReference.objects.order_by("reference")
    assert [(one.campaign, one.platform, one.account, one.reference) for one in ids] == [
        (spring, CODE, "100", "1"),
        (summer, CODE, "100", "2"),
    ]
    assert PlatformAccount.objects.get().is_read
    assert (done.counts["brands_new"], done.counts["campaigns_new"]) == (1, 2)


def test_budgets_are_taken_over_only_where_wanted_and_never_shared_ones(
    connection: Connection, world: World, now: datetime
) -> None:
    world.campaigns["100"].append(
        RemoteCampaign("3", "Shared", is_on=True, daily_budget=Decimal(9), is_budget_shared=True)
    )
    world.campaigns["100"].append(
        RemoteCampaign("4", "Mills", is_on=True, daily_budget=Decimal("12.345"))
    )
    (fit,) = seen(connection, now)

    with_them = preview(connection, [Choice(fit.account.pk, True, "Acme")], now)
    without = preview(connection, [Choice(fit.account.pk, True, "Acme", False)], now)

    assert budgets(with_them) == {"Spring": "€50.00", "Mills": "€12.345"}
    assert budgets(without) == {}


def budgets(found: Preview) -> dict[str, str]:
    return {
        campaign: change.new
        for _, _, campaign, _, change in found.plan.told()
        if change.column == "daily_budget"
    }


def test_a_campaign_of_the_same_name_gets_the_platform_id_and_nothing_else_of_it_changes(
    connection: Connection, now: datetime
) -> None:
    brand = BrandFactory.create(name="Acme", timezone="Europe/Berlin", currency="EUR")
    spring = CampaignFactory.create(brand=brand, name="Spring", daily_budget=7, status="paused")
    CampaignReference.objects.create(campaign=spring, platform="meta_ads", reference="m1")
    (fit,) = seen(connection, now)

    make(connection, choices.proposed([fit]), now)

    spring = spring.fresh()
    assert (spring.daily_budget, spring.status) == (7, "paused")
    assert sorted(str(one) for one in spring.references.all()) == [
        "example_ads / 100 / 1",
        "meta_ads / m1",
    ]
    assert brand.campaigns.count() == 2


def test_an_id_that_is_known_without_an_account_is_the_same_campaign(
    connection: Connection, now: datetime
) -> None:
    brand = BrandFactory.create(timezone="Europe/Berlin", currency="EUR")
    ours = CampaignFactory.create(brand=brand, name="Called otherwise")
    CampaignReference.objects.create(campaign=ours, platform=CODE, reference="1")
    (fit,) = seen(connection, now)

    make(connection, choices.proposed([fit]), now)

    assert fit.brand == brand
    assert sorted(str(one) for one in ours.references.all()) == [
        "example_ads / 1",
        "example_ads / 100 / 1",
    ]
    assert sorted(brand.campaigns.values_list("name", flat=True)) == ["Called otherwise", "Summer"]


def test_two_campaigns_of_one_name_stay_two(
    connection: Connection, world: World, now: datetime
) -> None:
    world.accounts.append(Account("200", "Acme", "Europe/Berlin", "EUR"))
    world.campaigns["200"] = [
        RemoteCampaign("8", "Spring", is_on=True),
        RemoteCampaign("9", " ", is_on=True),
    ]

    make(connection, choices.proposed(seen(connection, now)), now)

    names = Campaign.objects.order_by("name").values_list("brand__name", "name")
    assert list(names) == [
        ("Acme", "Campaign 9"),
        ("Acme", "Spring"),
        ("Acme", "Spring (8)"),
        ("Acme", "Summer"),
    ]


def test_an_account_that_is_left_out_is_not_read_and_nothing_is_made_of_it(
    connection: Connection, now: datetime
) -> None:
    (fit,) = seen(connection, now)
    PlatformAccount.objects.update(is_read=True)

    make(connection, [Choice(fit.account.pk, is_read=False, brand="Acme")], now)

    assert not Brand.objects.exists()
    assert not PlatformAccount.objects.get().is_read


def test_an_account_can_be_read_without_a_brand_for_what_is_not_known(
    connection: Connection, now: datetime
) -> None:
    (fit,) = seen(connection, now)

    make(connection, [Choice(fit.account.pk, is_read=True, brand="")], now)

    assert not Brand.objects.exists()
    assert PlatformAccount.objects.get().is_read


def test_an_account_without_a_timezone_and_a_currency_says_what_a_new_brand_gets(
    connection: Connection, world: World, now: datetime
) -> None:
    (fit,) = seen(connection, now)
    fit.account.timezone = fit.account.currency = ""

    (said,) = fits.troubles(fit, None, gives_hours=lambda: False, now=now)
    assert said.startswith("Its timezone and currency are not known, so a new brand gets UTC and ")


def test_if_one_row_cannot_be_made_nothing_is(
    connection: Connection, world: World, now: datetime
) -> None:
    world.campaigns["100"].append(RemoteCampaign("3", "x" * 190 + "\x07", is_on=True))
    (fit,) = seen(connection, now)

    said = refused(connection, choices.proposed([fit]), now)

    assert "it has a line break or another control character" in said[0]
    assert not Brand.objects.exists()
    assert not PlatformAccount.objects.get().is_read


def test_what_changed_after_the_preview_is_not_made(
    connection: Connection, world: World, now: datetime
) -> None:
    (fit,) = seen(connection, now)
    chosen = choices.proposed([fit])
    digests = preview(connection, chosen, now).plan.digests()
    world.campaigns["100"][0] = RemoteCampaign("1", "Spring sale", is_on=True)
    look(connection, now=now.replace(hour=12))

    with pytest.raises(ChangedMeanwhile, match="in this connection was edited after the preview"):
        make(connection, chosen, now, seen=digests)

    assert not Brand.objects.exists()
    assert not PlatformAccount.objects.get().is_read


def test_what_was_made_is_known_at_the_next_look_and_nothing_is_left_to_make(
    connection: Connection, now: datetime
) -> None:
    make(connection, choices.proposed(seen(connection, now)), now)

    (fit,) = seen(connection, now.replace(hour=12))
    again = preview(connection, choices.proposed([fit]), now)

    assert sorted(fit.known) == ["1", "2"]
    assert fit.new == []
    assert again.plan.changed == []


def test_many_accounts_cost_as_many_queries_as_one(
    connection: Connection, world: World, now: datetime, django_assert_num_queries: Any
) -> None:
    world.accounts = [Account(f"{n}", f"Account {n}", "UTC", "USD") for n in range(1, 13)]
    world.campaigns = {
        one.id: [RemoteCampaign(f"{one.id}1", f"C {one.id}", is_on=True)] for one in world.accounts
    }
    look(connection, now=now)

    with django_assert_num_queries(6):
        found = fits.fits(connection)

    assert len(found) == 12
    assert example.WORLD.calls.count("accounts") == 1


def test_an_account_without_campaigns_makes_no_brand(
    connection: Connection, world: World, now: datetime
) -> None:
    world.campaigns["100"] = []

    make(connection, choices.proposed(seen(connection, now)), now)

    assert not Brand.objects.exists()
    assert PlatformAccount.objects.get().is_read
