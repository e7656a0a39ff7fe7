"""The append-only ledger of spend: entries, day totals, corrections, and the sums kept of them."""

from ads.models.spend import OnOverlap
from ads.services.ledger import (
    archived,
    corrections,
    day_totals,
    entries,
    overlaps,
    shortcut,
    summaries,
    validation,
    verification,
    waiting,
)
from ads.services.ledger.batch import (
    append,
    moved_by,
    record,
    record_all,
    record_one,
    too_large,
)
from ads.services.ledger.corrections import (
    Corrected,
    CorrectedMeanwhile,
    Correction,
    CorrectionPreview,
    Sum,
)
from ads.services.ledger.crossings import enforce_crossed
from ads.services.ledger.overlaps import OnRecord, Overlapping
from ads.services.ledger.placement import place
from ads.services.ledger.rows import SKIPPED, Answer, DayTotal, Placed, Recorded, Row, SpendEntry
from ads.services.ledger.sources import latest_of_sources, ledger_sources, with_last_report
from ads.services.ledger.summaries import Figures, Month
from ads.services.ledger.validation import (
    EARLIEST,
    LATEST,
    LONGEST,
    check_amount,
    check_date,
    check_day,
    check_has_come_somewhere,
    check_id,
    check_instant,
    check_same_day,
    check_text,
    day_of,
    in_another,
    is_same_day,
    latest_date,
)
