"""What an import would do, as a page shows it. All of it can be written as JSON."""

import datetime as dt
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from ads.services.imports.plan import Plan

#: Campaigns, switches and references that are named; the rest are counted.
SHOWN: Final = 100

#: Refused rows that are named; the rest are counted.
SHOWN_PROBLEMS: Final = 1000


@dataclass(slots=True)
class PreviewRow:
    """One of the first rows: as it stands in the file, and as it was understood."""

    line: int
    cells: list[str]
    #: The campaign's id, name and brand; None if it is refused or waits.
    campaign_id: int | None = None
    campaign: str | None = None
    brand: str | None = None
    #: What the platform calls a campaign that is not known.
    reference: str | None = None
    date: dt.date | None = None
    amount: Decimal | None = None
    #: Why it is refused.
    reason: str | None = None


@dataclass(slots=True)
class PreviewCampaign:
    """What the file says of one campaign. Amounts in US dollars."""

    campaign_id: int
    campaign: str
    brand: str
    #: Its rows in the file, and their sum.
    rows: int
    amount: Decimal
    #: By how much recording them would move the ledger.
    difference: Decimal


@dataclass(slots=True)
class PreviewUnknown:
    """A reference that no campaign carries; its rows wait until somebody matches it."""

    platform: str
    account: str
    reference: str
    name: str
    rows: int
    amount: Decimal
    #: A campaign of that very name, if there is one alone.
    suggested_id: int | None = None
    suggested: str | None = None


@dataclass(slots=True)
class PreviewSwitch:
    """A campaign that would be switched."""

    campaign_id: int
    campaign: str
    brand: str
    #: On, or off.
    is_active: bool
    #: Why off, in words.
    holds: list[str]


@dataclass(slots=True)
class PreviewTotals:
    """A line of totals in the file; ``agrees``: with the sum of the rows, None: not comparable."""

    line: int
    label: str
    amount: Decimal | None
    agrees: bool | None


@dataclass(slots=True)
class PreviewProblem:
    """A row that is refused."""

    first_line: int
    last_line: int
    reason: str


@dataclass(slots=True)
class Preview:
    """What an import would do. Amounts in US dollars; lists are cut, counts are not."""

    #: The plan with nothing left open: how the file was read.
    plan: Plan
    header: list[str]
    header_line: int
    are_entries: bool
    #: Good rows that would be recorded, and their sum; those that would wait, and theirs.
    rows: int = 0
    amount: Decimal = Decimal(0)
    waiting_rows: int = 0
    waiting_amount: Decimal = Decimal(0)
    first_date: dt.date | None = None
    last_date: dt.date | None = None
    #: Entries, or campaign-days that the rows add up to.
    items: int = 0
    #: Of the items: new or changed, and by how much that would move the ledger.
    recorded: int = 0
    difference: Decimal = Decimal(0)
    lowered: int = 0
    lowered_by: Decimal = Decimal(0)
    duplicates: int = 0
    zero: int = 0
    unchanged: int = 0
    older: int = 0
    rounded: int = 0
    rounded_by: Decimal = Decimal(0)
    #: Lines of totals, which are no spend.
    skipped: int = 0
    samples: list[PreviewRow] = field(default_factory=list)
    #: The first hundred by amount, and how many there are.
    campaigns: list[PreviewCampaign] = field(default_factory=list)
    campaign_count: int = 0
    would_stop: int = 0
    would_start: int = 0
    switches: list[PreviewSwitch] = field(default_factory=list)
    unknown: list[PreviewUnknown] = field(default_factory=list)
    unknown_count: int = 0
    problems: list[PreviewProblem] = field(default_factory=list)
    problem_count: int = 0
    totals_lines: list[PreviewTotals] = field(default_factory=list)
    #: What its owner should know before confirming, as sentences.
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Decimals and dates as text, the plan as :meth:`Plan.from_json` takes it."""
        values = {**asdict(self), "plan": self.plan.as_json()}
        plain: dict[str, Any] = _plain(values)
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return value
