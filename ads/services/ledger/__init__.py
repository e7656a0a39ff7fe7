"""The append-only ledger of spend: entries, day totals, corrections, and the sums kept of them."""

from ads.services.ledger import (
    corrections,
    day_total_sql,
    day_totals,
    entries,
    entry_sql,
    record,
    summaries,
    validation,
    verification,
)
from ads.services.ledger.corrections import Corrected, CorrectedMeanwhile, Correction, Effect, Sum
from ads.services.ledger.crossings import StaleTimezoneError
from ads.services.ledger.day_totals import DayTotal, ReportOutcome
from ads.services.ledger.entries import CONFLICT, Answer
from ads.services.ledger.record import Recorded, SpendEntry
from ads.services.ledger.reported import with_last_report
from ads.services.ledger.sources import ledger_sources
from ads.services.ledger.summaries import Figures, Month
from ads.services.ledger.validation import (
    EARLIEST,
    LATEST,
    LONGEST,
    check_amount,
    check_date,
    check_day,
    check_has_come_somewhere,
    check_instant,
    check_text,
    day_of,
    latest_date,
    read_date,
    read_instant,
)

__all__ = [
    "CONFLICT",
    "EARLIEST",
    "LATEST",
    "LONGEST",
    "Answer",
    "Corrected",
    "CorrectedMeanwhile",
    "Correction",
    "DayTotal",
    "Effect",
    "Figures",
    "Month",
    "Recorded",
    "ReportOutcome",
    "SpendEntry",
    "StaleTimezoneError",
    "Sum",
    "check_amount",
    "check_date",
    "check_day",
    "check_has_come_somewhere",
    "check_instant",
    "check_text",
    "corrections",
    "day_of",
    "day_total_sql",
    "day_totals",
    "entries",
    "entry_sql",
    "latest_date",
    "ledger_sources",
    "read_date",
    "read_instant",
    "record",
    "summaries",
    "validation",
    "verification",
    "with_last_report",
]
