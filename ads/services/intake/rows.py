"""What comes in row by row, and what each row is answered."""

from dataclasses import dataclass
from decimal import Decimal

from ads.services.campaign_lookup import CampaignGiven


@dataclass(frozen=True, slots=True)
class IntakeEntry:
    """An entry as somebody sent it; its values may be of any type, and are checked.

    Args:
        campaign: its id, the names of its brand and its own, or what a platform knows it by.
        amount: US dollars: a Decimal, an int or plain decimal text.
        description: what it was for; a correction says why.
        date: the accounting day: a date, or text such as ``2024-05-01``; left out, the brand's
            local date of ``occurred_at``. A correction names the day that was wrong.
        occurred_at: an instant: aware, or text such as ``2024-05-01T12:00:00+00:00``; left out,
            now.
        external_id: the sender's own id of it; the same id again is recorded once.
    """

    campaign: CampaignGiven
    amount: object
    description: object = ""
    date: object = None
    occurred_at: object = None
    external_id: object = None


@dataclass(frozen=True, slots=True)
class IntakeTotal:
    """What a campaign has cost so far on a day, as somebody sent it.

    Args:
        campaign: its id, the names of its brand and its own, or what a platform knows it by.
        date: the accounting day, in the brand's timezone: a date, or text.
        amount: US dollars, zero or more: a Decimal, an int or plain decimal text.
        observed_at: when the sender looked: aware, or text.
    """

    campaign: CampaignGiven
    date: object
    amount: object
    observed_at: object


@dataclass(frozen=True, slots=True)
class IntakeSender:
    """Who sends.

    Args:
        source: what it sends is recorded under this source; external ids are unique within it.
        brand_ids: the brands that it may know of; None: every brand.
    """

    source: str
    brand_ids: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class IntakeAnswer:
    """What became of one row. ``outcome`` is one of

    - ``recorded``: it is in the ledger;
    - ``duplicate``: an entry that was recorded before;
    - ``unchanged``, ``older``: a day total that says what is known, or was observed before it;
    - ``waiting``: no campaign carries its reference; it is kept and recorded when one does;
    - ``conflict``: its external id stands for other content; nothing was changed;
    - ``refused``: it cannot be recorded;
    - ``not_recorded``: nothing is wrong with it, but all or none was asked for, and a row was bad.
    """

    outcome: str
    #: Of an entry, that of the ledger; None for an amount of zero, which leaves it as it is.
    entry_id: int | None = None
    #: Of a day total: what went into the ledger, in US dollars.
    difference: Decimal | None = None
    #: Of a conflict or a refusal: what is wrong, with what value, and what to do.
    field: str | None = None
    value: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of the rows, in their order.

    ``is_recorded`` is False where all or none was asked for and a row was bad; then nothing was
    recorded, and nothing is kept.
    """

    answers: list[IntakeAnswer]
    is_recorded: bool
