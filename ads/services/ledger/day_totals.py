"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

A campaign may carry several references, and a source reports each on its own: they add up. A source
that named the campaign itself has said all of its day, so what it says under a reference besides
would count twice, and is refused; and the other way round. (Zero counts nothing in either way.)

See :mod:`ads.services.ledger.day_total_sql`.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction

from ads.models import Campaign
from ads.models.references import shown
from ads.services import campaign_lookup
from ads.services.campaign_lookup import Owner
from ads.services.delivery import Enforced, Trigger
from ads.services.errors import ReportedOtherwise
from ads.services.ledger import day_total_sql as statements
from ads.services.ledger.entries import enforce_crossed
from ads.services.ledger.validation import (
    check_amount,
    check_day,
    check_has_come,
    check_observed_at,
    check_text,
)


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What a campaign has cost so far on a day, as a source observed it.

    Args:
        campaign: the campaign, or its id.
        date: the accounting day, in the brand's timezone.
        amount: US dollars, zero or more: a Decimal, an int or plain decimal text.
        observed_at: when the source looked (aware).
    """

    campaign: Campaign | int
    date: dt.date
    amount: object
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """The answer for one day total: ``recorded``, ``unchanged``, or ``older`` than known ones."""

    #: What went into the ledger, in US dollars; zero unless recorded.
    difference: Decimal
    outcome: str


class Values(NamedTuple):
    """What a day total says, found good as far as that can be told without its campaign."""

    date: date
    amount: Decimal
    observed_at: datetime


class Total(NamedTuple):
    """A day total found good."""

    owner: Owner
    values: Values
    #: The reference under which it was reported, as :attr:`ads.models.ReportedTotal.known_as` has
    #: it; "": it named the campaign itself.
    known_as: str


#: Campaign, day, and what it was called: what a source has one total of.
Key = tuple[int, date, str]


def report(totals: Sequence[DayTotal], *, source: str, now: datetime) -> list[ReportOutcome]:
    """Record day totals, all or none, and enforce what they cross; answers in the same order.

    Raises:
        InvalidSpend: a total cannot be recorded; with its field, value and the remedy.
    """
    check_text("source", source, required=True)
    known = campaign_lookup.of_campaigns(total.campaign for total in totals)
    checked = []
    for total in totals:
        values = check_values(
            day=total.date, amount=total.amount, observed_at=total.observed_at, now=now
        )
        pk = total.campaign.pk if isinstance(total.campaign, Campaign) else total.campaign
        checked.append(place(values, known[pk], now, known_as=""))
    if not checked:
        return []
    with transaction.atomic():
        for error in reported_otherwise(checked, source=source).values():
            raise error
        outcomes = post_each(checked, source=source, now=now)
        enforce_posted(checked, outcomes, now)
    return outcomes


def check_values(*, day: object, amount: object, observed_at: object, now: datetime) -> Values:
    """What a day total says; no query.

    Raises:
        InvalidSpend: it cannot be recorded, whatever its campaign.
    """
    return Values(check_day(day), check_amount(amount), check_observed_at(observed_at, now))


def place(values: Values, owner: Owner, now: datetime, *, known_as: str) -> Total:
    """The total of this campaign, reported under this.

    Raises:
        InvalidSpend: the day has not come.
    """
    check_has_come(values.date, owner.timezone, now)
    return Total(owner, values, known_as)


def post_each(totals: Sequence[Total], *, source: str, now: datetime) -> list[ReportOutcome]:
    """Bring the ledger in line with these, inside the caller's transaction, which enforces.

    Of several for one :data:`Key` the newest counts; the others are older. The caller has left out
    what :func:`reported_otherwise` refuses.

    Raises:
        ReportedOtherwise: somebody else has reported one of these days in another way meanwhile.
    """
    keys = [_key(total) for total in totals]
    newest = newest_of((key, total.values) for key, total in zip(keys, totals, strict=True))
    differences, believed = _post_arrays(
        _arrays(
            newest,
            [totals[i].values.amount for i in newest.values()],
            [totals[i].values.observed_at for i in newest.values()],
        ),
        source=source,
        now=now,
    )
    outcomes = []
    for i, (key, total) in enumerate(zip(keys, totals, strict=True)):
        last = newest[key]
        if key not in believed or total.values[1:] != totals[last].values[1:]:
            outcomes.append(ReportOutcome(Decimal(0), "older"))
        elif i != last or key not in differences:
            outcomes.append(ReportOutcome(Decimal(0), "unchanged"))
        else:
            outcomes.append(ReportOutcome(differences[key], "recorded"))
    return outcomes


def reported_otherwise(totals: Sequence[Total], *, source: str) -> dict[int, ReportedOtherwise]:
    """Why totals are refused as their source has reported the day in another way; by position.

    In an earlier batch, or earlier in this one; one query.
    """
    counting = {_key(total): total.values.amount for total in totals if total.values.amount}
    if not counting:
        return {}
    values = _arrays(counting, counting.values(), [None] * len(counting))
    with connection.cursor() as cursor:
        cursor.execute(
            statements.OTHERWISE.format(staged=statements.ARRAYS), {"source": source, **values}
        )
        known = {(pk, day, known_as): before for pk, day, known_as, before in cursor.fetchall()}
    first: dict[tuple[int, date], str] = {}
    refused = {}
    for i, total in enumerate(totals):
        if not total.values.amount:
            continue
        pk, day, known_as = key = _key(total)
        before = known[key] if key in known else first.setdefault((pk, day), known_as)
        if bool(before) is not bool(known_as):
            refused[i] = otherwise(pk, day, known_as, before, source=source)
    return refused


def otherwise(
    campaign_id: int, day: date, known_as: str, before: str, *, source: str
) -> ReportedOtherwise:
    """Why a total is refused: its source called the campaign ``before`` that."""
    return ReportedOtherwise(
        "campaign",
        shown(known_as) or campaign_id,
        f"source {source} has reported {day} of campaign {campaign_id} "
        f"{f'as {shown(before)}' if before else 'by its own id or name'}, and the day would count "
        "twice; report all of a source's day in one way, by id or name or by references (or zero "
        "in the other way first).",
    )


def _key(total: Total) -> Key:
    return total.owner.campaign_id, total.values.date, total.known_as


def _arrays(
    keys: Collection[Key], amounts: Iterable[Decimal], observations: Iterable[datetime | None]
) -> dict[str, Any]:
    """Parameters for :data:`statements.ARRAYS`."""
    return {
        "campaigns": [pk for pk, _, _ in keys],
        "dates": [day for _, day, _ in keys],
        "known_as": [known_as for _, _, known_as in keys],
        "amounts": list(amounts),
        "observations": list(observations),
    }


def _check_again(cursor: Any, staged: str, values: dict[str, Any]) -> None:
    """Nobody else has reported these days in another way since they were looked up.

    Whoever moves the ledger on a day waits for whoever else does, so one of two sees the other.
    """
    cursor.execute(f"{statements.OTHERWISE.format(staged=staged)} LIMIT 1", values)
    for pk, day, known_as, before in cursor.fetchall():
        raise otherwise(pk, day, known_as, before, source=values["source"])


K = TypeVar("K")


def newest_of(totals: Iterable[tuple[K, Values]]) -> dict[K, int]:
    """For each key the position of the total that was observed last; of several, the later one."""
    newest: dict[K, tuple[datetime, int]] = {}
    for i, (key, values) in enumerate(totals):
        if key not in newest or values.observed_at >= newest[key][0]:
            newest[key] = (values.observed_at, i)
    return {key: i for key, (_, i) in newest.items()}


def enforce_posted(
    totals: Iterable[Total], outcomes: Iterable[ReportOutcome], now: datetime
) -> Enforced:
    """Enforce what the totals that were recorded may have crossed; in the same transaction."""
    sums: dict[tuple[Owner, date], Decimal] = defaultdict(Decimal)
    for total, outcome in zip(totals, outcomes, strict=True):
        if outcome.outcome == "recorded":
            sums[total.owner, total.values.date] += outcome.difference
    return enforce_crossed(sums, now, Trigger.SPEND)


@dataclass(frozen=True, slots=True)
class Posted:
    """How day totals moved the ledger; amounts in US dollars."""

    #: Totals that did, and by how much in sum.
    recorded: int
    difference: Decimal
    #: Those among them that were lower than reported before, and by how much in sum (zero or less).
    lowered: int
    lowered_by: Decimal


def post(staged: str, *, source: str, now: datetime) -> Posted:
    """Bring the ledger in line with ``staged``, inside the caller's transaction, which enforces.

    ``staged`` is SQL for a relation named ``staged`` with the columns campaign_id, date, known_as,
    amount and observed_at, checked already, one row per campaign, date and known_as, without those
    of :data:`statements.OTHERWISE`.

    Raises:
        ReportedOtherwise: somebody else has reported one of these days in another way meanwhile.
    """
    values: dict[str, Any] = {"source": source, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(statements.POST.format(staged=staged, answer=statements.COUNTED), values)
        posted = Posted(*cursor.fetchone())
        if posted.recorded:
            _check_again(cursor, staged, values)
    return posted


def count_older(staged: str, *, source: str) -> int:
    """How many of ``staged`` were observed before what is known already."""
    with connection.cursor() as cursor:
        cursor.execute(statements.OLDER.format(staged=staged), {"source": source})
        return int(cursor.fetchone()[0])


def _post_arrays(
    arrays: dict[str, Any], *, source: str, now: datetime
) -> tuple[dict[Key, Decimal], set[Key]]:
    """The same for arrays; the differences recorded, and the keys that were believed."""
    values = {"source": source, "now": now, **arrays}
    with connection.cursor() as cursor:
        cursor.execute(
            statements.POST.format(staged=statements.ARRAYS, answer=statements.LISTED), values
        )
        differences = {(pk, day, known_as): by for pk, day, known_as, by in cursor.fetchall()}
        if differences:
            _check_again(cursor, statements.ARRAYS, values)
        cursor.execute(statements.BELIEVED.format(staged=statements.ARRAYS), values)
        return differences, set(cursor.fetchall())
