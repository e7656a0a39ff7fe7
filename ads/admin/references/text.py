"""Texts about the spend of unmatched campaigns, and the result of matching it."""

from collections.abc import Collection, Iterable

from django.contrib import messages

from ads.admin.elements import NOTHING, counted
from ads.models import Brand, Campaign, UnknownReference
from ads.rules.calendar import UnknownTimezone, format_instant
from ads.rules.money import format_money, format_sums
from ads.services.ledger import OnRecord
from ads.services.references import Matched, Overlaps, Settled, Takes, Waits

#: Failures listed in a message.
NAMED = 3


def rows(number: int) -> str:
    """ "1 row", "2,000 rows"."""
    return counted(number, "row")


def days(waits: Waits, campaign: Campaign | None = None) -> str:
    """ "2026-05-01 – 2026-05-09", or the one day; of the campaign's brand, else in UTC."""
    try:
        found = waits.days(campaign.brand.timezone if campaign else "UTC")
    except UnknownTimezone:
        found = waits.days("UTC")
    return " – ".join(map(str, found)) or NOTHING


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


def facts(
    unknown: UnknownReference,
    waits: Waits,
    names: dict[int, str],
    campaign: Campaign | None = None,
) -> list[tuple[str, str]]:
    shown = [
        ("Platform", unknown.platform),
        ("Account", unknown.account or NOTHING),
        ("Platform ID", unknown.reference),
        ("Name on the platform", unknown.name or NOTHING),
        ("Waiting spend", ", ".join(filter(None, [rows(waits.rows), format_sums(waits.sums)]))),
        ("Days", days(waits, campaign)),
        ("Sources", ", ".join(waits.sources) or NOTHING),
        ("Possible brands", possible_brands(unknown, names)),
    ]
    if waits.received_first and waits.received_last:
        first, last = map(format_instant, (waits.received_first, waits.received_last))
        shown.append(("Received", first if first == last else f"{first} – {last}"))
    if waits.discarded:
        shown.append(("Discarded", rows(waits.discarded)))
    return shown


def overlaps(overlap: Overlaps) -> str:
    """ "$150.00 on 2 days; already on record: $150.00 by meta_ads"."""
    known = ", ".join(
        f"{format_sums(sums)} by {source}" for source, sums in overlap.on_record.items()
    )
    count = counted(overlap.days, "day")
    return f"{format_sums(overlap.amount)} on {count}; already on record: {known}"


def taken(takes: Takes, unknown: UnknownReference, *, overlap: Overlaps | None) -> list[str]:
    """Sentences: what other campaigns lose, which had the platform ID before."""
    skipped = ", unless it is skipped" if overlap else ""
    return [
        f"{each.campaign.name} of {each.campaign.brand.name} had this platform ID before: "
        f"{format_money(each.amount, each.campaign.brand.currency)} on "
        f"{counted(each.days, 'day')} ({' – '.join(map(str, sorted({each.first, each.last})))}) "
        f"is taken from it{skipped}."
        for each in takes.of_each.get(unknown.pk, ())
    ]


def started(takes: Takes) -> str:
    """ "That would start Search, Spring.", or ""."""
    if not takes.starts:
        return ""
    more = f" and {len(takes.starts) - NAMED:,} more" if len(takes.starts) > NAMED else ""
    return f"That would start {', '.join(each.name for each in takes.starts[:NAMED])}{more}."


def on_record(known: Iterable[OnRecord]) -> list[tuple[str, str, str, str, str]]:
    """The rows of a table: source, platform, what, how many days, amount."""
    return [
        (
            each.source,
            each.platform or NOTHING,
            "Day totals" if each.are_totals else "Entries and corrections",
            f"{each.days:,}",
            format_money(each.amount, each.currency),
        )
        for each in known
    ]


def settled(
    unknown: UnknownReference, campaign: Campaign, done: Settled, still: Waits
) -> tuple[int, str]:
    """The level and the text of the message after a match; ``still``: what still waits."""
    text = f"{unknown} is matched to {campaign}: {rows(done.recorded)} recorded"
    text += _settled_overlaps(done) + _switched(done) + "."
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
        text = f"{count} matched: {rows(total.recorded)} recorded"
        text += f"{_settled_overlaps(total)}{_switched(total)}."
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


def _settled_overlaps(done: Settled) -> str:
    text = ""
    for taken_from, what in (
        (done.taken_back, "taken back"),
        (done.taken, "taken from campaigns that had the ID before"),
    ):
        sums = {code: -amount for code, amount in taken_from.items() if amount}
        text += f", {format_sums(sums)} {what}" if sums else ""
    return text + (f", {rows(done.skipped)} skipped" if done.skipped else "")


def _switched(done: Settled) -> str:
    parts = [
        f"{counted(number)} {word}"
        for number, word in ((done.enforced.stopped, "paused"), (done.enforced.started, "started"))
        if number
    ]
    return f", {', '.join(parts)}" if parts else ""
