"""Spend: the ledger and its sums, batches, imports, unmatched spend, and what is archived."""

from ads.models.spend.archive import ArchivedId, ArchivedMonth, ArchivedSpend, key_of
from ads.models.spend.batches import BatchKind, MatchedSpend, RecordedAgain, SpendBatch
from ads.models.spend.imports import (
    ColumnMapping,
    ImportPart,
    ImportStatus,
    SpendImport,
    SpendImportPart,
)
from ads.models.spend.ledger import (
    EVER_RECORDED,
    Kind,
    OnOverlap,
    Period,
    ReportedTotal,
    Spend,
    SpendTotal,
    TomorrowAnywhere,
    sums_of,
)
from ads.models.spend.references import (
    BETWEEN,
    CampaignReference,
    UnknownReference,
    WaitingSpend,
    known_as,
    parts,
    shown,
)
