"""The history of a campaign or brand, the newest first, page by page.

Delivery changes, edits, allowances and corrections, read by one statement: see ``timeline_rows``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import models

from ads.models import Brand, Campaign, DeliveryChange
from ads.models.budgets import PlannedField
from ads.models.fields import CAMPAIGN_BUDGETS
from ads.models.spend import Period, known_as, shown
from ads.rules.calendar import format_instant
from ads.rules.money import format_money
from ads.services.delivery import is_pause
from ads.services.history import audit, timeline_rows
from ads.services.history.audit import FieldChange
from ads.services.history.reasons import reasons
from ads.services.history.timeline_rows import Row
from ads.services.history.timeline_sql import MODELS, Position, Source
from ads.services.ledger import corrections

#: Happenings on one page.
PAGE: Final = 30


class Kind(models.TextChoices):
    SWITCHES = "switches", "Switched on and off"
    EDITS = "edits", "Edits"
    MONEY = "money", "Corrections and allowances"
    NOTES = "notes", "Notes"


_SOURCES: Final = {
    Kind.SWITCHES: (Source.SWITCHES,),
    Kind.EDITS: (
        Source.CAMPAIGN,
        Source.BRAND,
        Source.ATTACHMENTS,
        Source.SCHEDULES,
        Source.WINDOWS,
        Source.REFERENCES,
        Source.GROUP,
        Source.CAMPAIGN_LABELS,
        Source.BRAND_LABELS,
    ),
    Kind.MONEY: (Source.ALLOWANCES, Source.WAIVERS, Source.CORRECTIONS, Source.PLANNED),
    Kind.NOTES: (Source.NOTES,),
}


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    kind: Kind
    #: "Switched off".
    title: str
    actor: str
    #: Ids and names of the first campaigns, if they are not the page's own, and how many there are.
    campaigns: tuple[tuple[int, str], ...] = ()
    count: int = 1
    #: Of a switch: on or off, and its trigger (see :func:`ads.services.history.switched_by`).
    is_on: bool | None = None
    trigger: str = ""
    reasons: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    #: Id of the audit's context, if known.
    context: str = ""
    #: Did it pause the campaign or brand whose history this is?
    pauses: bool = False
    #: Did it change a budget of theirs?
    changes_budgets: bool = False
    #: Did it change their priority, or one of their labels?
    changes_priority: bool = False
    changes_labels: bool = False
    #: Id of the allowance that was given to them.
    allowance: int | None = None
    #: What somebody noted.
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Happenings, the newest first, and the position for :func:`of` to go on."""

    happenings: list[Happening]
    older: str | None


class UnknownPosition(ValueError):
    """Not a :attr:`Page.older`."""


