"""Labels, account managers and notes: kept, found, and on record."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ads.models import Brand, Campaign, Label, Note
from ads.services import visible
from ads.services.actor import acting_as
from ads.services.history import timeline
from ads.services.team import InvalidLabel, InvalidNote, labels, managed_by, managers, notes
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

STEPS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 1), st.sets(st.integers(0, 3))), max_size=8
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
@pytest.mark.parametrize("make", [BrandFactory.create, CampaignFactory.create])
def test_what_is_put_on_and_taken_off_is_what_a_set_of_pairs_has(
    make: Callable[[], Brand | Campaign], steps: list[tuple[bool, int, set[int]]]
) -> None:
    with transaction.atomic():
        rows = [make() for _ in range(4)]
        words = [Label.objects.create(name=f"Label {number}") for number in range(2)]
        model = type(rows[0])
        pairs: set[tuple[int, int]] = set()

        for adds, word, places in steps:
            chosen = {(place, word) for place in places}
            expected = chosen - pairs if adds else chosen & pairs
            pairs = pairs | chosen if adds else pairs - chosen
            do = labels.put_on if adds else labels.take_off
            assert do(model, [rows[place].pk for place in places], words[word]) == len(expected)

        labels.load(rows)
        has = {(at, one.name) for at, row in enumerate(rows) for one in row.its_labels}  # type: ignore[union-attr]
        assert has == {(place, words[word].name) for place, word in pairs}
        named = labels.names_of(model, [row.pk for row in rows])
        assert {(at, name) for at, row in enumerate(rows) for name in named.get(row.pk, ())} == has
        described = labels.with_labels(model._default_manager.filter(pk=rows[0].pk)).get()
        every = {one["name"]: one["is_on"] for one in described.every_label}
        assert every == {word.name: (0, word.name) in has for word in words}
        transaction.set_rollback(True)


def test_a_label_is_found_by_its_name_whatever_the_capitals_and_made_if_it_is_new() -> None:
    made = labels.named("  Black   Friday ")

    assert (made.name, labels.named("BLACK FRIDAY")) == ("Black Friday", made)
    with pytest.raises(InvalidLabel, match="50 characters"):
        labels.named("x" * 51)
    with pytest.raises(IntegrityError, match="label_name_is_unique"), transaction.atomic():
        Label.objects.create(name="black friday")
    assert Label.objects.count() == 1


def test_the_history_has_labels_and_managers_also_once_they_are_gone() -> None:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(brand=brand, name="Spring")
    label = labels.named("Q4")
    with acting_as("olivia"):
        labels.put_on(Campaign, [campaign.pk], label)
        brand.account_manager = User.objects.create_user("amelia")
        brand.save(update_fields=["account_manager"])
        label.delete()

    of_campaign, of_brand = (timeline.of(owner).happenings for owner in (campaign, brand))
    labeled = [one for one in of_campaign if one.title.startswith("Label")]
    (managed,) = [one for one in of_brand if one.changes and one.title != "Created"]

    assert [(one.title, one.actor) for one in labeled] == [
        ("Label Q4 removed", "olivia"),
        ("Label Q4 added", "olivia"),
    ]
    (change,) = managed.changes
    assert (managed.title, change.old, change.new) == ("Account manager changed", "–", "amelia")


def test_brands_and_campaigns_are_found_by_account_manager_who_may_be_deleted() -> None:
    amelia = User.objects.create_user("amelia")
    theirs, nobodys = BrandFactory.create(account_manager=amelia), BrandFactory.create()
    campaign = CampaignFactory.create(brand=theirs)

    assert list(managed_by(Brand.objects.all(), amelia.pk)) == [theirs]
    assert list(managed_by(Brand.objects.all(), None)) == [nobodys]
    assert list(managed_by(Campaign.objects.all(), amelia.pk)) == [campaign]
    assert list(managers()) == [amelia]
    with visible.limited([nobodys.pk]):
        assert list(managers()) == []
    amelia.delete()
    assert theirs.fresh().account_manager is None


def test_a_note_is_in_the_history_of_its_campaign_and_of_the_brand_and_stays_as_it_is() -> None:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(brand=brand, name="Spring")
    with acting_as("amelia"):
        notes.write(campaign, " Client is away.\r\nBack on Monday. ", NOON)
        notes.write(brand, "New contract.", NOON)

    of_campaign, of_brand = (
        timeline.of(owner, kind=timeline.Kind.NOTES).happenings for owner in (campaign, brand)
    )

    assert [(one.title, one.note, one.actor) for one in of_campaign] == [
        ("Note on the brand Acme", "New contract.", "amelia"),
        ("Note", "Client is away.\nBack on Monday.", "amelia"),
    ]
    assert [(one.title, one.campaigns) for one in of_brand] == [
        ("Note", ()),
        ("Note on a campaign", ((campaign.pk, "Spring"),)),
    ]
    with pytest.raises(IntegrityError, match="stays as it was written"), transaction.atomic():
        Note.objects.update(text="Something else.")
    with visible.limited([brand.pk]):
        assert visible.rows(Note.objects.all()).count() == 2
    with visible.limited([BrandFactory.create().pk]):
        assert visible.rows(Note.objects.all()).count() == 0


@pytest.mark.parametrize(
    ("text", "why"), [("  \n", "is empty"), ("x" * 2001, "2,001 characters"), ("a\0b", "NUL")]
)
def test_a_note_that_cannot_be_kept_is_refused_with_the_remedy(text: str, why: str) -> None:
    with pytest.raises(InvalidNote, match=why):
        notes.write(BrandFactory.create(), text, NOON)

    assert not Note.objects.exists()
