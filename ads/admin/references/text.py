"""Texts about the spend of unmatched campaigns, and the result of matching it."""

from collections.abc import Collection, Iterable

from django.contrib import messages

from ads.admin.elements import NOTHING, counted
from ads.models import Brand, Campaign, UnknownReference
from ads.rules.calendar import format_instant
from ads.rules.money import format_sums
from ads.services.references import Matched, Settled, Waits

#: Failures listed in a message.
NAMED = 3


def rows(number: int) -> str:
    """ "1 row", "2,000 rows"."""
    return counted(number, "row")


def days(waits: Waits) -> str:
    """ "2026-05-01 – 2026-05-09", or the one day."""
    if waits.first is None:
        return NOTHING
    return f"{waits.first}" if waits.first == waits.last else f"{waits.first} – {waits.last}"


def brand_names(unknown: Iterable[UnknownReference]) -> dict[int, str]:
    """The names of the brands that these are limited to, by id; one query."""
    ids = {pk for one in unknown for pk in one.only_brands or ()}
    return dict(Brand.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def possible_brands(unknown: UnknownReference, names: dict[int, str]) -> str:
    """The brands that its sender may write to."""
    if unknown.only_brands is None:
        return "Any"
    known = sorted(names[pk] for pk in unknown.only_brands if pk in names)
    return ", ".join(known) or "None (deleted)"


def facts(unknown: UnknownReference, waits: Waits, names: dict[int, str]) -> list[tuple[str, str]]:
    """The facts on its pages."""
    shown = [
        ("Platform", unknown.platform),
        ("Account", unknown.account or NOTHING),
        ("Platform ID", unknown.reference),
        ("Name on the platform", unknown.name or NOTHING),
        ("Waiting spend", ", ".join(filter(None, [rows(waits.rows), format_sums(waits.sums)]))),
        ("Days", days(waits)),
        ("Sources", ", ".join(waits.sources) or NOTHING),
        ("Possible brands", possible_brands(unknown, names)),
    ]
    if waits.received_first and waits.received_last:
        first, last = map(format_instant, (waits.received_first, waits.received_last))
        shown.append(("Received", first if first == last else f"{first} – {last}"))
    if waits.discarded:
        shown.append(("Discarded", rows(waits.discarded)))
    return shown


def settled(
    unknown: UnknownReference, campaign: Campaign, done: Settled, still: Waits
) -> tuple[int, str]:
    """The level and the text of the message after a match; ``still``: what still waits."""
    text = f"{unknown} is matched to {campaign}: {rows(done.recorded)} recorded"
    text += _switched(done) + "."
    level = messages.SUCCESS
    if done.refused:
        level = messages.WARNING
        why = still.refusals[0] if still.refusals else ""
        text += f" {rows(done.refused).capitalize()} could not be recorded: {why}"
    if done.failed:
        level = messages.WARNING
        text += " Recording failed part-way; the rest is tried again within minutes."
    elif still.rows > done.refused:
        text += f" {rows(still.rows - done.refused).capitalize()} will be recorded within minutes."
    return level, text


def settled_many(matched: Collection[Matched]) -> list[tuple[int, str]]:
    """The same for several at once."""
    done = [one for one in matched if one.settled is not None]
    said = []
    if done:
        total = sum((one.settled for one in done if one.settled), start=Settled())
        count = counted(len(done), "platform ID")
        text = f"{count} matched: {rows(total.recorded)} recorded{_switched(total)}."
        if total.refused:
            text += f" {rows(total.refused).capitalize()} could not be recorded and still wait."
        if total.failed:
            text += " Recording failed part-way for some; the rest is tried again within minutes."
        good = not (total.refused or total.failed)
        said.append((messages.SUCCESS if good else messages.WARNING, text))
    failed = [one.error for one in matched if one.settled is None]
    if failed:
        more = f" And {len(failed) - NAMED} more." if len(failed) > NAMED else ""
        said.append(
            (messages.ERROR, f"{len(failed):,} not matched: {' '.join(failed[:NAMED])}{more}")
        )
    return said


def _switched(done: Settled) -> str:
    parts = [
        f"{counted(number)} {word}"
        for number, word in ((done.enforced.stopped, "paused"), (done.enforced.started, "started"))
        if number
    ]
    return f", {', '.join(parts)}" if parts else ""
