"""Spend in another currency than its brand's is refused; what waits keeps its own."""

from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, CampaignReference, WaitingSpend
from ads.services import BudgetService
from ads.services.errors import InvalidReference
from ads.services.references import registry, unmatched
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import entry, google, kept, outcomes, take, total, unknown
from ads.tests.support import NOON, totals

pytestmark = pytest.mark.django_db

EUROS = (
    "the amount is in EUR (Euro), and the brand's currency is KWD (Kuwaiti Dinar); record it for "
    "a brand in EUR, or convert it first."
)


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(brand=BrandFactory.create(name="Kuwait", currency="KWD"))


@pytest.mark.parametrize("row", [entry, total])
def test_the_currency_of_the_brand_is_recorded_and_another_is_refused(
    campaign: Campaign, row: Any
) -> None:
    assert outcomes(take(row(campaign, "1.234", currency="KWD"))) == ["recorded"]

    (answer,) = take(row(campaign, 5, currency="EUR")).answers

    assert (answer.outcome, answer.field, answer.reason) == ("refused", "currency", EUROS)
    assert set(totals(campaign).values()) == {Decimal("1.234")}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("XXX", "'XXX' is not a currency code; use the three letters"),
        ("kwd", "'kwd' is not a currency code; write KWD."),
        (978, "give the code of a currency as text, such as USD."),
    ],
)
def test_what_is_no_currency_is_refused(campaign: Campaign, code: object, reason: str) -> None:
    (answer,) = take(entry(campaign, 5, currency=code)).answers

    assert (answer.field, str(answer.reason).startswith(reason)) == ("currency", True)


def test_what_waits_keeps_the_currency_that_it_came_in() -> None:
    BrandFactory.create(currency="EUR")
    CampaignFactory.create()
    take(entry(google("7"), 5, currency="EUR"), entry(google("7"), 7), entry(google("7"), 1))
    take(total(google("8"), 3, currency="EUR"))
    take(total(google("8"), 4, currency=None))

    in_euros = {"7": {"": 8, "EUR": 5}, "8": {"EUR": 4}}
    for reference, sums in in_euros.items():
        waits = unmatched.waits([unknown(reference).pk])[unknown(reference).pk]
        assert waits.sums == sums


def test_an_amount_that_names_none_is_in_the_only_currency_there_is() -> None:
    BrandFactory.create(currency="EUR")
    take(entry(google("7"), 7))

    assert unmatched.waits([unknown().pk])[unknown().pk].sums == {"EUR": 7}


def test_it_is_not_matched_to_a_brand_of_another_currency(campaign: Campaign) -> None:
    take(entry(google("7"), 5, currency="EUR"), entry(google("7"), 7))

    with pytest.raises(InvalidReference) as refusal:
        registry.match(unknown(), campaign, now=NOON)

    assert "the amount is in EUR (Euro), and the brand's currency is KWD (Kuwaiti Dinar)" in str(
        refusal.value
    )
    assert "choose a campaign of a brand in EUR, or discard the waiting spend." in str(
        refusal.value
    )
    assert [amount for _, amount, _ in kept()] == [5, 7]
    assert not CampaignReference.objects.exists()


def test_it_is_matched_to_a_brand_of_its_currency() -> None:
    euros = CampaignFactory.create(brand=BrandFactory.create(currency="EUR"))
    take(entry(google("7"), 5, currency="EUR"), entry(google("7"), 7))

    done = registry.match(unknown(), euros, now=NOON)

    assert (done.recorded, done.refused) == (2, 0)
    assert not WaitingSpend.objects.exists()


def test_with_an_id_given_by_hand_it_goes_on_waiting_and_says_why(campaign: Campaign) -> None:
    take(entry(google("7"), 5, currency="EUR"), entry(google("7"), 7))

    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="123", reference="7"
    )
    registry.record_waiting(NOON)

    (left,) = WaitingSpend.objects.all()
    assert (left.amount, left.refusal) == (5, f"currency: 'EUR' is refused: {EUROS}")
    assert set(totals(campaign).values()) == {7}


def test_the_summaries_name_the_currency(campaign: Campaign) -> None:
    assert BudgetService.get_brand_summary(campaign.brand)["currency"] == "KWD"
    assert BudgetService.get_campaign_summary(campaign)["currency"] == "KWD"
