"""Two files bring the same campaigns at once, or somebody creates one meanwhile."""

from collections.abc import Callable

import pytest

from ads.models import Brand, Campaign, CampaignReference, Spend
from ads.services.imports.plan import NewBrand, Plan
from ads.services.imports.refusals import ImportRefused
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded
from ads.tests.support import NOON, at_once, await_blocked, held_open

pytestmark = pytest.mark.django_db(transaction=True)

DAY = NOON.date()
GOOGLE = "Day,Campaign,Campaign ID,Customer ID,Currency code,Cost"
NAMES = {"Spring": 77, "Autumn": 78, "Winter": 79}
ROWS = [f"{DAY},{name},{reference},1,USD,10" for name, reference in NAMES.items()]
PLAIN = ["campaign,date,amount", *(f"{name},{DAY},10" for name in NAMES)]
NEW = Plan(new_brand=NewBrand("Acme", "USD", "UTC"))


def second_of_two(first: Callable[[], object], second: Callable[[], object]) -> list[str]:
    """Do the second while the first is being committed; why it was refused, if it was."""
    said: list[str] = []

    def then() -> None:
        try:
            second()
        except ImportRefused as error:
            said.append(str(error))

    with held_open(first) as commit, at_once() as start:
        start(then)
        await_blocked()
        commit()
    return said


@pytest.mark.parametrize("lines", [[GOOGLE, *ROWS], PLAIN])
@pytest.mark.parametrize("is_new", [True, False])
def test_two_imports_of_one_file_bring_each_campaign_once(lines: list[str], is_new: bool) -> None:
    plan = NEW if is_new else Plan(create_in=BrandFactory.create(name="Acme").pk)
    other_way = [lines[0], *reversed(lines[1:])]

    said = second_of_two(lambda: recorded(lines, plan), lambda: recorded(other_way, plan))

    assert said == []
    assert sorted(Campaign.objects.values_list("name", flat=True)) == sorted(NAMES)
    assert Brand.objects.count() == 1
    assert CampaignReference.objects.count() == (3 if lines[0] == GOOGLE else 0)
    assert ledger() == {(name, str(DAY)): 10 for name in NAMES}
    assert Spend.objects.count() == 3


def test_many_at_once_bring_each_campaign_once() -> None:
    with at_once() as start:
        for _ in range(4):
            start(lambda: recorded([GOOGLE, *ROWS], NEW))

    assert Campaign.objects.count() == 3
    assert Spend.objects.count() == 3


def test_a_preview_keeps_no_campaign_from_being_created_afterwards() -> None:
    with at_once() as start:
        start(lambda: previewed([GOOGLE, *ROWS], NEW))

    recorded([GOOGLE, *ROWS], NEW)

    assert Campaign.objects.count() == 3


@pytest.mark.parametrize("lines", [[GOOGLE, *ROWS], PLAIN])
def test_a_campaign_that_somebody_creates_meanwhile_refuses_the_file(lines: list[str]) -> None:
    brand = BrandFactory.create(name="Acme")
    plan = Plan(create_in=brand.pk)

    said = second_of_two(
        lambda: CampaignFactory.create(brand=brand, name="Spring"), lambda: recorded(lines, plan)
    )

    assert len(said) == 1
    assert "Somebody else has just given a campaign one of these names" in said[0]
    assert Campaign.objects.count() == 1
    assert not Spend.objects.exists()


def test_an_id_that_another_brand_is_given_meanwhile_refuses_the_file() -> None:
    brand = BrandFactory.create(name="Acme")
    other = CampaignFactory.create()

    said = second_of_two(
        lambda: CampaignReference.objects.create(
            campaign=other, platform="google_ads", account="1", reference="77"
        ),
        lambda: recorded([GOOGLE, *ROWS], Plan(create_in=brand.pk)),
    )

    assert len(said) == 1
    assert "Somebody else has just given a campaign one of these names or platform IDs" in said[0]
    assert not Spend.objects.exists()
    assert Campaign.objects.count() == 1
