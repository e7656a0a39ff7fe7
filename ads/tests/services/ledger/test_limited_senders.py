"""A sender that is limited to some brands cannot learn what there is in others."""

from typing import Any

import pytest

from ads.models import Brand, Campaign, Spend, UnknownReference
from ads.services.campaign_lookup import CampaignNamed
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import (
    TODAY,
    correct,
    entry,
    google,
    kept,
    known_as,
    limited_to,
    outcomes,
    take,
    total,
)
from ads.tests.support import totals

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> Brand:
    return BrandFactory.create(name="Own")


@pytest.fixture
def foreign() -> Campaign:
    """A campaign of a brand that the sender must not learn of."""
    campaign = CampaignFactory.create(brand__name="Foreign", name="Secret")
    known_as(campaign, google("7"))
    return campaign


def test_it_writes_to_its_own_brand_however_the_campaign_is_named(own: Brand) -> None:
    campaign = CampaignFactory.create(brand=own, name="Spring")
    known_as(campaign, google("7"))

    done = take(
        entry(campaign, 1),
        entry(CampaignNamed("Own", "Spring"), 2),
        entry(google("7"), 4),
        sender=limited_to(own),
    )

    assert outcomes(done) == ["recorded"] * 3
    assert totals(campaign)["day", TODAY] == 7


@pytest.mark.parametrize("keep_good", [False, True])
@pytest.mark.parametrize("row", [entry, total])
def test_a_foreign_campaign_answers_as_one_that_does_not_exist(
    own: Brand, foreign: Campaign, row: Any, *, keep_good: bool
) -> None:
    nothing = 10**9
    sender = limited_to(own)

    def answered(given: Any) -> str:
        return repr(take(row(given), sender=sender, keep_good=keep_good))

    assert answered(foreign.pk).replace(str(foreign.pk), "") == (
        answered(nothing).replace(str(nothing), "")
    )
    assert answered(CampaignNamed("Foreign", "Secret")) == (
        answered(CampaignNamed("Nobody", "Secret")).replace("Nobody", "Foreign")
    )
    assert not Spend.objects.exists()


@pytest.mark.parametrize("given", [{}, {"amount": "x"}, {"date": "2024-05-18"}])
@pytest.mark.parametrize("row", [entry, total])
def test_a_foreign_reference_answers_as_one_that_nobody_carries(
    own: Brand, foreign: Campaign, row: Any, given: dict[str, Any]
) -> None:
    sender = limited_to(own)

    of_foreign, of_nobody = take(
        row(google("7"), **given), row(google("8"), **given), sender=sender, keep_good=True
    ).answers

    assert repr(of_foreign) == repr(of_nobody)
    assert not Spend.objects.exists()
    # Again, and with another content, too.
    more = {"amount": 5}
    assert repr(take(row(google("7"), **more), sender=sender)) == (
        repr(take(row(google("8"), **more), sender=sender))
    )
    assert totals(foreign) == {}


def test_what_it_sent_waits_for_a_campaign_of_its_own_brands(own: Brand, foreign: Campaign) -> None:
    second = BrandFactory.create()

    take(entry(google("7"), 5, external_id="a"), sender=limited_to(second, own))
    take(entry(google("9"), 5, external_id="b"))

    brands = UnknownReference.objects.order_by("reference").values_list("only_brands", flat=True)
    assert list(brands) == [[own.pk, second.pk], None]
    assert totals(foreign) == {}


def test_one_reference_waits_apart_for_senders_of_different_brands(own: Brand) -> None:
    take(entry(google("7"), 1, external_id="a"))
    take(entry(google("7"), 2, external_id="a"), sender=limited_to(own))

    assert kept() == [("7", 1, "a"), ("7", 2, "a")]
    assert UnknownReference.objects.count() == 2


def test_a_conflict_does_not_say_for_which_other_campaign_an_id_was_recorded(
    own: Brand, foreign: Campaign
) -> None:
    campaign = CampaignFactory.create(brand=own)
    sender = limited_to(own)
    take(entry(foreign, 5, external_id="a"), sender=limited_to(own, foreign.brand))
    take(entry(google("9"), 5, external_id="b"), sender=limited_to(own, foreign.brand))

    for given in (campaign, google("7"), google("8")):
        for external_id in ("a", "b"):
            (answer,) = take(
                entry(given, 5, external_id=external_id), sender=sender, keep_good=True
            ).answers
            if given is campaign and external_id == "b":
                assert answer.outcome == "recorded"  # what waits has not been recorded
                continue
            assert (answer.outcome, answer.field) == ("conflict", "campaign")
            assert str(answer.reason).startswith(
                "its external id was already used with other content. Nothing was changed."
            )

    assert totals(foreign)["day", TODAY] == 5


def test_a_correction_of_a_foreign_campaign_is_none(own: Brand, foreign: Campaign) -> None:
    take(entry(foreign, 5))

    done = correct(entry(foreign, -5, description="Refund", date=TODAY), sender=limited_to(own))

    assert [(answer.outcome, answer.field) for answer in done.answers] == [("refused", "campaign")]
    assert totals(foreign)["day", TODAY] == 5


def test_a_sender_without_any_brand_writes_nowhere(foreign: Campaign) -> None:
    done = take(entry(foreign), entry(google("7")), sender=limited_to(), keep_good=True)

    assert outcomes(done) == ["refused", "waiting"]
    assert UnknownReference.objects.get().only_brands == []
    assert not Spend.objects.exists()


def test_what_waits_can_be_sent_again_once_its_sender_may_write_to_more_brands(own: Brand) -> None:
    second = BrandFactory.create()
    row = entry(google("7"), 5, external_id="a")
    take(row, sender=limited_to(own))

    assert outcomes(take(row, sender=limited_to(own, second))) == ["waiting"]
    changed = take(entry(google("7"), 6, external_id="a"), sender=limited_to(own, second))
    assert [answer.field for answer in changed.answers] == ["amount"]
    assert kept() == [("7", 5, "a")]
    assert UnknownReference.objects.get().only_brands == [own.pk]
