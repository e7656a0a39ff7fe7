"""Saved views of lists: kept, shared, renamed, deleted, and one of them the default.

Own views are their owner's alone. Shared ones are the team's: whoever may share may change them.
Somebody who is limited to brands has own views only, as a name could name another brand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ads.models import DefaultView, SavedView
from ads.services import visible

LONGEST_NAME: Final = 60
LONGEST_QUERY: Final = 4_000

#: Views of one list that somebody has, or that are shared.
MOST: Final = 50


class ViewRefused(ValueError):
    """Why a view cannot be kept as asked, with the remedy."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a view keeps: the search and filters as in an address, order and columns by name."""

    query: str = ""
    order: Sequence[str] = ()
    columns: Sequence[str] = ()


def of_list(user: Any, listed: str) -> QuerySet[SavedView]:
    """The views of a list that a user has, own ones first, with ``is_default``."""
    mine = DefaultView.objects.filter(user=user.pk, view=OuterRef("pk"))
    return (
        _seen_by(user)
        .filter(list_name=listed)
        .annotate(is_default=Exists(mine))
        .order_by("owner", "name", "pk")
    )


def named(user: Any, words: Sequence[str]) -> QuerySet[SavedView]:
    """The views that a user has with all these words in their names."""
    return _seen_by(user).filter(*(Q(name__icontains=word) for word in words)).order_by("name")


def find(user: Any, pk: int) -> SavedView | None:
    return _seen_by(user).filter(pk=pk).first()


def may_share(user: Any) -> bool:
    return visible.brand_ids() is None and user.has_perm("ads.share_savedview")


def may_change(user: Any, view: SavedView) -> bool:
    return view.owner_id == user.pk if view.owner_id else may_share(user)


def save(
    user: Any, listed: str, name: str, contents: Contents, *, shared: bool = False
) -> SavedView:
    """Keep a view under a name.

    Raises:
        ViewRefused: the name is missing, too long or taken, or there are too many views or filters.
    """
    view = SavedView(list_name=listed, owner=None if shared else user)
    view.name = _checked(name)
    beside = SavedView.objects.filter(list_name=listed, owner=view.owner)
    if beside.count() >= MOST:
        raise ViewRefused(f"There are {MOST} views of this list already: delete one first.")
    _fill(view, contents)
    return _stored(view)


def change(view: SavedView, contents: Contents) -> None:
    """Keep other filters, another order and other columns under its name.

    Raises:
        ViewRefused: there are too many filters.
    """
    _fill(view, contents)
    view.save(update_fields=["query", "order", "columns", "updated_at"])


def rename(view: SavedView, name: str) -> None:
    """Give it another name.

    Raises:
        ViewRefused: the name is missing, too long or taken.
    """
    view.name = _checked(name)
    _stored(view)


def share(view: SavedView) -> None:
    """Give an own view to everybody.

    Raises:
        ViewRefused: a shared view has its name.
    """
    view.owner = None
    _stored(view)


@transaction.atomic
def make_default(user: Any, view: SavedView, *, on: bool = True) -> None:
    """Let the user's list open with it; ``on`` False: with all rows again."""
    if on:
        DefaultView.objects.update_or_create(
            user=user, list_name=view.list_name, defaults={"view": view}
        )
    else:
        DefaultView.objects.filter(user=user, view=view).delete()


def _seen_by(user: Any) -> QuerySet[SavedView]:
    shared = Q(owner=None) if visible.brand_ids() is None else Q()
    return SavedView.objects.filter(Q(owner=user.pk) | shared)


def _checked(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise ViewRefused("Give the view a name.")
    if len(name) > LONGEST_NAME:
        raise ViewRefused(f"The name is longer than {LONGEST_NAME} characters: shorten it.")
    return name


def _fill(view: SavedView, contents: Contents) -> None:
    if len(contents.query) > LONGEST_QUERY:
        raise ViewRefused(
            f"Its filters take {len(contents.query):,} characters of the address: choose fewer, "
            f"for at most {LONGEST_QUERY:,}."
        )
    view.query, view.order = contents.query, list(contents.order)
    view.columns = list(contents.columns)


def _stored(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        whose = "You have" if view.owner_id else "There is"
        what = "a view" if view.owner_id else "a shared view"
        raise ViewRefused(
            f"{whose} {what} “{view.name}” of this list already: choose another name."
        ) from error
    return view
