"""Spend on its way into the ledger: the rows sent, the rows placed, and their answers."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ads.services.campaign_lookup import CampaignGiven, Owner, Reference
from ads.services.delivery import Enforced
from ads.services.errors import InvalidSpend, Overlap, SpendConflict, shown_value


@dataclass(frozen=True, slots=True)
class SpendEntry:
    """An entry or a correction. Values of any type are accepted here, and checked when recorded.

    Args:
        campaign: the Campaign, its id, its brand's name and its own, or its ID on a platform.
        amount: a Decimal, an int or plain decimal text; up to six places.
        description: what it was for; required of a correction.
        date: the accounting day, a date or text such as ``2024-05-01``; left out, the brand's
            local date of ``occurred_at``. Required of a correction.
        occurred_at: an aware datetime, or text such as ``2024-05-01T12:00:00+00:00``; left out,
            now.
        external_id: the source's own ID; the same ID again is recorded once.
        currency: an ISO 4217 code, refused if it is not the brand's; left out, the brand's.
    """

    campaign: CampaignGiven
    amount: Any
    description: Any = ""
    date: Any = None
    occurred_at: Any = None
    external_id: Any = None
    currency: Any = None

    @property
    def known_as(self) -> str:
        """See :attr:`ads.models.ReportedTotal.known_as`; "" where no reference was given."""
        return self.campaign.known_as if isinstance(self.campaign, Reference) else ""


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What a campaign has cost so far on a day, as a source observed it.

    Args:
        campaign: the Campaign, its id, its brand's name and its own, or its ID on a platform.
        date: the accounting day in the brand's timezone, a date or text.
        amount: zero or more: a Decimal, an int or plain decimal text; up to six places.
        observed_at: when the source looked, an aware datetime or text.
        currency: an ISO 4217 code, refused if it is not the brand's; left out, the brand's.
        timezone: whose day the date is, refused if that is not the brand's day; left out, the
            brand's.
    """

    campaign: CampaignGiven
    date: Any
    amount: Any
    observed_at: Any
    currency: Any = None
    timezone: Any = None

    @property
    def occurred_at(self) -> Any:
        """The instant that goes into the ledger."""
        return self.observed_at

    @property
    def known_as(self) -> str:
        """See :attr:`ads.models.ReportedTotal.known_as`; "" where no reference was given."""
        return self.campaign.known_as if isinstance(self.campaign, Reference) else ""


Row = SpendEntry | DayTotal

#: Campaign, day and reference of a day total: a source has one total for each.
Key = tuple[int, date, str]


class Placed(NamedTuple):
    """A checked row, with its campaign and its accounting day."""

    row: Any
    owner: Owner
    date: date
    occurred_at: datetime


RECORDED: Final = "recorded"
DUPLICATE: Final = "duplicate"
UNCHANGED: Final = "unchanged"
OLDER: Final = "older"
SKIPPED: Final = "skipped"
WAITING: Final = "waiting"
CONFLICT: Final = "conflict"
OVERLAP: Final = "overlap"
REFUSED: Final = "refused"
NOT_RECORDED: Final = "not_recorded"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one row. ``outcome`` is one of

    - ``recorded``: it is in the ledger;
    - ``duplicate``: an entry that was recorded before;
    - ``unchanged``, ``older``: a day total that is known, or observed before the one known;
    - ``skipped``: a day total of which another source's is on record, as the sender wished;
    - ``waiting``: no campaign has the reference yet; recorded as soon as one does;
    - ``conflict``: its external ID was recorded with other content; nothing was changed;
    - ``overlap``: a day total of which another source's is on record, and the sender did not say
      what is right;
    - ``refused``: it cannot be recorded;
    - ``not_recorded``: it is good, but another row of an all-or-nothing batch is not.
    """

    outcome: str
    #: Of an entry, its id in the ledger; None for an amount of zero, which changes nothing.
    entry_id: int | None = None
    #: Of a day total: how much went into the ledger.
    difference: Decimal | None = None
    #: Of a day total that replaced others: how much of theirs was taken back, as a negative sum.
    taken_back: Decimal | None = None
    #: Of these amounts.
    currency: str | None = None
    #: Of a day total: how much went into the ledger for campaigns that had its platform ID before.
    elsewhere: tuple[tuple[Owner, Decimal], ...] = ()
    #: Whether it left something on record that its batch has to name.
    is_new: bool = dataclasses.field(default=True, compare=False, repr=False)
    #: Of a conflict or a refusal.
    error: InvalidSpend | SpendConflict | None = None

    @property
    def field(self) -> str | None:
        """Of a conflict or a refusal: which field is wrong."""
        return self.error.field if self.error else None

    @property
    def value(self) -> str | None:
        """Of a conflict or a refusal: what was given, as text."""
        return shown_value(self.error.value) if self.error else None

    @property
    def reason(self) -> str | None:
        """Of a conflict or a refusal: what is wrong, and what to do."""
        return self.error.reason if self.error else None


def failed(error: InvalidSpend | SpendConflict) -> Answer:
    """The answer for a row that is refused, or at odds with what was recorded."""
    if isinstance(error, SpendConflict):
        return Answer(CONFLICT, error=error)
    return Answer(OVERLAP if isinstance(error, Overlap) else REFUSED, error=error)


def moves(placed: Placed, answer: Answer) -> list[tuple[Owner, Decimal]]:
    """By how much the row moved the ledger, and for which campaigns."""
    if answer.outcome != RECORDED:
        return []
    own = placed.row.amount if answer.difference is None else answer.difference
    return [(placed.owner, own + (answer.taken_back or 0)), *answer.elsewhere]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of a batch. ``answers`` are in the order of the rows."""

    answers: Sequence[Answer]
    #: False: the batch was all-or-nothing and a row was bad, so nothing was recorded or kept.
    is_recorded: bool
    #: The rows that were offered to the ledger.
    placed: Sequence[Placed] = ()
    enforced: Enforced = dataclasses.field(default_factory=Enforced)
    #: The batch that was made of them, if any.
    batch_id: int | None = None