def of(
    owner: Campaign | Brand, *, kind: Kind | None = None, older: str = "", limit: int = PAGE
) -> Page:
    """The newest ``limit`` happenings of ``owner``, ``older`` than a page's last; two queries.

    A campaign's history includes its brand's edits and allowances; a brand's, the delivery changes
    (grouped) and corrections of its campaigns.

    Raises:
        UnknownPosition: ``older`` is not from a page.
    """
    position = _position(older) if older else None
    sources = [source for one in ([kind] if kind else Kind) for source in _SOURCES[one]]
    rows = timeline_rows.read(owner, sources, position, limit + 1)
    page = rows[:limit]
    describer = _Describer(owner, page)
    last = page[-1] if len(rows) > limit else None
    return Page(
        [describer.happening(row) for row in page],
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
        raise UnknownPosition(f"older: {text!r} is not the end of a page.") from error


class _Describer:
    """Turns rows into happenings, with the names of what they refer to."""

    def __init__(self, owner: Campaign | Brand, rows: Sequence[Row]) -> None:
        self._of_brand = isinstance(owner, Brand)
        brand = owner if isinstance(owner, Brand) else owner.brand
        self._brand, self._zone, self._currency = brand.name, brand.timezone, brand.currency
        self._names: audit.Names = {
            ("brand", brand.pk): brand.name,
            ("currency", brand.pk): brand.currency,
        }
        if isinstance(owner, Campaign):
            self._names["campaign", owner.pk] = owner.name
        for row in rows:
            for name in ("schedule", "campaign"):
                if row.row.get(f"{name}_name"):
                    self._names[name, row.row[f"{name}_id"]] = row.row[f"{name}_name"]
        for source, name in (
            (Source.BRAND, "account_manager"),
            (Source.CAMPAIGN, "budget_group"),
            (Source.REFERENCES, "campaign"),
        ):
            self._name(rows, source, name)
        switches = [row for row in rows if row.source == Source.SWITCHES]
        self._reasons = reasons(
            (row.event() for row in switches),
            alike={row.row["id"] for row in switches if row.row["count"] > 1},
            currency=brand.currency,
        )

    def _name(self, rows: Sequence[Row], source: Source, name: str) -> None:
        """Look up what edits of a source refer to in this field, before and after."""
        states = [each for row in rows if row.source == source for each in (row.row, row.before)]
        ids = {each[f"{name}_id"] for each in states if each} - {None}
        if unknown := {pk for pk in ids if (name, pk) not in self._names}:
            self._names |= audit.names_of(audit.event_model(MODELS[source]), name, unknown)

    def happening(self, row: Row) -> Happening:
        own = {
            Source.SWITCHES: self._switch,
            Source.CORRECTIONS: self._correction,
            Source.WINDOWS: self._windows,
            Source.ALLOWANCES: self._allowance,
            Source.PLANNED: self._planned,
            Source.NOTES: self._note,
            Source.CAMPAIGN_LABELS: self._label,
            Source.BRAND_LABELS: self._label,
        }
        return own.get(row.source, self._edit)(row)

    def _edit(self, row: Row) -> Happening:
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
            changes_budgets=self._changes(row, event, before, *CAMPAIGN_BUDGETS),
            changes_priority=self._changes(row, event, before, "priority"),
        )

    def _changes(self, row: Row, event: Any, before: Any, *names: str) -> bool:
        """Is it an edit of the owner in one of these fields?"""
        own = Source.BRAND if self._of_brand else Source.CAMPAIGN
        return before is not None and any(
            getattr(before, name) != getattr(event, name)
            for name in names
            if row.source == own and hasattr(event, name)
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
            reasons=(self._reasons[change.pk],),
            trigger=change.trigger,
        )

    def _switched(self, change: DeliveryChange, count: int) -> str:
        """ "Switched on"; of a brand's campaigns, "3 campaigns switched on"."""
        whose = "" if not self._of_brand else "Campaign" if count == 1 else f"{count} campaigns"
        return _begun(f"{whose} switched {'on' if change.is_active else 'off'}".strip())

    def _correction(self, row: Row) -> Happening:
        found = row.row
        amount = Decimal(found["amount"])
        return Happening(
            at=row.at,
            kind=Kind.MONEY,
            title=f"Correction of {format_money(amount, self._currency)} for {found['date']}",
            actor=corrections.recorder(found["recorded_by"], found["source"]),
            campaigns=self._campaigns(found),
            reasons=(found["description"],) if found["description"] else (),
        )

    def _allowance(self, row: Row) -> Happening:
        """An allowance that was given, undone, or has ended."""
        event = row.event()
        is_own = self._of_brand or event.campaign_id is not None
        budget = Period(event.period).word
        whose = f"{budget} budget of {audit.period_in_words(event)}"
        if not is_own:
            whose = f"brand's {whose}"
        given = event.pgh_label == "allowed"
        until = f", until {format_instant(event.until, self._zone)}" if event.until else ""
        amount = format_money(event.amount, self._currency)
        titles = {
            "allowed": f"Let run on: {amount} beyond the {whose}{until}",
            "undone": f"Allowance undone: {amount} beyond the {whose}",
            "ended": f"Allowance ended: {amount} beyond the {whose}{until}",
        }
        return Happening(
            at=row.at,
            kind=Kind.MONEY,
            title=titles[event.pgh_label],
            actor=row.actor,
            reasons=(event.reason,) if given else (),
            context=row.context,
            allowance=event.pgh_obj_id if given and is_own else None,
        )

    def _planned(self, row: Row) -> Happening:
        event = row.event()
        label = PlannedField(event.field).label
        budget = "no limit" if event.after is None else format_money(event.after, self._currency)
        is_own = self._of_brand or event.campaign_id is not None
        whose = f"Brand's {label.lower()}"
        return Happening(
            at=row.at,
            kind=Kind.MONEY,
            title=f"{label if is_own else whose} became {budget}",
            actor=row.actor,
            reasons=(event.says,),
            context=row.context,
        )

    def _note(self, row: Row) -> Happening:
        of_brand = row.row["brand_id"] is not None
        return Happening(
            at=row.at,
            kind=Kind.NOTES,
            title="Note" if of_brand == self._of_brand else f"Note on {self._note_on(of_brand)}",
            actor=row.row["author"],
            campaigns=() if of_brand else self._campaigns(row.row),
            note=row.row["text"],
        )

    def _note_on(self, of_brand: bool) -> str:
        return f"the brand {self._brand}" if of_brand else "a campaign"

    def _label(self, row: Row) -> Happening:
        did = "added" if row.row["pgh_label"] == "attached" else "removed"
        return Happening(
            at=row.at,
            kind=Kind.EDITS,
            title=f"Label {row.row['label_name']} {did}",
            actor=row.actor,
            context=row.context,
            changes_labels=row.source
            == (Source.BRAND_LABELS if self._of_brand else Source.CAMPAIGN_LABELS),
        )

    def _windows(self, row: Row) -> Happening:
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
        if row.source == Source.GROUP:
            return _edited(event.pgh_label, changes, f"Budget group {event.name}")
        if row.source == Source.ATTACHMENTS:
            return f"Schedule {row.row['schedule_name']} {event.pgh_label}"
        if row.source == Source.SCHEDULES:
            return f"Schedule {event.name} {audit.WORDS[event.pgh_label]}"
        if row.source == Source.REFERENCES:
            word = {"insert": "added", "delete": "removed", "update": "changed"}[event.pgh_label]
            if any(change.label == "campaign" for change in changes):
                word = "moved"
            known = shown(known_as(event.platform, event.account, event.reference))
            return f"Platform ID {word}: {known}"
        whose = "" if self._of_brand or event.campaign_id else "brand's "
        return f"Let run on: the {whose}spend of {audit.period_in_words(event)} waived"

    def _campaigns(self, found: dict[str, Any]) -> tuple[tuple[int, str], ...]:
        if not self._of_brand:
            return ()
        return tuple(zip(found["campaign_ids"], found["campaign_names"], strict=True))


def _edited(label: str, changes: Sequence[FieldChange], whose: str) -> str:
    """ "Daily budget changed", "Brand Acme: name changed"."""
    if label != "update":
        return _begun(audit.WORDS[label])
    if [change.label for change in changes] == ["active"]:  # a brand's own switch
        return f"{whose or 'Brand'} {'resumed' if changes[0].new == 'yes' else 'paused'}"
    what = " and ".join(", ".join(change.label for change in changes).rsplit(", ", 1))
    return _begun(f"{whose}: {what} changed" if whose else f"{what} changed")


def _begun(text: str) -> str:
    """With a capital."""
    return text[:1].upper() + text[1:]
