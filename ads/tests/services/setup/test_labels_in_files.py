"""Labels and account managers in setup files."""

import pytest
from django.contrib.auth.models import User

from ads.models import Brand, Campaign, Label
from ads.services import visible
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.setup.support import (
    applied,
    changes,
    exported,
    previewed,
    problems,
    rows_of,
    written,
)

pytestmark = pytest.mark.django_db(transaction=True)

FILE = (
    "brand,campaign,account_manager,labels\n"
    "Acme,,Amelia,tier A\n"
    "Acme,Spring,,Black Friday; Q4\n"
    "Nova,,none,\n"
)


@pytest.fixture(autouse=True)
def amelia() -> User:
    Label.objects.bulk_create(
        Label(name=name) for name in ("Black Friday", "Q4", "Tier A", 'A; "none"', "None")
    )
    return User.objects.create_user("amelia", is_staff=True)


def names(row: Brand | Campaign) -> list[str]:
    return sorted(label.name for label in row.labels.all())


def test_labels_and_managers_are_set_shown_and_taken_away(amelia: User) -> None:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(brand=brand, name="Spring")
    campaign.labels.add(Label.objects.get(name="Tier A"))

    assert changes(FILE) == [
        "Acme: account manager none → amelia",
        "Acme: labels none → Tier A",
        "Acme / Spring: labels Tier A → Black Friday; Q4",
        "Nova (new): brand Nova",
        "Nova (new): status active",
        "Nova (new): timezone UTC",
        "Nova (new): currency USD",
    ]
    applied(FILE)

    assert (brand.fresh().account_manager, names(brand)) == (amelia, ["Tier A"])
    assert names(campaign) == ["Black Friday", "Q4"]
    assert previewed(exported()).plan.changed == []
    applied("brand,campaign,account_manager,labels\nAcme,,none,none\nAcme,Spring,,Q4\n")
    assert (brand.fresh().account_manager, names(brand)) == (None, [])
    assert names(campaign) == ["Q4"]


def test_names_that_a_cell_could_misread_come_back_as_they_were() -> None:
    campaign = CampaignFactory.create()
    campaign.labels.set(Label.objects.filter(name__in=['A; "none"', "None"]))
    rows = rows_of(exported())

    assert previewed(written(rows)).plan.changed == []
    campaign.labels.clear()
    applied(written(rows))
    assert names(campaign) == ['A; "none"', "None"]


def test_what_is_unknown_is_refused_with_the_remedy_and_nothing_changes() -> None:
    brand = BrandFactory.create(name="Acme")

    assert problems("brand,account_manager,labels\nAcme,Amelia Smith,Q5\n") == [
        (
            "line 2, account_manager: 'Amelia Smith': nobody who can log in has the user name "
            "'Amelia Smith'. Write the user name, not the full name; an administrator adds people "
            "under Users."
        ),
        "line 2, labels: 'Q5': there is no label 'Q5'. Create it first, under Labels.",
    ]
    assert brand.fresh().account_manager is None


def test_somebody_limited_to_brands_neither_sees_nor_sets_account_managers(amelia: User) -> None:
    brand = BrandFactory.create(name="Acme", account_manager=amelia)

    with visible.limited([brand.pk]):
        assert "amelia" not in exported()
        assert previewed(exported()).plan.changed == []
        (why,) = problems("brand,account_manager\nAcme,none\n")

    assert "you are limited to brands" in why
