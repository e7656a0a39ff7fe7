"""What an import did or would do: its figures, for the command, the page and the database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ads.holds import Hold
from ads.models import Campaign
from ads.rules.currencies import DEFAULT
from ads.rules.money import format_sums
from ads.services.delivery import Enforced
from ads.services.imports.creation import Created
from ads.services.imports.questions import Question
from ads.services.imports.refusals import Refused
from ads.services.ledger import OnRecord

#: Campaigns, switches and references that are listed; the rest are only counted.
SHOWN: Final = 100


@dataclass(slots=True)
class Imported:
    """What an import did, or in a preview would do. Sums are by currency; "": none was named."""

    #: Were the rows entries? Otherwise day totals.
    are_entries: bool
    #: Good rows of known campaigns.
    rows: int = 0
    #: Entries; or campaign-days (of each reference) that the good rows add up to.
    items: int = 0
    #: New in the ledger, and by how much that moved it.
    recorded: int = 0
    difference: dict[str, Decimal] = field(default_factory=dict)
    #: Of those recorded, the day totals that were lower than reported before.
    lowered: int = 0
    lowered_by: dict[str, Decimal] = field(default_factory=dict)
    #: Entries that had been recorded before (or twice in this file).
    duplicates: int = 0
    #: Entries of zero, which leave the ledger as it is.
    zero: int = 0
    #: Day totals that are the same as reported before.
    unchanged: int = 0
    #: Day totals observed earlier than those on record.
    older: int = 0
    #: Day totals that other sources have on record: not decided about, or skipped; and what was
    #: taken back of the others' totals (zero or less).
    undecided: int = 0
    undecided_amount: dict[str, Decimal] = field(default_factory=dict)
    skipped_overlaps: int = 0
    replaced: int = 0
    taken_back: dict[str, Decimal] = field(default_factory=dict)
    #: Campaign-days that the file leaves out and that were set to zero, and by how much.
    zeroed: int = 0
    zeroed_by: dict[str, Decimal] = field(default_factory=dict)
    #: Day totals on record of which the file lacks the beginning: left as they are.
    begun: int = 0
    rounded: int = 0
    rounded_by: Decimal = Decimal(0)
    #: Rows of unmatched campaigns, which wait; the references, the first of which are listed as
    #: "platform / account / id".
    waiting_rows: int = 0
    waiting_amount: dict[str, Decimal] = field(default_factory=dict)
    unmatched_count: int = 0
    unmatched: list[str] = field(default_factory=list)
    #: Lines of totals, which are no spend.
    skipped: int = 0
    #: Rows without an amount, of campaigns that did not deliver.
    blank: int = 0
    refused: Refused = field(default_factory=Refused)
    #: The batch that was recorded, which can be undone; None: nothing was.
    batch_id: int | None = None
    #: The campaigns that the file brings, if it brings some.
    created: Created | None = None
    enforced: Enforced = field(default_factory=Enforced)
    #: What is asked before it is recorded, and the answers given.
    questions: list[Question] = field(default_factory=list)
    answers: Mapping[str, str] = field(default_factory=dict)
    #: Warnings to read, and the lines of totals with whether they agree with the rows.
    notes: list[str] = field(default_factory=list)
    totals_lines: list[dict[str, Any]] = field(default_factory=list)
    #: In a preview: what is on record for the same campaigns and days, by source.
    on_record: list[OnRecord] = field(default_factory=list)
    #: In a preview: how many campaigns would start and stop, and the first of them.
    would_start: int = 0
    would_stop: int = 0
    switches: list[dict[str, Any]] = field(default_factory=list)

    @property
    def created_in(self) -> int | None:
        return self.created.brand_id if self.created else None

    def as_dict(self) -> dict[str, Any]:
        """The figures and the refused rows by the names under which they are stored."""
        return {
            **{name: getattr(self, name) for name in _STORED},
            "questions": [each.as_dict(self.answers) for each in self.questions],
            "notes": self.notes,
            "totals_lines": self.totals_lines,
            "unknown_count": self.unmatched_count,
            "created": self.created and self.created.as_dict(),
            "missing_count": len(self.refused.missing),
            "problem_count": self.refused.count,
            "problems": [
                {"first_line": row.first_line, "last_line": row.last_line, "reason": row.reason}
                for row in self.refused.in_order
            ],
        }


_STORED: Final = (
    "are_entries", "rows", "items", "recorded", "difference", "lowered", "lowered_by", "duplicates",
    "zero", "unchanged", "older", "begun", "undecided", "undecided_amount", "skipped_overlaps",
    "replaced", "taken_back", "zeroed", "zeroed_by", "rounded", "rounded_by", "waiting_rows",
    "waiting_amount", "skipped", "blank",
)  # fmt: skip


_OF_ENTRIES: Final = (
    ("Recorded", "recorded", "difference"),
    ("Duplicates", "duplicates", ""),
    ("Zero amounts", "zero", ""),
)
_OF_TOTALS: Final = (
    ("Day totals", "items", ""),
    ("Recorded", "recorded", "difference"),
    ("Lowered", "lowered", "lowered_by"),
    ("Left out, set to zero", "zeroed", "zeroed_by"),
    ("Overlaps, taken back", "replaced", "taken_back"),
    ("Overlaps, skipped", "skipped_overlaps", ""),
    ("Overlaps, not decided", "undecided", "undecided_amount"),
    ("Unchanged", "unchanged", ""),
    ("Older than on record", "older", ""),
    ("Left as on record", "begun", ""),
)
_OF_BOTH: Final = (
    ("Waiting to be matched", "waiting_rows", "waiting_amount"),
    ("Totals lines, left out", "skipped", ""),
    ("Without an amount, read as 0", "blank", ""),
    ("Rounded", "rounded", "rounded_by"),
    ("Refused", "problem_count", ""),
)
#: Shown even if they are zero.
_ALWAYS: Final = {"recorded", "items", "problem_count"}


def figures(values: Mapping[str, Any], *, is_preview: bool) -> Iterator[tuple[str, str, str]]:
    """The figures of :meth:`Imported.as_dict` (or as stored): label, count, amount; few zeros."""
    yield "Good rows", f"{values['rows'] + values.get('waiting_rows', 0):,}", ""
    if created := values.get("created"):
        yield f"Campaigns {'to create' if is_preview else 'created'}", f"{created['count']:,}", ""
    for label, key, amount_key in (
        *(_OF_ENTRIES if values["are_entries"] else _OF_TOTALS),
        *_OF_BOTH,
    ):
        if key in _ALWAYS or values.get(key):
            text = ""
            if key == "rounded":  # less than what money shows
                text = f"{Decimal(values[amount_key]):+f} in sum"
            elif amount_key:
                text = format_sums(sums_of(values[amount_key]))
            shown = "Would be recorded" if is_preview and key == "recorded" else label
            yield shown, f"{values[key]:,}", text


def sums_of(stored: Any) -> dict[str, Decimal]:
    """Sums by currency as stored; outcomes from before there were currencies are in US dollars."""
    if not isinstance(stored, Mapping):
        return {DEFAULT: Decimal(stored or 0)}
    return {code: Decimal(amount) for code, amount in stored.items()}


def switch(campaign: Campaign, *, is_active: bool, holds: Iterable[str]) -> dict[str, Any]:
    return {
        "campaign_id": campaign.pk,
        "campaign": campaign.name,
        "brand": campaign.brand.name,
        "is_active": is_active,
        "holds": [str(Hold(hold).label) for hold in holds],
    }
