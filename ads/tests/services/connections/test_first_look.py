"""The first look: what is there, what fits, and what is made of it; all of it or nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import (
    Brand,
    Campaign,
    CampaignReference,
    Connection,
    PlatformAccount,
    PlatformCampaign,
)
from ads.platforms.interface import Account, RemoteCampaign, Unreachable
from ads.services.actor import acting_as
from ads.services.connections import (
    Choice,
    ChoicesRefused,
    Fit,
    choices,
    fits,
    lifecycle,
    listing,
    look,
)
from ads.services.setup import ChangedMeanwhile, Preview
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.connections import example
from ads.tests.services.connections.example import CODE, TOKEN, World

pytestmark = pytest.mark.django_db


def no_hours() -> bool:
    return False


def seen(connection: Connection, now: datetime) -> list[Fit]:
    look(connection, now=now)
    return fits.fits(connection)


def preview(connection: Connection, chosen: Sequence[Choice], now: datetime) -> Preview:
    return choices.preview(connection, chosen, gives_hours=no_hours, now=now)


def make(connection: Connection, chosen: Sequence[Choice], now: datetime, **more: Any) -> Any:
    more.setdefault("seen", None)
    return choices.apply(connection, chosen, gives_hours=no_hours, now=now, **more)


def refused(connection: Connection, chosen: Sequence[Choice], now: datetime) -> list[str]:
    with pytest.raises(ChoicesRefused) as error:
        preview(connection, chosen, now)
    with pytest.raises(ChoicesRefused):
        make(connection, chosen, now)
    return [text for texts in error.value.reasons.values() for text in texts]


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
    (fit,) = seen(connection, now)

    with_them = preview(connection, [Choice(fit.account.pk, True, "Acme")], now)
    without = preview(connection, [Choice(fit.account.pk, True, "Acme", False)], now)

    assert budgets(with_them) == {"Spring": "€50.00"}
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
