"""Whose a saved view is, who may change it, and which one a list opens with."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from ads.models import SavedView
from ads.services import visible
from ads.services.team import Contents, ViewRefused, saved_views

pytestmark = pytest.mark.django_db

LIST = "ads.campaign"


@pytest.fixture
def anna() -> User:
    user = User.objects.create_user("anna", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="share_savedview"))
    return user


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben", is_staff=True)


def names(user: Any) -> list[tuple[str, bool]]:
    """The views that a user has, and whether each is the default."""
    return [(one.name, one.is_default) for one in saved_views.of_list(user, LIST)]  # type: ignore[attr-defined]


def test_own_views_are_ones_own_and_shared_ones_the_teams(anna: User, ben: User) -> None:
    own = saved_views.save(anna, LIST, "Mine", Contents("state=Active"))
    shared = saved_views.save(anna, LIST, "Ours", Contents(), shared=True)

    assert names(anna) == [("Mine", False), ("Ours", False)]
    assert names(ben) == [("Ours", False)]
    assert saved_views.find(ben, own.pk) is None
    assert [saved_views.may_change(anna, view) for view in (own, shared)] == [True, True]
    assert [saved_views.may_change(ben, view) for view in (own, shared)] == [False, False]
    saved_views.share(own)
    assert names(ben) == [("Mine", False), ("Ours", False)]
    anna.delete()
    assert len(names(ben)) == 2


def test_each_has_one_default_for_a_list_and_a_deleted_view_is_none(anna: User, ben: User) -> None:
    first, second = (saved_views.save(anna, LIST, name, Contents(), shared=True) for name in "AB")
    for view in (first, second):
        saved_views.make_default(ben, view)

    assert names(ben) == [("A", False), ("B", True)]
    assert names(anna) == [("A", False), ("B", False)]
    second.delete()
    assert names(ben) == [("A", False)]
    saved_views.make_default(ben, first)
    saved_views.make_default(ben, first, on=False)
    assert names(ben) == [("A", False)]


def test_somebody_who_is_limited_to_brands_has_own_views_alone(anna: User) -> None:
    saved_views.save(anna, LIST, "Zyxel", Contents(), shared=True)
    saved_views.save(anna, LIST, "Mine", Contents())

    with visible.limited([1]):
        assert names(anna) == [("Mine", False)]
        assert not saved_views.may_share(anna)


@pytest.mark.parametrize(
    ("name", "why"), [(" ", "Give the view a name"), ("x" * 61, "60"), ("MINE", "another name")]
)
def test_a_name_that_cannot_be_is_refused(anna: User, name: str, why: str) -> None:
    view = saved_views.save(anna, LIST, "Mine", Contents("q=x"))
    other = saved_views.save(anna, LIST, "Other", Contents())

    with pytest.raises(ViewRefused, match=why):
        saved_views.save(anna, LIST, name, Contents())
    with pytest.raises(ViewRefused, match=why):
        saved_views.rename(other, name)

    assert list(SavedView.objects.values_list("name", "query")) == [("Mine", "q=x"), ("Other", "")]
    saved_views.rename(view, "mine")  # its own name, written in another way


def test_there_are_no_more_views_of_a_list_than_can_be_shown(anna: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(list_name=LIST, owner=anna, name=f"View {number}")
        for number in range(saved_views.MOST)
    )

    with pytest.raises(ViewRefused, match="4,001 characters of the address"):
        saved_views.save(anna, "ads.brand", "Long", Contents("q=" + "x" * 3999))
    with pytest.raises(ViewRefused, match="delete one first"):
        saved_views.save(anna, LIST, "One more", Contents())
    saved_views.save(anna, "ads.brand", "Of another list", Contents())
