"""What the second of two people who edit one row is told."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.editing.rebasing import Change
from ads.admin.elements import instant
from ads.rules.calendar import UnknownTimezone
from ads.services.history import Changed, last_changes

UNKNOWN = (
    "Nothing was saved: the page did not say what it had shown you, so nobody can tell whether "
    "somebody has changed it since. Check what you entered, and save again."
)


class Author:
    """Who changed what is not as the page of a row had shown it, and when.

    ``formsets`` are those of the rows within the page.
    """

    def __init__(self, request: HttpRequest, row: Model, formsets: Iterable[Any] = ()) -> None:
        self._request = request
        self._row = row
        self._formsets = {formset.prefix: formset for formset in formsets}

    def of(self, change: Change) -> tuple[str, str]:
        """Who, as the beginning of a sentence, and when: ", Sat 21 Nov 2026, 14:02 (UTC)"."""
        changed = self._look(change.field)
        if changed is None:
            return "Somebody", ""
        is_self = changed.actor == self._request.user.get_username()
        who = "You, in another window," if is_self else changed.actor
        return f"{who[:1].upper()}{who[1:]}", f", {self._clock(changed)}"

    def _look(self, field: str) -> Changed | None:
        if (formset := self._formsets.get(field)) is not None:
            owner = {formset.fk.attname: self._row.pk}
            return last_changes.rows_of(formset.model, **owner) or self._logged
        return last_changes.fields_of(self._row, [field]).get(field) or self._logged

    @cached_property
    def _logged(self) -> Changed | None:
        """Of what is not audited: who last saved its page."""
        entry = (
            LogEntry.objects.filter(
                content_type=ContentType.objects.get_for_model(self._row),
                object_id=str(self._row.pk),
            )
            .select_related("user")
            .order_by("-action_time")
            .first()
        )
        return Changed(entry.user.get_username(), entry.action_time) if entry else None

    def _clock(self, changed: Changed) -> str:
        owner: Any = getattr(self._row, "campaign", self._row)
        owner = getattr(owner, "brand", owner)
        try:
            return instant(changed.at, getattr(owner, "timezone", "UTC"))
        except UnknownTimezone:
            return instant(changed.at, "UTC")


def refusal(change: Change, author: Author) -> str:
    """Beside a field that both have changed; of rows, among what is said of the whole."""
    who, when = author.of(change)
    if not change.mine:
        return (
            f"{change.label}: {who} changed them {change.words}{when}. Here they are with what "
            "you did on top: check them, and save again."
        )
    return (
        f"{who} changed it {change.words}{when}. You entered {change.mine}: save again to put "
        "that in its place."
    )


def summary(request: HttpRequest, changes: Sequence[Change], author: Author) -> SafeString:
    """Why nothing was saved, and the choice there is; ``changes`` are those in conflict."""
    first = changes[0]
    return format_html(
        "Nothing was saved: somebody has changed the same while you were editing. {} "
        '<a class="ads-told" href="#{}">What you entered is still here</a>: save again to put it '
        'in place of theirs. Or <a class="ads-told" href="{}">look at it as it is now</a>, without '
        "what you entered.",
        _told(changes, author),
        f"id_{first.field}" if first.mine else f"{first.field}-group",
        request.get_full_path(),
    )


def taken(changes: Sequence[Change], author: Author) -> str:
    """What somebody else has changed that the sender left alone."""
    return f"While you were editing: {_told(changes, author)} That is kept."


def _told(changes: Sequence[Change], author: Author) -> str:
    told = []
    for change in changes:
        who, when = author.of(change)
        mine = f" (you: {change.mine})" if change.mine else ""
        told.append(f"{who} changed {change.label.lower()} {change.words}{mine}{when}.")
    return " ".join(told)
