"""What happened to a campaign or a brand, as one story: the newest first, page by page.

It is put together from the delivery changes, the audit of edits, the waivers and the corrections in
the ledger, by one statement whatever the number: see :mod:`ads.services.history.timeline_rows`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import models

from ads.holds import Hold
from ads.models import Brand, Campaign, DeliveryChange
from ads.models.references import known_as, shown
from ads.models.spend import Period
from ads.rules.money import format_usd
from ads.services.actor import SYSTEM
from ads.services.delivery import Trigger, is_pause
from ads.services.explain import BUDGET_NAMES, why
from ads.services.history import audit, timeline_rows
from ads.services.history.audit import FieldChange
from ads.services.history.timeline_rows import Row
from ads.services.history.timeline_sql import Position, Source

BUDGETS: Final = ("daily_budget", "monthly_budget")

#: Happenings on one page.
PAGE: Final = 30


class Kind(models.TextChoices):
    """What the story can be narrowed down to."""

    SWITCHES = "switches", "Switched on and off"
    EDITS = "edits", "Edits"
    MONEY = "money", "Corrections and waivers"


_SOURCES: Final = {
    Kind.SWITCHES: (Source.SWITCHES,),
    Kind.EDITS: (
        Source.CAMPAIGN,
        Source.BRAND,
        Source.ATTACHMENTS,
        Source.SCHEDULES,
        Source.WINDOWS,
        Source.REFERENCES,
    ),
    Kind.MONEY: (Source.WAIVERS, Source.CORRECTIONS),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened."""

    at: datetime
    kind: Kind
    #: What, in a few words: "Switched off".
    title: str
    #: Who or what did it.
    actor: str
    #: Which campaigns it was about: names and ids of the first; none if it is the page's own.
    campaigns: tuple[tuple[int, str], ...] = ()
    #: How many they are.
    count: int = 1
    #: Of a switch: on, or off.
    is_on: bool | None = None
    #: Why, one sentence each.
    reasons: tuple[str, ...] = ()
    #: From what to what.
    changes: tuple[FieldChange, ...] = ()
    #: What made the system look, of a switch.
    trigger: str = ""
    #: The request or command that it was part of, as the audit has it; "" where nobody knows.
    context: str = ""
    #: Did it pause the campaign, or switch the brand off, whose story this is?
    pauses: bool = False
    #: Did it change a budget of theirs?
    changes_budgets: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Happenings, the newest first, and what :func:`of` takes to go on with older ones."""

    happenings: list[Happening]
    older: str | None


class UnknownPosition(ValueError):
    """Text that is no :attr:`Page.older`."""


def of(
    owner: Campaign | Brand, *, kind: Kind | None = None, older: str = "", limit: int = PAGE
) -> Page:
    """The newest ``limit`` happenings of ``owner``; ``older`` than a page's last; one query.

    A campaign's story has its brand's edits and waivers in it, which concern it too; a brand's has
    the delivery changes and corrections of its campaigns, told together where they are many.

    Raises:
        UnknownPosition: ``older`` is not what a page said.
    """
    position = _position(older) if older else None
    sources = [source for one in ([kind] if kind else Kind) for source in _SOURCES[one]]
    rows = timeline_rows.read(owner, sources, position, limit + 1)
    page = rows[:limit]
    told = _Teller(owner, page)
    last = page[-1] if len(rows) > limit else None
    return Page(
        [told.happening(row) for row in page],
        f"{last.at.isoformat()}~{last.source.value}~{last.id}" if last else None,
    )


def _position(text: str) -> Position:
    try:
        at, source, pk = text.split("~")
        instant = datetime.fromisoformat(at)
        if instant.utcoffset() is None:
            raise UnknownPosition(text)
        return Position(instant, Source(int(source)), int(pk))
    except ValueError as error:
        raise UnknownPosition(f"older: {text!r} is not where a page of the story ended.") from error


class _Teller:
    """Says each row in words."""

    def __init__(self, owner: Campaign | Brand, rows: Iterable[Row]) -> None:
        self._of_brand = isinstance(owner, Brand)
        brand = owner if isinstance(owner, Brand) else owner.brand
        self._brand = brand.name
        self._names: audit.Names = {("brand", brand.pk): brand.name}
        if isinstance(owner, Campaign):
            self._names["campaign", owner.pk] = owner.name
        for row in rows:
            for name in ("schedule", "campaign"):
                if row.row.get(f"{name}_name"):
                    self._names[name, row.row[f"{name}_id"]] = row.row[f"{name}_name"]

    def happening(self, row: Row) -> Happening:
        if row.source == Source.SWITCHES:
            return self._switch(row)
        if row.source == Source.CORRECTIONS:
            return self._correction(row)
        if row.source == Source.WINDOWS:
            return self._windows(row)
        event, before = row.event(), row.event_before()
        changes = audit.changes(event, before, self._names)
        return Happening(
            at=row.at,
            kind=Kind.MONEY if row.source == Source.WAIVERS else Kind.EDITS,
            title=self._title(row, event, changes),
            actor=row.actor,
            changes=changes,
            context=row.context,
            pauses=before is not None and self._pauses(row.source, event, before),
            changes_budgets=before is not None
            and row.source == (Source.BRAND if self._of_brand else Source.CAMPAIGN)
            and any(getattr(before, name) != getattr(event, name) for name in BUDGETS),
        )

    def _pauses(self, source: Source, event: Any, before: Any) -> bool:
        if source == Source.CAMPAIGN:
            return is_pause(before.status, event.status)
        return source == Source.BRAND and self._of_brand and before.is_active > event.is_active

    def _switch(self, row: Row) -> Happening:
        change: DeliveryChange = row.event()
        return Happening(
            at=row.at,
            kind=Kind.SWITCHES,
            title=self._switched(change, row.row["count"]),
            actor=change.actor,
            campaigns=self._campaigns(row.row),
            count=row.row["count"],
            is_on=change.is_active,
            reasons=(_shared(change) if row.row["count"] > 1 else why(change),),
            trigger=_label(Trigger, change.trigger),
        )

    def _switched(self, change: DeliveryChange, count: int) -> str:
        """Of a brand, which may be switched itself, how many campaigns were."""
        whose = "" if not self._of_brand else "Campaign" if count == 1 else f"{count} campaigns"
        return _begun(f"{whose} switched {'on' if change.is_active else 'off'}".strip())

    def _correction(self, row: Row) -> Happening:
        found = row.row
        amount, day = Decimal(found["amount"]), date.fromisoformat(found["date"])
        return Happening(
            at=row.at,
            kind=Kind.MONEY,
            title=f"Correction of {format_usd(amount)} for {day:%-d %b %Y}",
            actor=_recorder(found),
            campaigns=self._campaigns(found),
            reasons=(found["description"],) if found["description"] else (),
        )

    def _windows(self, row: Row) -> Happening:
        """What one edit did to the windows of a schedule."""
        events = row.events()
        label = {"insert": "added", "delete": "removed", "update": "became"}
        return Happening(
            at=row.at,
            kind=Kind.EDITS,
            title=f"Hours of the schedule {row.row['schedule_name']} changed",
            actor=row.actor,
            changes=tuple(
                FieldChange(label[event.pgh_label], "", audit.window_in_words(event))
                for event in events
            ),
            context=row.context,
        )

    def _title(self, row: Row, event: Any, changes: Sequence[FieldChange]) -> str:
        if row.source in (Source.CAMPAIGN, Source.BRAND):
            its_own = self._of_brand or row.source == Source.CAMPAIGN
            return _edited(event.pgh_label, changes, "" if its_own else f"Brand {self._brand}")
        if row.source == Source.ATTACHMENTS:
            return f"Schedule {self._names['schedule', event.schedule_id]} {event.pgh_label}"
        if row.source == Source.SCHEDULES:
            return f"Schedule {event.name} {audit.WORDS[event.pgh_label]}"
        if row.source == Source.REFERENCES:
            word = {"insert": "added", "delete": "removed", "update": "changed"}[event.pgh_label]
            known = shown(known_as(event.platform, event.account, event.reference))
            return f"Id on an ad platform {word}: {known}"
        whose = "" if self._of_brand or event.campaign_id else "brand's "
        return f"Let run on: the {whose}spend of {_of_when(event)} waived"

    def _campaigns(self, found: dict[str, Any]) -> tuple[tuple[int, str], ...]:
        """Which campaigns a row of a brand's story is about; a campaign's are its own."""
        if not self._of_brand:
            return ()
        return tuple(zip(found["campaign_ids"], found["campaign_names"], strict=True))


def _edited(label: str, changes: Sequence[FieldChange], whose: str) -> str:
    """What an edit changed: "Daily budget changed", "Brand Acme: active changed"."""
    if label != "update":
        return _begun(audit.WORDS[label])
    if [change.label for change in changes] == ["active"]:  # a brand's own switch
        return f"{whose or 'Brand'} switched {'on' if changes[0].new == 'yes' else 'off'}"
    what = " and ".join(", ".join(change.label for change in changes).rsplit(", ", 1))
    return _begun(f"{whose}: {what} changed" if whose else f"{what} changed")


def _of_when(waiver: Any) -> str:
    """Its day or month, as dates read here: "Wed 15 May 2024", "May 2024"."""
    if waiver.period == Period.DAY:
        return f"{waiver.start:%a %-d %b %Y}"
    return audit.period_in_words(waiver)


def _recorder(correction: dict[str, Any]) -> str:
    """Who corrected; a program by its source."""
    recorded_by: str = correction["recorded_by"]
    return recorded_by if recorded_by not in ("", SYSTEM) else f"source {correction['source']}"


def _begun(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def _shared(change: DeliveryChange) -> str:
    """Why several campaigns were switched together; of their own budgets, without figures."""
    first = change.holds[0] if change.holds else ""
    if first in (Hold.DAILY_BUDGET, Hold.MONTHLY_BUDGET):
        return f"{BUDGET_NAMES[Hold(first)]} used up"
    change.holds = change.holds[:1]
    return why(change)


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value
